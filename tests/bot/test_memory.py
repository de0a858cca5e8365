"""Memory: what came to stay is spared the collector's visits, at moments when nobody waits."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import memory
from bot.at_work import AtWork, scheduled
from handlers.dialogue import turn
from handlers.dialogue.world import Station, World
from storage.database import Database
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.holding_up import PATIENCE, HeldUp
from tests.support.stage import KEYS, Hands, words


class Stays:
    """Something the collector looks at."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    memory.settle()
    yield
    gc.unfreeze()


def learn(things: int) -> list[Stays]:
    """So many new things that stay, visited twice and not gone."""
    learnt = [Stays() for _ in range(things)]
    gc.collect(0)
    gc.collect(1)
    return learnt


def visited() -> int:
    """How much a visit to everything looks at."""
    return len(gc.get_objects(generation=2))


def test_what_came_to_stay_is_spared_once_it_is_much() -> None:
    learnt = learn(memory.GROWN // 4)
    memory.settle_again()
    assert visited() >= len(learnt)
    learnt += learn(memory.GROWN)
    memory.settle_again()
    assert visited() < memory.GROWN // 4


def test_what_was_spared_and_is_garbage_by_now_goes_at_the_quiet_hour() -> None:
    learnt, gone = learn(memory.GROWN), []
    learnt[0].__class__ = type("Told", (Stays,), {"__del__": lambda self: gone.append(True)})
    memory.settle_again()
    learnt.clear()
    gc.collect()
    assert not gone
    memory.settle_anew()
    assert gone


def test_memory_settles_while_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db = Database(f"sqlite:///{tmp_path / 'w.db'}", KEYS, "OFF")
    METADATA.create_all(db.engine)
    settled, answering = list[bool](), HeldUp(monkeypatch, turn, "answer_waiting")

    async def day() -> None:
        work = AtWork(World(WorldKind.REAL, db, words(), Station(), Hands()), [])
        monkeypatch.setattr(memory, "settle_again", lambda: settled.append(True))
        jobs = scheduled([work], ZoneInfo("Asia/Shanghai")).get_jobs()
        assert [work.tick, work.fetch, work.rest, memory.settle_anew] == [job.func for job in jobs]
        work.answers.wake("a chat")
        await asyncio.to_thread(answering.began.wait, PATIENCE)
        await work.rest()
        assert not settled
        answering.go_on.set()
        await asyncio.to_thread(work.answers.settle, PATIENCE)
        await work.rest()
        assert settled
        await work.stop()

    asyncio.run(day())
