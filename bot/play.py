"""Play (演示): one message through the very same path as a live one, in a world of its own.

`wangge say` and the tests of whole dialogues stand on this; the playground's pages feed the same world.
"""

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from bot.channels.console import ACCOUNT, Console, Shown
from bot.channels.relay import Relay
from handlers.dialogue import turn
from handlers.dialogue.drill import DrillCall
from handlers.dialogue.message import Incoming, MediaRef, PlayCall, Quoted
from handlers.dialogue.world import World
from handlers.membership import importing
from jobs import clock
from jobs.dispatch import Dispatcher
from storage import chats, copies, leases, notices, people, worlds
from storage.chats import ChatKind, ChatState
from storage.worlds import WorldKind


class UnknownName(Exception):
    """Nobody and no chat of this name; `names` are those there are."""

    def __init__(self, name: str, names: Sequence[str]) -> None:
        super().__init__(name)
        self.names = tuple(names)


class Busy(Exception):
    """Another process plays in this world right now."""


def load_county(world: World, folder: Path) -> None:
    """Fill an empty world with the sample county; everybody has opened their private talk."""
    now = world.now()
    with world.db.write() as session:
        row = worlds.found(session, world.kind, now)
        if row.sample_loaded:
            return
        importing.import_areas(session, (folder / "areas.csv").read_text(encoding="utf-8"))
        importing.import_people(session, (folder / "people.csv").read_text(encoding="utf-8"), now)
        importing.import_chats(session, (folder / "chats.csv").read_text(encoding="utf-8"), ACCOUNT, now)
        chats.note_notice(session, ACCOUNT, notices.VERSION)
        let_in(session, everybody(folder), now)
        row.sample_loaded = True


def let_in(session: Session, names: Iterable[str], now: datetime) -> None:
    """Let people of a playground play: their name is their account, and they have opened their private talk."""
    for name in names:
        person = people.named(session, name)
        if person is not None:
            person.notice_version = notices.VERSION
            people.identify(session, person, ACCOUNT, name, now)
            if chats.at(session, ACCOUNT, name) is None:
                chats.add(session, ACCOUNT, name, ChatKind.PRIVATE, now, person_id=person.id, state=ChatState.OPEN)


def everybody(folder: Path) -> list[str]:
    """The names of the sample county's people, in order."""
    return importing.names_in((folder / "people.csv").read_text(encoding="utf-8"))


@dataclass(slots=True)
class Play:
    """A world with a console; `now` is moved by hand. `names` are who was there at the start, should they leave."""

    world: World
    console: Console
    dispatcher: Dispatcher
    relaying: Dispatcher | None
    """Nobody forwards a drill's messages to a real group."""
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, world: World, owner: str = "say") -> "Play":
        """Take over a world's account; what a killed process left is cleared up."""
        if world.kind is WorldKind.REAL:
            raise TypeError("a real world is not played with")
        drill = world.kind is WorldKind.DRILL
        console = Console(takes=DrillCall if drill else PlayCall)
        with world.db.read() as session:
            console.first_id = copies.last_id(session) + 1
            names = frozenset(chats.ids_of(session, ACCOUNT, private=True))
        speaking = Dispatcher(world, console, owner)
        relaying = None if drill else Dispatcher(world, Relay(), owner)
        play = cls(world, console, speaking, relaying, names)
        with world.db.write() as session:
            for dispatcher in play.dispatchers:
                dispatcher.introduce(session)
        return play

    @property
    def dispatchers(self) -> list[Dispatcher]:
        """Those who speak, the one that asks people to forward first."""
        return [self.dispatcher] if self.relaying is None else [self.relaying, self.dispatcher]

    def pump(self) -> list[Shown]:
        """Let everything due happen, and give what was shown."""
        asyncio.run(self._pump())
        shown, self.console.shown[:] = list(self.console.shown), []
        return shown

    async def _pump(self) -> None:
        if not all([one.own() for one in self.dispatchers]):
            raise Busy
        busy = True
        while busy:
            busy = clock.tick(self.world)
            busy = await clock.fetch(self.world, {ACCOUNT: self.console}) or busy
            for dispatcher in self.dispatchers:
                busy = await dispatcher.drain() > 0 or busy

    def say(
        self,
        who: str,
        text: str = "",
        chat: str | None = None,
        *,
        kind: str = "message",
        media: tuple[MediaRef, ...] = (),
        location: tuple[float, float] | None = None,
        reply_to: Quoted | None = None,
        key: str | None = None,
        message_id: str = "",
        album: str = "",
        mentioned: bool = False,
        at: datetime | None = None,
    ) -> list[Shown]:
        """Let somebody say something in a chat (None: privately); what the bot shows because of it."""
        self.known(who, chat)
        fresh = secrets.token_hex(6)
        incoming = Incoming(
            account=ACCOUNT,
            key=key or f"said {fresh}",
            kind=kind,  # type: ignore[arg-type]
            chat=chat or who,
            private=chat is None,
            sender=who,
            sender_name=who,
            at=at or self.world.now(),
            text=text,
            message_id=message_id or f"u{fresh}",
            chat_title=chat or "",
            media=media,
            location=location,
            reply_to=reply_to,
            mentioned=mentioned,
            callback=who if kind == "button" else "",
            album=album,
        )
        queue = turn.receive(self.world, incoming)
        while queue is not None and turn.answer_next(self.world, queue):
            pass
        return self.pump()

    def leave(self) -> None:
        """Let the next player in at once, whatever their clock says."""
        with self.world.db.write() as session:
            for one in self.dispatchers:
                leases.give_back(session, one.lease, one.owner, self.world.now())

    def known(self, who: str, chat: str | None) -> None:
        """Raise UnknownName unless there are such a person and such a chat (None: their private talk)."""
        with self.world.db.read() as session:
            met = people.behind(session, ACCOUNT, who) is not None or chats.at(session, ACCOUNT, who) is not None
            if not met and who not in self.names:
                raise UnknownName(who, chats.ids_of(session, ACCOUNT, private=True))
            if chat is not None and chats.at(session, ACCOUNT, chat) is None:
                raise UnknownName(chat, chats.ids_of(session, ACCOUNT, private=False))
