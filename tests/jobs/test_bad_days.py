"""Bad days: refusal storms, lost answers, a platform that hangs or is gone, clocks that jump, a database that fails."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import DataError, OperationalError

from handlers.dialogue.message import Outgoing
from jobs import dispatch
from jobs.channel import Call, Impossible, Limits, Medium, NotNow, Refused, Sent, Unsure, Window
from jobs.dispatch import LEASE, Dispatcher
from jobs.settling import TRIES
from jobs.wire import Job
from storage import contents, outbox
from storage.copies import Copy
from storage.lanes import Lane
from storage.leases import Lease
from storage.outbox import OutboxRow, OutboxState
from tests.jobs.conftest import Post
from tests.support.platform import Platform

GROUP = Window("chat", 20, 60.0, groups=True, reserve=3)


def states(post: Post) -> dict[OutboxState, int]:
    """How many rows are in which state."""
    with post.world.db.read() as session:
        found = session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state)).all()
    return {OutboxState(state): count for state, count in found}


def run_for(post: Post, dispatcher: Dispatcher, seconds: float, step: float = 1.0) -> None:
    """Let a drain live on while time passes."""

    async def live() -> None:
        until = post.seconds + seconds
        while post.seconds < until:
            assert dispatcher.own()
            await dispatcher.drain()
            post.later(step)

    asyncio.run(live())


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - it becomes true in other threads
            await asyncio.sleep(0.005)


def live(post: Post, work: Callable[[Dispatcher], object]) -> None:
    """Let a drain run as in the bot while `work` (a coroutine function) goes on, then stop it."""

    async def day() -> None:
        dispatcher = Dispatcher(post.world, post.platform, "live")
        draining = asyncio.create_task(dispatcher.run())
        try:
            await work(dispatcher)  # type: ignore[misc]
            assert not draining.done(), "the drain ended"
        finally:
            draining.cancel()
            await asyncio.gather(draining, return_exceptions=True)

    asyncio.run(day())


# Refusals


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 86_400.0 * 365 * 5000])
def test_a_senseless_wait_neither_storms_nor_stops_for_ever(post: Post, seconds: float) -> None:
    row_id = post.put(post.chat(), "k")
    post.platform.script = [Refused(timedelta(seconds=seconds))] * 3
    run_for(post, post.owner(), 3.5, 0.25)
    assert 1 <= post.platform.asked <= 4
    for _ in range(4):
        post.later(90_000)
        post.drain()
    assert post.row(row_id).state is OutboxState.SENT


def test_one_chat_refused_again_and_again_holds_up_no_other(post: Post) -> None:
    noisy = post.chat("noisy")
    rows = [post.put(noisy, f"n{number}", Lane.LIFE) for number in range(5)]
    rest = [post.put(post.chat(f"g{number}"), f"k{number}", Lane.BULK) for number in range(20)]

    class Flapping(Platform):
        async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
            if call.chat == "noisy" and self.asked % 3:
                self.asked += 1
                raise Refused(timedelta(seconds=2))
            return await super().send(call, media, part)

    post.platform = Flapping(asked=1)
    one = post.owner()
    run_for(post, one, 2)
    assert {post.row(row_id).state for row_id in rest} == {OutboxState.SENT}
    run_for(post, one, 60)
    assert {post.row(row_id).state for row_id in rows} == {OutboxState.SENT}
    assert len(post.platform.texts) == 25


def test_a_storm_of_refusals_is_weathered(post: Post) -> None:
    for number in range(60):
        post.put(post.chat(f"g{number}"), f"k{number}", Lane.BULK)
    post.platform.down = Refused(timedelta(seconds=5))
    one = post.owner()
    run_for(post, one, 60)
    assert post.platform.asked <= 60, "asked now and then, not for every message"
    post.platform.down = None
    post.put(post.chat("late"), "help", Lane.LIFE)
    run_for(post, one, 40)
    assert states(post) == {OutboxState.SENT: 61}
    assert len(set(post.platform.texts)) == len(post.platform.texts) == 61


def test_an_absurd_wait_for_two_chats_leaves_the_others_to_be_tried(post: Post) -> None:
    post.platform.script = [Refused(timedelta(days=300))] * 2
    for name in ("g1", "g2"):
        post.put(post.chat(name), name)
    one = post.owner()
    run_for(post, one, 2)
    post.put(post.chat("g3"), "help", Lane.LIFE)
    run_for(post, one, 310, 10)
    assert post.platform.texts == ["help"]


# A platform that is gone, hangs, or loses answers


def test_ten_minutes_without_a_platform_lose_nothing_and_keep_the_order_of_lanes(post: Post) -> None:
    for number in range(30):
        post.put(post.chat(f"g{number}"), f"bulk {number}", Lane.BULK)
    post.platform.down = NotNow("no connection")
    one = post.owner()
    run_for(post, one, 300, 5)
    for number in range(10):
        post.put(post.chat(f"h{number}"), f"life {number}", Lane.LIFE)
    run_for(post, one, 300, 5)
    assert states(post) == {OutboxState.QUEUED: 40}
    post.platform.down = None
    run_for(post, one, 65)
    assert states(post) == {OutboxState.SENT: 40}
    assert sum(text.startswith("life") for text in post.platform.texts[:12]) == 10, "one in ten for who waited long"
    assert len(set(post.platform.texts)) == 40


@pytest.mark.parametrize("lane", [Lane.LIFE, Lane.BULK])
def test_answers_lost_after_acceptance(post: Post, lane: Lane) -> None:
    for number in range(20):
        post.put(post.chat(f"g{number}"), f"k{number}", lane, topic="search:1")
    post.platform.script = [(Unsure("no answer"),) if number % 4 == 1 else None for number in range(20)]
    run_for(post, post.owner(), 30)
    twice = len(post.platform.texts) - len(set(post.platform.texts))
    assert len(set(post.platform.texts)) == 20
    with post.world.db.read() as session:
        known = session.scalar(select(func.count()).where(Copy.platform_id.is_not(None)))
        doubtful = session.scalar(select(func.count()).where(Copy.platform_id.is_(None)))
    assert doubtful == 5
    if lane is Lane.LIFE:
        assert (twice, known, states(post)) == (5, 20, {OutboxState.SENT: 20})
    else:
        assert (twice, known) == (0, 15)
        assert states(post) == {OutboxState.SENT: 15, OutboxState.UNSURE: 5}


def test_a_platform_that_never_answers_does_not_hold_a_call_for_ever(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "LONGEST_CALL", 0.02)

    class Hangs(Platform):
        async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
            await asyncio.Event().wait()
            raise AssertionError

    post.platform = Hangs()
    row_id = post.put(post.chat(), "k")
    post.drain()
    assert post.row(row_id).state is OutboxState.UNSURE


def test_a_stop_waits_for_a_hanging_platform_no_longer_than_it_may(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "PATIENCE", 0.05)
    on_the_wire = asyncio.Event()

    class Hangs(Platform):
        async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
            on_the_wire.set()
            await asyncio.Event().wait()
            raise AssertionError

    post.platform = Hangs()
    row_id = post.put(post.chat(), "k", Lane.LIFE)

    async def stop() -> None:
        draining = asyncio.create_task(Dispatcher(post.world, post.platform, "live").run())
        async with asyncio.timeout(10):
            await on_the_wire.wait()
            draining.cancel()
            await asyncio.gather(draining, return_exceptions=True)

    asyncio.run(stop())
    assert post.row(row_id).state is OutboxState.SENDING, "in doubt, for the next owner"
    post.platform = Platform()
    post.drain()
    assert post.platform.texts == ["k"]


# Poison


@pytest.mark.parametrize("lane", [Lane.LIFE, Lane.BULK])
@pytest.mark.parametrize("how", ["unreadable", "parts", "send", "settle"])
def test_a_poison_message_holds_up_nobody(post: Post, lane: Lane, how: str) -> None:
    class Chokes(Platform):
        def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
            return 1 // (how != "parts" or outgoing.text != "poison")

        async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
            poison = call.outgoing.text == "poison"
            sent = await super().send(call, media, part // (how != "send" or not poison))
            return Sent(((f"{'9' * 65}", None),)) if poison and how == "settle" else sent  # type: ignore[arg-type]

    post.platform = Chokes()
    with post.world.db.write() as session:
        payload = b"\xff{" if how == "unreadable" else Outgoing("poison").to_bytes()
        content = contents.keep(session, payload, (), post.world.now())
    chat = post.chat()
    with post.world.db.write() as session:
        poison = outbox.put(session, chat, "poison", post.world.now(), lane=lane, content_id=content)
    assert poison is not None
    well = post.put(chat, "well", Lane.BULK)
    run_for(post, post.owner(), 400, 5)
    assert post.row(well).state is OutboxState.SENT
    assert post.row(poison).state in (OutboxState.DEAD, OutboxState.UNSURE)
    assert post.platform.texts.count("poison") == (how == "settle")


def test_an_end_that_cannot_be_written_down_is_shown_to_a_person(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    row_id = post.put(post.chat(), "k", Lane.LIFE)

    def failing(*_args: object) -> None:
        raise DataError("too long", {}, Exception())

    monkeypatch.setattr(Dispatcher, "_settle", failing)
    post.drain()
    assert post.platform.texts == ["k"]
    assert post.row(row_id).state is OutboxState.UNSURE


def test_a_call_that_always_fails_ends(post: Post) -> None:
    row_id = post.put(post.chat(), "k", Lane.LIFE)
    post.platform.down = None
    post.platform.script = [Unsure("server error")] * 100
    run_for(post, post.owner(), 900, 5)
    assert post.row(row_id).state is OutboxState.UNSURE
    assert post.platform.asked <= 2 * TRIES


# Clocks


def test_the_clock_jumps_by_an_hour_while_sending(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.platform.limits = Limits(windows=(GROUP,))
    monkeypatch.setattr(dispatch, "system_clock", post.clock)
    moments: list[float] = []

    class Journal(Platform):
        async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
            sent = await super().send(call, media, part)
            moments.append(post.seconds)
            return sent

    post.platform = Journal(limits=post.platform.limits)
    post.platform.script = [
        (None, Refused(timedelta(seconds=4)), NotNow("down"), None)[number % 4] for number in range(40)
    ]
    chat = post.chat()
    for number in range(60):
        post.put(chat, f"k{number}", Lane.BULK)
    one = post.owner()
    for jump in (3600, -3600, -3600, 7200, -3600, 0, 0, 0, 0, 0, 0, 0, 0):
        run_for(post, one, 26, 2.0)
        post.clock.move(seconds=jump)
    assert states(post) == {OutboxState.SENT: 60}, "nothing stalled"
    assert len(set(post.platform.texts)) == len(post.platform.texts)
    for first, later in zip(moments, moments[20:], strict=False):
        assert later - first >= 60.0


def test_a_new_owner_after_the_clock_was_set_back_waits_for_nothing_longer_than_it_must(post: Post) -> None:
    row_id = post.put(post.chat(), "k", Lane.LIFE)
    post.platform.script = [NotNow("down")]
    first = post.owner()
    post.drain(first, over=False)
    post.clock.move(hours=-1)
    post.seconds += 4
    second = post.owner()
    run_for(post, second, 65)
    assert post.row(row_id).state is OutboxState.SENT


# The database


@contextmanager
def failing(post: Post, *, after: bool = False) -> Iterator[None]:
    """Nothing can be written; with `after` transactions are kept, and the answer is lost."""
    engine = post.world.db.engine
    if not after:
        post.broken = OperationalError("gone", {}, sqlite3.OperationalError("disk I/O error"))
    else:
        plain, lost = engine.dialect.do_commit, OperationalError("gone", {}, Exception())

        def commit(connection: object) -> None:
            plain(connection)  # type: ignore[arg-type]
            raise lost

        engine.dialect.do_commit = commit  # type: ignore[method-assign]
    try:
        yield
    finally:
        post.broken = None
        if after:
            engine.dialect.do_commit = plain  # type: ignore[method-assign]


def test_a_claim_that_cannot_be_put_back_is_made_later(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal came between claim and call, and the database fails just then: nothing waits for a restart."""
    row_id = post.put(post.chat(), "k", Lane.BULK)
    one = post.owner()
    claim = one._claim

    async def day() -> None:
        assert one.own()
        with ExitStack() as fault:

            def claim_then_fail() -> Job | None:
                job = claim()
                one.pace.pause(post.seconds + 1.0)
                fault.enter_context(failing(post))
                return job

            monkeypatch.setattr(one, "_claim", claim_then_fail)
            with pytest.raises(OperationalError):
                await one.step()
        monkeypatch.undo()
        assert post.row(row_id).state is OutboxState.SENDING
        post.later(1.5)
        await one.drain()

    asyncio.run(day())
    assert post.row(row_id).state is OutboxState.SENT
    assert post.platform.texts == ["k"]


def test_a_call_claimed_too_long_ago_goes_back_though_the_account_is_taken_again_meanwhile(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine stood still after the claim; the lease is taken anew before the call is back in the queue."""
    row_id = post.put(post.chat(), "k", Lane.BULK)
    one = post.owner()
    claim, put_back = one._claim, one._claimer.put_back

    def claim_and_stand_still() -> Job | None:
        job = claim()
        post.later(LEASE.total_seconds() + 1)
        return job

    def taken_again_first(job: Job) -> None:
        assert one.own()
        put_back(job)

    async def day() -> None:
        assert one.own()
        with monkeypatch.context() as slow:
            slow.setattr(one, "_claim", claim_and_stand_still)
            slow.setattr(one._claimer, "put_back", taken_again_first)
            assert not await one.step()
        await one.drain()

    asyncio.run(day())
    assert post.row(row_id).state is OutboxState.SENT
    assert post.platform.texts == ["k"]


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long before trying again."""
    monkeypatch.setattr(dispatch, "AGAIN", 0.01)
    monkeypatch.setattr(dispatch, "RENEW", 0.05)


@pytest.mark.usefixtures("hurry")
def test_a_database_that_fails_while_sending_loses_and_doubles_nothing(post: Post) -> None:
    def queue(first: int) -> None:
        for number in range(first, first + 30):
            post.put(post.chat(f"g{number}"), f"k{number}", Lane.BULK)

    async def day(dispatcher: Dispatcher) -> None:
        for first in (0, 30, 60):
            await asyncio.to_thread(queue, first)
            await until(lambda first=first: len(post.platform.texts) >= first + 10)  # type: ignore[misc]
            with failing(post):
                await asyncio.sleep(0.1)
        await until(lambda: len(post.platform.texts) == 90)
        await until(lambda: states(post) == {OutboxState.SENT: 90})

    live(post, day)
    assert len(set(post.platform.texts)) == 90


@pytest.mark.usefixtures("hurry")
def test_a_commit_whose_answer_is_lost_neither_strands_nor_doubles_a_call(post: Post) -> None:
    chats_ = [post.chat(f"g{number}") for number in range(60)]

    async def day(dispatcher: Dispatcher) -> None:
        for number, chat in enumerate(chats_):
            await asyncio.to_thread(post.put, chat, f"k{number}", Lane.BULK)
        for _ in range(5):
            with failing(post, after=True):
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.02)
        await until(lambda: states(post) == {OutboxState.SENT: 60})

    live(post, day)
    assert sorted(post.platform.texts) == sorted(f"k{number}" for number in range(60))


@pytest.mark.usefixtures("hurry")
def test_a_locked_database_only_holds_things_up(post: Post, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    event.listen(post.world.db.engine, "checkout", lambda one, *_: one.execute("PRAGMA busy_timeout=20"))
    for number in range(20):
        post.put(post.chat(f"g{number}"), f"k{number}", Lane.BULK)
    other = sqlite3.connect(tmp_path / "post.db", isolation_level=None, check_same_thread=False)

    async def day(dispatcher: Dispatcher) -> None:
        await until(lambda: len(post.platform.texts) >= 3)
        other.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(0.15)
        other.execute("ROLLBACK")
        await until(lambda: states(post) == {OutboxState.SENT: 20})

    live(post, day)
    other.close()
    assert len(set(post.platform.texts)) == len(post.platform.texts) == 20


def test_an_owner_that_lost_sight_of_its_lease_does_not_double_what_it_has_on_the_wire(post: Post) -> None:
    row_id = post.put(post.chat(), "k", Lane.LIFE, slot="s")
    go = threading.Event()

    class Slow(Platform):
        async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
            sent = await super().send(call, media, part)
            while not go.is_set():  # noqa: ASYNC110 - other loops wait for it, too
                await asyncio.sleep(0.001)
            return sent

    post.platform = Slow()
    one = post.owner()

    async def day() -> None:
        assert one.own()
        await one.step()
        await until(lambda: bool(post.platform.texts))
        one.epoch = 0
        assert one.own(), "the lease was its own all the time"
        assert post.row(row_id).state is OutboxState.SENDING
        assert not await one.step()
        go.set()
        await one.drain()

    asyncio.run(day())
    assert post.platform.texts == ["k"]
    assert post.row(row_id).state is OutboxState.SENT


def test_the_grid_is_kept_through_owners(post: Post) -> None:
    """Each owner dies with calls on the wire; the windows of a chat hold all the same."""
    moments: list[float] = []

    class Journal(Platform):
        async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
            moments.append(post.seconds)
            return await super().send(call, media, part)

    post.platform = Journal(limits=Limits(windows=(GROUP,)))
    chat = post.chat()
    for number in range(100):
        post.put(chat, f"k{number}", Lane.BULK)
    for _ in range(60):
        run_for(post, post.owner(), 3, 1.5)
        with post.world.db.write() as session:
            session.execute(Lease.__table__.update().values(owner=""))  # type: ignore[attr-defined]
        post.later(3)
    assert len(moments) >= 80
    assert all(b >= a for a, b in pairwise(moments))
    assert all(later - first >= 60.0 for first, later in zip(moments, moments[20:], strict=False))


def test_an_edit_the_platform_will_not_make_ends(post: Post) -> None:
    chat = post.chat()
    post.put(chat, "一", slot="s")
    post.drain()
    post.put(chat, "二", slot="s")
    post.platform.script = [Impossible("no")] * 2
    post.settle(3)
    assert states(post) == {OutboxState.SENT: 1, OutboxState.DEAD: 2}
