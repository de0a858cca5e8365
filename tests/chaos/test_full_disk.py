"""A database that takes nothing (full or read-only): the platform keeps its messages, and nothing is lost after."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from bot.channels.console import ACCOUNT
from bot.receive import Answers, Keeper
from handlers.dialogue.message import Incoming
from storage.inbox import InboxRow, InboxState
from tests.support.stage import Stage


@pytest.fixture
def at_work(stage: Stage, tmp_path: Path) -> Iterator[tuple[Stage, Keeper, Answers]]:
    """A stage whose messages are kept and answered by threads, as in a running bot."""
    answers = Answers(stage.world, workers=2)
    keeper = Keeper(stage.world, answers)
    yield stage, keeper, answers
    keeper.stop()
    answers.stop()


def told(stage: Stage, number: int) -> Incoming:
    """A report said privately."""
    words = f"上报 {number}号楼楼道堆了杂物"
    return Incoming(
        ACCOUNT, f"k{number}", "message", "居民甲", True, "居民甲", "居民甲", at=stage.world.now(), text=words
    )


def test_what_cannot_be_kept_is_not_acknowledged(at_work: tuple[Stage, Keeper, Answers]) -> None:
    stage, keeper, answers = at_work
    refuse = {"on": True}

    def say() -> str:
        return f"PRAGMA query_only={'ON' if refuse['on'] else 'OFF'}"

    # One connection writes and is kept; after a failure it goes through the pool.
    engine = stage.world.db.engine
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(say()))
    sa.event.listen(engine, "checkout", lambda connection, *_rest: connection.execute(say()))

    async def evening() -> None:
        with pytest.raises(OperationalError):
            await keeper.accept(told(stage, 1))
        refuse["on"] = False
        await keeper.accept(told(stage, 1))
        await keeper.accept(told(stage, 2))

    asyncio.run(evening())
    assert answers.settle(10)
    with stage.world.db.read() as session:
        states = session.scalars(sa.select(InboxRow.state)).all()
    assert states == [InboxState.DONE, InboxState.DONE]
    assert any("报2" in one.text for one in stage.play.pump())
