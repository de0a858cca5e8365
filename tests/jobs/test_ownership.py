"""Ownership: only its holder does it, what was lost is left, and who stood still knows it before asking."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from handlers.dialogue.world import Station, World
from jobs import ownership
from jobs.ownership import Ownership, fair_share
from storage import leases
from storage.database import Database
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.holding_up import PATIENCE, HeldUp
from tests.support.stage import KEYS, Hands, words
from tests.support.telegram_api import awaits, until

WAITS = "somebody else hears: stop one of the two"


class Steady:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An empty real world on SQLite, its clock moved by hand; nobody waits long between two looks."""
    monkeypatch.setattr(ownership, "RENEW", 0.01)
    db = Database(f"sqlite:///{tmp_path / 'w.db'}", KEYS, "OFF")
    METADATA.create_all(db.engine)
    yield World(WorldKind.REAL, db, words(), Station(), Hands())
    db.close()


def pass_time(world: World, *steadies: Steady, seconds: float) -> None:
    """Time goes on, on the wall and in each process."""
    assert isinstance(world.clock, Hands)
    world.clock.move(seconds=seconds)
    for steady in steadies:
        steady.seconds += seconds


def test_held_until_somebody_else_takes_it(world: World) -> None:
    ones, twos = Steady(), Steady()
    one, two = Ownership(world, "one", steady=ones), Ownership(world, "two", steady=twos)
    assert one.hold("x") == 1
    assert two.hold("x") is None
    assert (one.epoch("x"), two.epoch("x")) == (1, 0)
    pass_time(world, ones, twos, seconds=2)
    one.renew()
    pass_time(world, ones, twos, seconds=2)
    assert one.epoch("x") == 1
    # The first one stands still, and by its own clock owns nothing any more before it asks.
    pass_time(world, ones, twos, seconds=2)
    assert one.epoch("x") == 0
    assert one.held() == []
    assert two.hold("x") == 2
    one.renew()
    assert one.epoch("x") == 0
    assert two.held("x") == ["x"]


def test_given_back_by_name_or_all_at_once(world: World) -> None:
    one, two = Ownership(world, "one"), Ownership(world, "two")
    assert one.hold_all(["t:a", "t:b", "t:c"]) == {"t:a": 1, "t:b": 1, "t:c": 1}
    one.give_back("t:a")
    one.give_back("t:a", "nothing")
    assert two.hold_all(["t:a", "t:b"]) == {"t:a": 2}
    assert [(held.name, held.owner) for held in two.look()] == [("t:a", "two"), ("t:b", "one"), ("t:c", "one")]
    one.give_back()
    assert two.hold_all(["t:b", "t:c"]) == {"t:b": 2, "t:c": 2}
    assert one.held() == []


def test_what_is_given_back_is_not_kept_by_a_renewal_that_began_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = Ownership(world, "one"), Ownership(world, "two")
    assert one.hold("t:a")
    taking = HeldUp(monkeypatch, leases, "take")
    threads = [threading.Thread(target=one.renew, args=["t:b"]), threading.Thread(target=one.give_back)]
    threads[0].start()
    assert taking.began.wait(PATIENCE)
    threads[1].start()
    taking.go_on.set()
    for thread in threads:
        thread.join()
    assert one.held() == []
    assert two.hold_all(["t:a", "t:b"]) == {"t:a": 2, "t:b": 2}


class Ear:
    """Something to be run: counts how often it began and ended."""

    def __init__(self) -> None:
        self.began = self.ended = 0
        self.stop = asyncio.Event()

    async def __call__(self) -> None:
        self.began += 1
        try:
            await self.stop.wait()
        finally:
            self.ended += 1


async def ended(task: "asyncio.Task[None]") -> None:
    """Cancel a task and see it out."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@awaits
async def _runs_as_long_as_held(world: World, caplog: pytest.LogCaptureFixture) -> None:
    ones, twos = Steady(), Steady()
    one, two = Ownership(world, "one", steady=ones), Ownership(world, "two", steady=twos)
    first, second = Ear(), Ear()
    running = asyncio.create_task(one.while_held("x", first, WAITS))
    await until(lambda: first.began)
    waiting = asyncio.create_task(two.while_held("x", second, WAITS))

    def told_in_time() -> bool:
        twos.seconds += 1
        return WAITS in caplog.messages

    await until(told_in_time)
    assert second.began == 0
    await ended(running)
    await until(lambda: second.began)
    assert first.ended == 1
    # Somebody takes it from the second one, who stood still for too long.
    pass_time(world, ones, twos, seconds=10)
    assert one.hold("x") == 3
    await until(lambda: second.ended)
    one.give_back("x")
    await until(lambda: second.began == 2)
    second.stop.set()
    await asyncio.wait_for(waiting, 5)
    assert caplog.messages.count(WAITS) == 1


def test_it_runs_as_long_as_it_is_held(world: World, caplog: pytest.LogCaptureFixture) -> None:
    _runs_as_long_as_held(world, caplog)


@awaits
async def _errors_reach_the_caller(world: World) -> None:
    async def breaks() -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - any of that kind
        await Ownership(world, "one").while_held("x", breaks, WAITS)
    assert Ownership(world, "two").hold("x") == 2


def test_an_error_gives_it_back_and_reaches_the_caller(world: World) -> None:
    _errors_reach_the_caller(world)


@awaits
async def _outage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    steady, ear = Steady(), Ear()
    one = Ownership(world, "one", steady=steady)
    running = asyncio.create_task(one.while_held("x", ear, WAITS))
    await until(lambda: ear.began)
    hold, asked = one.hold, 0

    def down(name: str) -> int | None:
        nonlocal asked
        asked += 1
        raise OperationalError("", None, Exception())

    monkeypatch.setattr(one, "hold", down)
    await until(lambda: asked > 2)
    assert ear.ended == 0
    steady.seconds += 5
    await until(lambda: ear.ended)
    monkeypatch.setattr(one, "hold", hold)
    await until(lambda: ear.began == 2)
    await ended(running)


def test_while_the_database_is_away_a_lease_lasts_its_time_and_no_longer(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    _outage(world, monkeypatch)


@pytest.mark.parametrize(
    ("things", "processes", "share"), [(8, 4, 2), (8, 3, 3), (1, 4, 1), (0, 4, 0), (5, 0, 5), (16, 1, 16)]
)
def test_all_things_fit_into_fair_shares(things: int, processes: int, share: int) -> None:
    assert fair_share(things, processes) == share
    assert share * max(processes, 1) >= things
