"""A disk that is full, a database that is locked: nothing acknowledged, nothing lost, the administrators told once."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import OperationalError

from bot.receive import Answers, Keeper
from handlers.dialogue.message import Incoming
from storage import outage
from storage.inbox import InboxRow, InboxState
from tests.support.stage import Stage

MANY = 12


def said(number: int) -> Incoming:
    """The message of that number, each of somebody else, long enough to need room."""
    who = f"u{number}"
    words = "今天热闹" * 300
    return Incoming("play", f"m{number}", "message", who, True, who, who, datetime.now(UTC), words)


@contextmanager
def full(stage: Stage) -> Iterator[None]:
    """No page more than the database has."""
    limit = 1

    def shut(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={limit}")

    event.listen(stage.world.db.engine, "begin", shut, insert=True)
    stage.world.db.close()
    yield
    limit = 1 << 30


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Another program holds the database."""
    path = Path(stage.world.db.url.removeprefix("sqlite:///"))

    def impatient(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA busy_timeout=20")

    event.listen(stage.world.db.engine, "begin", impatient, insert=True)
    stage.world.db.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("trouble", [full, locked])
def test_nothing_is_acknowledged_nothing_is_lost_and_it_is_told_once(
    stage: Stage,
    trouble: object,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = stage.world
    answers = Answers(world, 1)
    keeper = Keeper(world, answers)
    messages = [said(number) for number in range(MANY)]

    async def come() -> list[object]:
        return list(await asyncio.gather(*map(keeper.accept, messages), return_exceptions=True))

    with trouble(stage):  # type: ignore[operator]
        ends: list[object] = []
        for _ in range(2):
            ends = asyncio.run(come())
        refused = [one for one in ends if one is not None]
        assert refused
        assert all(isinstance(one, OperationalError) for one in refused)
        assert world.db.outage.lasts
    monkeypatch.setattr(outage, "CALM", 0.0)
    with world.db.read() as session:
        kept = session.scalar(select(func.count(InboxRow.id))) or 0
    assert kept <= MANY - len(refused), "what was refused is not there"
    assert asyncio.run(come()) == [None] * MANY
    answers.sweep()
    assert answers.settle(60)
    keeper.stop()
    answers.stop()
    with world.db.read() as session:
        states = session.scalars(select(InboxRow.state)).all()
    assert states == [InboxState.DONE] * MANY
    shown = [one for one in stage.play.pump() if one.chat == "管理员群"]
    assert len(shown) == 1
    assert "数据库刚才有" in shown[0].text
    assert "不会丢" in shown[0].text
    assert [one for one in stage.later(minutes=5) if one.chat == "管理员群"] == []
    lines = [record.message for record in caplog.records if "takes nothing" in record.message]
    assert len(lines) == 1
