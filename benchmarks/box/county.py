"""The county set up: a world of its own on a moved clock, with everybody in it and nobody's wire to wait for."""

import asyncio
import contextlib
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from benchmarks.box import people
from bot.channels.console import ACCOUNT, EVERYTHING
from bot.play import let_in
from handlers.dialogue import turn
from handlers.dialogue.message import Incoming, PlayCall
from handlers.dialogue.world import Station, World
from handlers.membership import importing
from jobs import clock as ticking
from jobs.channel import Accept, Call, Capabilities, Impossible, Limits, Medium, Sent
from jobs.dispatch import Dispatcher, Done
from storage import worlds
from storage.copies import CopyKind
from storage.database import Database
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.stage import KEYS, Hands, words

TOGETHER = 32
"""So many chats are answered in one transaction, as where many wait."""


class Void:
    """A platform that takes every call at once and shows it to nobody; `said` counts them."""

    account = ACCOUNT
    can: Capabilities = EVERYTHING
    limits = Limits(in_flight=8)

    def __init__(self) -> None:
        self.said = 0
        self.keeps: list[str] | None = None
        """Where somebody reads: what was said since."""

    def parts(self, outgoing: object, media: tuple[Medium, ...]) -> int:
        """Every message is one."""
        return 1

    async def probe(self) -> None:
        """Always there."""

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Take it."""
        if not isinstance(call, PlayCall):
            raise TypeError("a box shows nothing of another world")
        self.said += 1
        if self.keeps is not None:
            self.keeps.append(call.outgoing.text)
        return Sent(((str(self.said), CopyKind.TEXT),))

    async def edit(self, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        """Take it."""

    async def delete(self, chat: str, platform_id: str) -> None:
        """Take it."""

    async def answer(self, callback: str, toast: str) -> None:
        """Take it."""

    async def fetch(self, ref: str, most: int) -> bytes:
        """Nobody sends a picture here."""
        raise Impossible("no such file")

    async def listen(self, accept: Accept) -> None:
        """Hear nobody until cancelled."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Nothing is open."""


class AtOnce(Dispatcher):
    """A dispatcher that looks at the database by itself: while a year goes by nobody else waits for the loop."""

    def _thread(self, work: Callable[..., Done], *args: object) -> Awaitable[Done]:
        done: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        try:
            done.set_result(work(*args))
        except Exception as error:
            done.set_exception(error)
        return done


@dataclass
class Box:
    """The county at work on a clock moved by hand; `heard` counts the messages it was told."""

    world: World
    clock: Hands
    town: people.Town
    wire: Void
    dispatcher: Dispatcher
    heard: int = 0

    def incoming(self, who: str, text: str, chat: str | None = None) -> Incoming:
        """Somebody's message, privately or in a group, now."""
        fresh = secrets.token_hex(8)
        return Incoming(
            account=ACCOUNT,
            key=fresh,
            kind="message",
            chat=chat or who,
            private=chat is None,
            sender=who,
            sender_name=who,
            at=self.world.now(),
            text=text,
            message_id=fresh,
            chat_title=chat or "",
        )

    def hear(self, said: Iterable[Incoming]) -> None:
        """Let these be kept and answered, many chats in one transaction."""
        queues: list[str] = []
        for one in said:
            queue = turn.receive(self.world, one)
            self.heard += 1
            if queue is not None and queue not in queues:
                queues.append(queue)
        while queues:
            waited = [
                turn.answer_waiting(self.world, queues[at : at + TOGETHER]) for at in range(0, len(queues), TOGETHER)
            ]
            queues = [one for one in queues if any(one in found for found in waited)]

    def move(self, **span: float) -> None:
        """Let time pass, and everything due happen and be said."""
        self.clock.move(**span)
        for _ in range(500):
            if not ticking.tick(self.world):
                break
        asyncio.run(self.dispatcher.drain())


@contextlib.contextmanager
def box(folder: Path, begins: datetime) -> Iterator[Box]:
    """The county in this folder's SQLite database, from this moment on.

    A new one has everybody in it and their private talks open.
    """
    file = folder / "county.db"
    is_new = not file.exists()
    db = Database(f"sqlite:///{file}", KEYS, "OFF")
    clock = Hands(begins)
    world = World(WorldKind.PLAYGROUND, db, words(), Station(), clock)
    town = people.town()
    wire = Void()
    dispatcher = AtOnce(world, wire, "box")
    if is_new:
        METADATA.create_all(db.engine)
        with db.write() as session:
            _found(session, town, begins)
            dispatcher.introduce(session)
    try:
        yield Box(world, clock, town, wire, dispatcher)
    finally:
        db.close()


def _found(session: Session, town: people.Town, now: datetime) -> None:
    worlds.found(session, WorldKind.PLAYGROUND, now)
    importing.import_areas(session, people.areas(town))
    importing.import_people(session, people.people(town), now)
    importing.import_chats(session, people.chats(town), ACCOUNT, now)
    everybody = (*people.leaders(), *people.workers(town), *people.residents(town))
    let_in(session, [name for name, _, _ in everybody], now)


def copy(folder: Path, to: Path) -> None:
    """The county as it stands now, once more in another folder."""
    with (
        contextlib.closing(sqlite3.connect(folder / "county.db")) as here,
        contextlib.closing(sqlite3.connect(to / "county.db")) as there,
    ):
        here.backup(there)
