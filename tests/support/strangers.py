"""Strangers: people nobody registered, who speak by a platform's own ids and names, as on a live platform."""

import secrets
from dataclasses import dataclass

from bot.channels.console import ACCOUNT, Shown
from handlers.dialogue import turn
from handlers.dialogue.message import Incoming, IncomingKind, MediaRef, Quoted
from tests.support.stage import Stage


@dataclass
class Strangers:
    """Anybody at all on a stage; each call gives what the bot showed because of it."""

    stage: Stage

    def says(
        self,
        who: str,
        text: str = "",
        chat: str | None = None,
        *,
        name: str = "",
        kind: IncomingKind = "message",
        media: tuple[MediaRef, ...] = (),
        reply_to: Quoted | None = None,
    ) -> list[Shown]:
        """Somebody of this id says something in a group, or privately where `chat` is None."""
        world, fresh = self.stage.world, secrets.token_hex(6)
        incoming = Incoming(
            account=ACCOUNT,
            key=f"{who}:{fresh}",
            kind=kind,
            chat=chat or who,
            private=chat is None,
            sender=who,
            sender_name=name,
            at=world.now(),
            text=text,
            message_id=f"u{fresh}",
            chat_title=chat or "",
            media=media,
            reply_to=reply_to,
            callback=who if kind == "button" else "",
        )
        queue = turn.receive(world, incoming)
        while queue is not None and turn.answer_next(world, queue):
            pass
        return self.stage.play.pump()
