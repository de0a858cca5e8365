"""A sender that dies by kill -9, again and again, and the one that comes after it.

    python -m benchmarks.ours.dying DATABASE SERVER TOKEN KILLS SEED

The database has its tables and the chats. Every life is a fork that drains the outbox; it dies at a random statement,
commit or wire call, or at a random moment. The last one lives until nothing is queued. Prints what was found at each
start: `life {"flying": calls that were on the wire when the one before died}`, and at the end `lives {...}`.
"""

import asyncio
import random
import sys
from functools import partial
from typing import Any

from sqlalchemy import func, select

from benchmarks.ours import setting
from benchmarks.rivals.contest import tell
from handlers.dialogue.message import Outgoing
from handlers.dialogue.world import World
from jobs.channel import Call, Sent
from jobs.dispatch import Dispatcher
from storage import chats, contents, outbox
from storage.chats import Chat
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState
from tests.support.mortal import Mortal, dies

LOW, BATCH = 70, 140
NEW_OWNER = 0.1
"""How often a life does not come back under its own name, so that it has to wait for the lease."""


def top_up(world: World, life: int) -> None:
    """Queue messages of all lanes, each to a chat of its own, where few are left."""
    with world.db.write() as session:
        queued = select(func.count()).select_from(OutboxRow).where(OutboxRow.state == OutboxState.QUEUED)
        if (session.scalar(queued) or 0) >= LOW:
            return
        used = session.scalar(select(func.max(OutboxRow.chat_id))) or 0
        for place in range(BATCH):
            chat = session.get(Chat, used + place + 1) or chats.add(
                session, "telegram", str(-(5_000_000 + used + place)), chats.ChatKind.RESIDENTS, world.now()
            )
            key = f"crash {life} {place}"
            content = contents.keep(session, Outgoing(key).to_bytes(), (), world.now())
            lane = Lane(place % len(Lane))
            outbox.put(session, chat, key, world.now(), lane=lane, content_id=content)


async def drain(world: World, server: str, token: str, owner: str, mortal: Mortal) -> None:
    """Drain until nothing is queued."""
    channel = setting.channel(server, token)
    real_send = channel.send

    async def send(call: Call, *more: Any) -> Sent:  # noqa: ANN401 - whatever else a send is told
        mortal.one_nearer()
        sent = await real_send(call, *more)
        mortal.one_nearer()
        return sent

    channel.send = send  # type: ignore[method-assign, assignment]
    running = asyncio.create_task(Dispatcher(world, channel, owner).run())
    while await asyncio.to_thread(_any_left, world):
        await asyncio.sleep(0.2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await channel.close()


def _any_left(world: World) -> bool:
    with world.db.read() as session:
        query = select(OutboxRow.id).where(OutboxRow.state.in_([OutboxState.QUEUED, OutboxState.SENDING]))
        return session.scalar(query.limit(1)) is not None


def flying(world: World) -> int:
    """How many calls the one before left on the wire."""
    with world.db.read() as session:
        query = select(func.count()).select_from(OutboxRow).where(OutboxRow.state == OutboxState.SENDING)
        return session.scalar(query) or 0


def live(database: str, server: str, token: str, life: int, owner: str, dies_at: int | None, last: bool) -> None:
    """One life."""
    world = setting.open_world(database, tables=False)
    tell("life", flying=flying(world))
    if not last:
        top_up(world, life)
    mortal = Mortal(dies_at)
    mortal.counts(world.db.engine)
    asyncio.run(drain(world, server, token, owner, mortal))
    world.db.close()


def main(database: str, server: str, token: str, kills: int, seed: int) -> None:
    """Live and die until all is sent."""
    chance, died, lives, owner = random.Random(seed), 0, 0, "crash"
    while True:
        last = died >= kills
        by_count = chance.random() < 0.5
        dies_at = chance.randint(1, 200) if by_count and not last else None
        lifetime = chance.uniform(0.05, 0.9)
        if chance.random() < NEW_OWNER:
            owner = f"crash{lives}"
        lives += 1
        life = partial(live, database, server, token, lives, owner, dies_at, last)
        if dies(life, None if by_count or last else lifetime):
            died += 1
        elif last:
            break
    tell("lives", died=died, lives=lives)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
