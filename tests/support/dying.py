"""A sender that dies by kill -9, again and again; its platform is a file that outlives it.

    python -m tests.support.dying DATABASE JOURNAL KILLS SEED      lives until all is sent, prints what it came to
    python -m tests.support.dying DATABASE JOURNAL                 one life, until it is killed

Every life but the last publishes, recalls, fans out and drains; it dies at a random statement, commit or wire call,
or at a random moment. The last one lives until nothing is left to do.
"""

import asyncio
import json
import os
import random
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select

from handlers.dialogue.message import Outgoing
from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from handlers.dialogue.world import Station, World
from handlers.publishing import actions
from jobs import publishing
from jobs.channel import Call, Limits, Medium, Sent
from jobs.dispatch import Dispatcher
from storage import changes, chats, contents, deliveries, outbox
from storage.copies import CopyKind
from storage.database import Database
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.mortal import Mortal, dies
from tests.support.platform import Platform
from tests.support.stage import KEYS, words

CHATS, LOW, CHUNK, ON_THE_WIRE = 16, 20, 5, 3
LATENCY = 0.004
CLOSING = "撤回"
LANES = (Lane.LIFE, Lane.BULK, Lane.SUSPECT, Lane.REMINDER)


class Line(NamedTuple):
    """A call the platform took: which life made it, what it was, where, the message, its words."""

    pid: int
    what: str
    chat: str
    message: str
    text: str


@dataclass
class Wired(Platform):
    """A platform that keeps what it takes in a file, and forgets nothing when we die."""

    journal: Path = field(default_factory=Path)
    mortal: Mortal = field(default_factory=Mortal)

    async def _take(self, what: str, chat: str, message: str, text: str) -> str:
        self.mortal.one_nearer()
        await asyncio.sleep(LATENCY)
        file = os.open(self.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, (json.dumps([os.getpid(), what, chat, message, text]) + "\n").encode())
        place = os.lseek(file, 0, os.SEEK_CUR)
        os.close(file)
        self.mortal.one_nearer()
        return str(place)

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Take a message; where it ends in the file is its number."""
        return Sent(((await self._take("send", call.chat, "", call.outgoing.text), CopyKind.TEXT),))

    async def edit(self, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        """Change a message."""
        await self._take("edit", call.chat, platform_id, call.outgoing.text)

    async def delete(self, chat: str, platform_id: str) -> None:
        """Take a message away."""
        await self._take("delete", chat, platform_id, "")


def journal_of(path: Path) -> list[Line]:
    """What the platform took, in order; a message sent is numbered by where its line ends."""
    lines, place = [], 0
    for raw in path.read_bytes().splitlines(keepends=True) if path.exists() else []:
        place += len(raw)
        pid, what, chat, message, text = json.loads(raw)
        lines.append(Line(pid, what, chat, message or str(place), text))
    return lines


def waiting(world: World) -> int:
    """How many calls are queued or on the wire."""
    with world.db.read() as session:
        query = select(func.count()).where(OutboxRow.state.in_([OutboxState.QUEUED, OutboxState.SENDING]))
        return session.scalar(query) or 0


def flying(world: World) -> int:
    """How many calls the one before left on the wire."""
    with world.db.read() as session:
        return session.scalar(select(func.count()).where(OutboxRow.state == OutboxState.SENDING)) or 0


def real_world(url: str) -> World:
    """A real world on this database."""
    return World(WorldKind.REAL, Database(url, KEYS), words(), Station())


def settle_down(world: World) -> None:
    """The tables, and the groups of the place."""
    METADATA.create_all(world.db.engine)
    with world.db.write() as session:
        for number in range(CHATS):
            chats.add(session, "a", f"g{number}", chats.ChatKind.RESIDENTS, world.now())


def speak(world: World, life: int, chance: random.Random) -> None:
    """Say something in every way there is: a notice to all, answers, a recall of an earlier notice."""
    lane, now = chance.choice(LANES), world.now()
    with world.db.write() as session:
        actions.publish(
            session,
            world.words,
            topic=f"search:{life}",
            name=f"n{life}",
            lane=lane,
            notice=Say(said(f"n{life}")),
            targets=list(range(1, CHATS + 1)),
            now=now,
        )
    with world.db.write() as session:
        for number in range(5):
            chat = chats.get(session, chance.randint(1, CHATS))
            content = contents.keep(session, Outgoing(f"r{life}-{number}").to_bytes(), (), now)
            outbox.put(session, chat, f"r{life}-{number}", now, lane=Lane.REPLY, content_id=content)
    if life > 1 and chance.random() < 0.5:
        recall(world, life - 1)


def recall(world: World, life: int) -> None:
    """Take back what that life said."""
    with world.db.write() as session:
        actions.take_back(
            session,
            world.words,
            topic=f"search:{life}",
            closing=said(CLOSING),
            lane=Lane.RECALL_PERSON,
            now=world.now(),
        )


async def work(world: World, life: int, chance: random.Random | None) -> None:
    """Publish now and then and fan out; without `chance` only until nothing is left to do."""
    turn = 0
    while True:
        if chance is not None and await asyncio.to_thread(waiting, world) < LOW:
            turn += 1
            await asyncio.to_thread(speak, world, life * 100 + turn, chance)
        await asyncio.to_thread(publishing.tick, world)
        if chance is None and not await asyncio.to_thread(waiting, world):
            with world.db.read() as session:
                if not deliveries.any_under_way(session) and not changes.any_going(session):
                    return
        await asyncio.sleep(0.01)


def live(url: str, journal: Path, life: int, owner: str, mortal: Mortal, chance: random.Random | None) -> None:
    """One life."""
    actions.CHUNK = CHUNK  # type: ignore[attr-defined]
    world = real_world(url)
    mortal.counts(world.db.engine)

    async def day() -> None:
        platform = Wired(limits=Limits(in_flight=ON_THE_WIRE), journal=journal, mortal=mortal)
        draining = asyncio.create_task(Dispatcher(world, platform, owner).run())
        working = asyncio.create_task(work(world, life, chance))
        await asyncio.wait({draining, working}, return_when=asyncio.FIRST_COMPLETED)
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)
        await working

    asyncio.run(day())
    world.db.close()


def main(url: str, journal: Path, kills: int, seed: int) -> None:
    """Live and die until all is sent."""
    chance, died, lives, in_flight, owner = random.Random(seed), 0, 0, 0, "p"
    while True:
        last, lives = died >= kills, lives + 1
        by_count = chance.random() < 0.5
        mortal = Mortal(chance.randint(1, 300) if by_count and not last else None)
        lifetime, own = chance.uniform(0.02, 0.5), random.Random(chance.random())
        if chance.random() < 0.05:
            owner = f"p{lives}"
        life = partial(live, url, journal, lives, owner, mortal, None if last else own)
        if dies(life, None if by_count or last else lifetime):
            died += 1
            in_flight += _flying_after(url)
        elif last:
            break
    sys.stdout.write(json.dumps({"died": died, "lives": lives, "flying": in_flight}) + "\n")


def _flying_after(url: str) -> int:
    """Counted in a process of its own: a connection must not be shared with those to come."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        world = real_world(url)
        os.write(writer, str(flying(world)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    found = int(os.read(reader, 20))
    os.close(reader)
    os.close(writer)
    return found


if __name__ == "__main__":
    if len(sys.argv) > 3:
        main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        live(sys.argv[1], Path(sys.argv[2]), os.getpid(), f"p{os.getpid()}", Mortal(None), random.Random(1))
