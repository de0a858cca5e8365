"""The playground channel (演练场): what the bot says goes to the pages, what people do there comes to the bot."""

import asyncio
from dataclasses import dataclass, field

from bot.channels.console import ACCOUNT, EVERYTHING
from bot.web.hub import Buttons, Chatroom, PlaygroundHub
from handlers.dialogue.drill import DrillCall
from handlers.dialogue.message import Outgoing, PlayCall
from jobs.channel import Accept, Call, Capabilities, ChatGone, Impossible, Limits, Medium, Sent
from storage.copies import CopyKind

KINDS = {"photo": CopyKind.PHOTO, "video": CopyKind.VIDEO, "voice": CopyKind.FILE, "file": CopyKind.FILE}


@dataclass(slots=True)
class Playground:
    """A channel whose platform is this process: nothing said here leaves the machine. `takes`: its world's calls."""

    hub: PlaygroundHub
    account: str = ACCOUNT
    can: Capabilities = EVERYTHING
    limits: Limits = field(default_factory=lambda: Limits(in_flight=1))
    takes: type[PlayCall] | type[DrillCall] = PlayCall

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """Every message is one."""
        return 1

    async def probe(self) -> None:
        """Always there."""

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Show a message to everybody in the chat; raises ChatGone where there is no such chat."""
        self._only_play(call)
        message = self.hub.post(
            self._room(call.chat),
            None,
            call.outgoing.text,
            buttons=_buttons(call),
            media=self._kept(media),
            answers=call.reply_to,
        )
        kind = KINDS[media[0].kind] if media else CopyKind.TEXT
        return Sent(((message.id, kind),))

    async def edit(self, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        """Change a message in everybody's sight; raises Impossible once it has left this process's memory."""
        self._only_play(call)
        room = self._room(call.chat)
        message = room.find(platform_id)
        if message is None or message.gone:
            raise Impossible("no such message")
        self.hub.change(
            room,
            message,
            call.outgoing.text,
            buttons=_buttons(call),
            keeps_media=bool(call.outgoing.media),
            media=self._kept(shows),
        )

    async def delete(self, chat: str, platform_id: str) -> None:
        """Take a message away in everybody's sight; one that is gone already is no trouble."""
        room = self._room(chat)
        message = room.find(platform_id)
        if message is not None and not message.gone:
            self.hub.take_down(room, message)

    async def answer(self, callback: str, toast: str) -> None:
        """Show the short answer to whoever pressed."""
        self.hub.toast(callback, toast)

    async def fetch(self, ref: str, most: int) -> bytes:
        """A picture somebody put in; raises Impossible where it is not here or larger than `most` bytes."""
        kept = self.hub.shelf.get(ref)
        if kept is None or len(kept[0]) > most:
            raise Impossible("no such file")
        return kept[0]

    async def listen(self, accept: Accept) -> None:
        """Hear what people do on the pages until cancelled."""
        self.hub.accept = accept
        self.hub.hears.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.hub.accept = None
            self.hub.hears.clear()

    @property
    def listening(self) -> str:
        """How it hears: by its pages, once `listen` runs."""
        return "page" if self.hub.accept is not None else ""

    async def close(self) -> None:
        """Let the open pages go."""
        self.hub.close()

    def _kept(self, media: tuple[Medium, ...]) -> list[tuple[str, str]]:
        return [
            (medium.kind, self.hub.shelf.put(medium.blob, medium.mime, medium.name))
            for medium in media
            if medium.blob is not None
        ]

    def _room(self, chat: str) -> Chatroom:
        room = self.hub.room(chat)
        if room is None:
            raise ChatGone("no such chat")
        return room

    def _only_play(self, call: Call) -> None:
        if not isinstance(call, self.takes):
            raise TypeError("a page never shows what belongs to another world")


def _buttons(call: Call) -> Buttons:
    return call.outgoing.buttons
