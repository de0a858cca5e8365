"""PostgreSQL restarted under load, SQLite held by somebody else: nothing is lost, nothing doubled, all goes on."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from bot.channels.console import ACCOUNT
from bot.receive import Answers, Keeper
from handlers.dialogue.message import Incoming, Outgoing
from handlers.dialogue.world import World
from jobs import dispatch
from jobs.channel import Call, Limits, Medium, Sent
from jobs.dispatch import Dispatcher
from storage import chats, contents, outbox
from storage.chats import ChatKind
from storage.inbox import InboxRow, InboxState
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState
from storage.tables import METADATA
from tests.support import dying, loud, postgres
from tests.support.platform import Platform
from tests.support.stage import Stage
from tests.support.telegram_api import until

MESSAGES = 80


@pytest.fixture(scope="module")
def own_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server this test may restart."""
    binaries = postgres.find_binaries()
    if binaries is None:
        loud.skip_loudly("PostgreSQL (initdb, pg_ctl)", "install it, e.g. `apt install postgresql`")
    server = postgres.start_server(binaries)
    yield server
    server.stop()


class Steady(Platform):
    """A platform that takes a little while."""

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Take a message after a while."""
        await asyncio.sleep(0.01)
        return await super().send(call, media, part)


def queue(world: World, first: int, lane: Lane) -> None:
    """Messages for as many groups, queued by a process that tries again until it is told that they are kept."""
    with world.db.write() as session:
        for number in range(first, first + MESSAGES):
            chat = chats.add(session, "a", f"g{number}", ChatKind.RESIDENTS, world.now())
            content = contents.keep(session, Outgoing(f"n{number}").to_bytes(), (), world.now())
            outbox.put(session, chat, f"k{number}", world.now(), lane=lane, content_id=content, topic="search:1")


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_postgresql_restarted_under_load(
    own_server: postgres.Server, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "AGAIN", 0.05)
    name = own_server.create()
    own_server.make_durable(name)
    world = dying.real_world(own_server.url(name))
    METADATA.create_all(world.db.engine)
    platform = Steady(limits=Limits(in_flight=3))
    queue(world, 0, Lane.BULK)
    queue(world, MESSAGES, Lane.LIFE)

    def left() -> int:
        with world.db.read() as session:
            waiting = OutboxRow.state.in_([OutboxState.QUEUED, OutboxState.SENDING])
            return session.scalar(select(func.count()).where(waiting)) or 0

    async def day() -> None:
        draining = asyncio.create_task(Dispatcher(world, platform, "me").run())
        for number in (20, 90):
            await until(lambda number=number: len(platform.took) >= number)  # type: ignore[misc]
            await asyncio.to_thread(own_server.restart, how)
        async with asyncio.timeout(60):
            while await asyncio.to_thread(left):  # noqa: ASYNC110 - rows raise no event
                await asyncio.sleep(0.05)
        assert not draining.done(), "the drain outlives it"
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)

    asyncio.run(day())
    with world.db.read() as session:
        states = Counter(session.scalars(select(OutboxRow.state)))
    world.db.close()
    assert states == {OutboxState.SENT: 2 * MESSAGES}
    assert sorted(platform.texts) == sorted(f"n{number}" for number in range(2 * MESSAGES))


def test_a_locked_database_acknowledges_nothing_and_loses_nothing(stage: Stage, tmp_path: Path) -> None:
    sa.event.listen(stage.world.db.engine, "checkout", lambda one, *_: one.execute("PRAGMA busy_timeout=20"))
    other = sqlite3.connect(tmp_path / "stage.db", isolation_level=None)
    answers = Answers(stage.world, workers=2)
    keeper = Keeper(stage.world, answers)

    def told(number: int) -> Incoming:
        words = f"上报 {number}号楼楼道堆了杂物"
        who = f"居民{number}"
        return Incoming(ACCOUNT, f"k{number}", "message", who, True, who, who, at=stage.world.now(), text=words)

    async def evening() -> None:
        other.execute("BEGIN IMMEDIATE")
        ends = await asyncio.gather(*(keeper.accept(told(number)) for number in range(5)), return_exceptions=True)
        assert all(isinstance(end, OperationalError) for end in ends), "the platform keeps them all"
        other.execute("ROLLBACK")
        await asyncio.gather(*(keeper.accept(told(number)) for number in range(5)))

    try:
        asyncio.run(evening())
        assert answers.settle(20)
    finally:
        keeper.stop()
        answers.stop()
        other.close()
    with stage.world.db.read() as session:
        assert Counter(session.scalars(select(InboxRow.state))) == {InboxState.DONE: 5}
