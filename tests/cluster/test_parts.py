"""The parts of a cluster one by one: the bell, the runner, and what is done where the runner is away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from jobs.cluster import Bell, Cluster, Runner
from jobs.dispatch import Dispatcher
from jobs.ownership import Ownership
from storage import leases, media
from tests.cluster.conftest import Town
from tests.support.cluster_child import Wired
from tests.support.holding_up import HeldUp
from tests.support.telegram_api import awaits, until


@asynccontextmanager
async def going(*runs: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Let something run meanwhile."""
    tasks = [asyncio.ensure_future(run()) for run in runs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def part(town: Town, owner: str) -> Cluster:
    """One process's part, nothing of it going yet."""
    dispatcher = Dispatcher(town.world, Wired("a", town.wire), owner)
    ownership = Ownership(town.world, owner)
    return Cluster(town.world, {"a": dispatcher}, ownership, chat_waits=lambda chat: None, shares_grew=lambda: None)


def waiting(town: Town) -> int:
    """How many tasks the runner keeps."""
    with town.world.db.read() as session:
        return int(session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one())


@awaits
async def _bells(url: str) -> None:
    heard: dict[str, list[str]] = {"one": [], "two": []}
    one, two = Bell(url, heard["one"].append), Bell(url, heard["two"].append)
    one.ring("early")
    async with going(two.run):
        await until(lambda: two.ready)
        async with going(one.run):
            await until(lambda: heard["two"] == ["early"])
            await asyncio.to_thread(two.ring, "from a thread")
            await until(lambda: "from a thread" in heard["one"] and "from a thread" in heard["two"])
            for _ in range(50):
                one.ring("often")
            one.ring("chat telegram|-100'\\")
            await until(lambda: "chat telegram|-100'\\" in heard["two"])
    assert heard["two"].count("often") == 1


def test_everybody_hears_the_bell_and_many_rings_are_one(postgres_url: str) -> None:
    _bells(postgres_url)


@awaits
async def _starts(town: Town) -> None:
    cluster = part(town, "one")
    async with going(cluster.runner.run):
        await until(lambda: cluster.runner.ready)
        # Nobody looks around here: only the runner can have started it.
        cluster._free = frozenset({"a"})
        town.world.db.on_commit(cluster._written)
        town.queue(3)
        await until(lambda: len(town.taken()) == 3)
        assert cluster.drains == ["a"]
        await cluster._drain("a")
        await until(lambda: waiting(town) == 0)
    cluster._leave(cluster.drains)
    await asyncio.gather(*cluster._draining.values(), return_exceptions=True)


def test_the_runner_finds_an_owner_for_what_has_none(town: Town) -> None:
    _starts(town)


@awaits
async def _once(url: str, town: Town) -> None:
    begun: list[str] = []
    gate = asyncio.Event()

    async def work(what: str) -> None:
        begun.append(what)
        await gate.wait()

    runner = Runner(url, {"fetch": work})
    assert await runner.start("fetch") is False
    async with going(runner.run):
        await until(lambda: runner.ready)
        assert await runner.start("fetch", "x")
        await until(lambda: begun == ["x"])
        # One that waits is enough, however often it is asked for.
        runners = [await runner.start("fetch", "y") for _ in range(3)]
        gate.set()
        await until(lambda: waiting(town) == 0)
        assert runners == [True] * 3
        assert begun.count("y") >= 1


def test_a_task_that_waits_is_asked_for_once(town: Town) -> None:
    _once(town.url, town)


@awaits
async def _dead(url: str, town: Town) -> None:
    with town.world.db.write() as session:
        session.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status) "
                "VALUES ('wangge', 'drain', 'drain:a', 'doing')"
            )
        )

    async def nothing(what: str) -> None:
        return

    runner = Runner(url, {"drain": nothing})
    async with going(runner.run):
        await until(lambda: waiting(town) == 0)
        assert await runner.start("drain", "a")
        await until(lambda: waiting(town) == 0)


def test_what_a_killed_process_had_begun_holds_up_nothing(town: Town) -> None:
    _dead(town.url, town)


@awaits
async def _stopped(town: Town, name: str, alone: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = part(town, "one")
    taking = HeldUp(monkeypatch, leases, "take", lambda _session, wanted, *_more: wanted == name)
    dispatcher = cluster.dispatchers["a"]
    running = asyncio.ensure_future(dispatcher.run() if alone else cluster.run())
    await until(taking.began.is_set)
    running.cancel()
    for _ in range(100):
        await asyncio.sleep(0)
    assert not running.done()
    taking.go_on.set()
    await asyncio.gather(running, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
    dispatcher._threads.shutdown()
    with town.world.db.read() as session:
        assert leases.held(session, town.world.now()) == []


@pytest.mark.parametrize(
    ("name", "alone"), [("worker:one", False), ("answers:3", False), ("drain:a", False), ("drain:a", True)]
)
def test_a_lease_that_is_being_taken_at_the_stop_is_given_back(
    name: str, alone: bool, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stopped(town, name, alone, monkeypatch)


@awaits
async def _alone(town: Town) -> None:
    cluster, other = part(town, "one"), Ownership(town.world, "two")
    with town.world.db.write() as session:
        media.want(session, media.MediumKind.FILE, {"account": "a", "ref": "f"}, town.world.now())
    assert other.hold("fetch:media")
    await cluster.fetch()
    assert town.taken() == []
    other.give_back()
    await cluster.fetch()
    assert [one.text for one in town.taken()] == ["f"]
    await cluster.fetch()
    assert len(town.taken()) == 1
    assert other.hold("fetch:media")


def test_where_the_runner_is_away_pictures_are_fetched_here(town: Town) -> None:
    _alone(town)
