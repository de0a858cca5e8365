"""How a call can end, and what the ledger says of it afterwards."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from handlers.dialogue.message import Outgoing, PlayCall, RealCall
from handlers.dialogue.world import Station, World
from jobs.channel import (
    FOREVER,
    Accept,
    Call,
    CallFailed,
    Capabilities,
    ChatGone,
    ChatMoved,
    ChatMuted,
    Impossible,
    Limits,
    Medium,
    MediumRefused,
    NotNow,
    Refused,
    Sent,
    StaleUpload,
    TopicGone,
    Unsure,
)
from jobs.dispatch import Dispatcher
from jobs.settling import TRIES
from storage import chats, contents, copies, media, outbox, waiting
from storage.chats import Chat, ChatKind, ChatState
from storage.copies import Copy, CopyKind
from storage.database import Database
from storage.lanes import Lane
from storage.leases import Lease
from storage.media import MediumKind
from storage.outbox import CallKind, OutboxRow, OutboxState, Waits
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.stage import KEYS, ROOT, Hands, words


class Moody:
    """A channel that fails as told, one failure a call, and keeps what it took."""

    account = "a"
    can = Capabilities(edits=FOREVER, deletes=FOREVER, buttons=True)

    def __init__(self, *failures: CallFailed | None, limits: Limits | None = None) -> None:
        self.failures = list(failures)
        self.limits = limits or Limits()
        self.took: list[tuple[str, str, str]] = []
        self.in_parts, self.probes = 1, 0

    def _mood(self) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure

    def parts(self, outgoing: Outgoing, pictures: tuple[Medium, ...]) -> int:
        return self.in_parts

    async def probe(self) -> None:
        self.probes += 1
        self._mood()

    async def send(self, call: Call, pictures: tuple[Medium, ...], part: int = 0) -> Sent:
        self._mood()
        self.took.append(("send", call.chat, call.outgoing.text))
        return Sent(((str(len(self.took)), CopyKind.TEXT),))

    async def edit(self, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        self._mood()
        self.took.append(("edit", platform_id, call.outgoing.text))

    async def delete(self, chat: str, platform_id: str) -> None:
        self._mood()
        self.took.append(("delete", chat, platform_id))

    async def answer(self, callback: str, toast: str) -> None:
        self._mood()
        self.took.append(("answer", callback, toast))

    async def fetch(self, ref: str, most: int) -> bytes:
        raise Impossible("nothing here")

    async def listen(self, accept: Accept) -> None:
        return

    async def close(self) -> None:
        return


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty real world on SQLite, its clock moved by hand."""
    db = Database(f"sqlite:///{tmp_path / 'w.db'}", KEYS, "OFF")
    METADATA.create_all(db.engine)
    yield World(WorldKind.REAL, db, words(), Station(), Hands())
    db.close()


def _chat(world: World, name: str = "g1") -> Chat:
    with world.db.write() as session:
        return chats.add(session, "a", name, ChatKind.RESIDENTS, world.now(), title=name)


def _put(world: World, chat: Chat, key: str, lane: Lane = Lane.REPLY, **more: object) -> int:
    with world.db.write() as session:
        content = contents.keep(session, Outgoing(f"text {key}", toast="好").to_bytes(), (), world.now())
        row_id = outbox.put(session, chat, key, world.now(), lane=lane, content_id=content, **more)  # type: ignore[arg-type]
        assert row_id is not None
        return row_id


def _row(world: World, row_id: int) -> OutboxRow:
    with world.db.read() as session:
        return session.get_one(OutboxRow, row_id)


def _drain(world: World, channel: Moody) -> None:
    async def run() -> None:
        dispatcher = Dispatcher(world, channel, "me")
        assert dispatcher.own()
        await dispatcher.drain()

    asyncio.run(run())


def test_a_real_world_hands_over_real_calls_only(world: World) -> None:
    kinds: list[type[Call]] = []

    class Nosy(Moody):
        async def send(self, call: Call, pictures: tuple[Medium, ...], part: int = 0) -> Sent:
            kinds.append(type(call))
            return await super().send(call, pictures, part)

    _put(world, _chat(world), "k")
    _drain(world, Nosy())
    world.kind = WorldKind.PLAYGROUND
    with world.db.read() as session:
        chat = chats.at(session, "a", "g1")
        assert chat is not None
    _put(world, chat, "k2")
    _drain(world, Nosy())
    assert kinds == [RealCall, PlayCall]


@pytest.mark.parametrize(
    ("failure", "state", "chat_state"),
    [
        (ChatGone("kicked"), OutboxState.DEAD, ChatState.GONE),
        (ChatMuted("no right"), OutboxState.DEAD, ChatState.MUTED),
        (Impossible("too long"), OutboxState.DEAD, ChatState.OPEN),
        (Unsure("time-out"), OutboxState.UNSURE, ChatState.OPEN),
    ],
)
def test_a_call_ends_as_it_failed(world: World, failure: CallFailed, state: OutboxState, chat_state: ChatState) -> None:
    chat = _chat(world)
    row_id = _put(world, chat, "k")
    _drain(world, Moody(failure))
    row = _row(world, row_id)
    assert (row.state, row.reason) == (state, failure.reason)
    with world.db.read() as session:
        assert chats.get(session, chat.id).state is chat_state


def test_something_nobody_foresaw_leaves_the_call_unsure(world: World) -> None:
    class Broken(Moody):
        async def send(self, call: Call, pictures: tuple[Medium, ...], part: int = 0) -> Sent:
            raise ZeroDivisionError

    row_id = _put(world, _chat(world), "k")
    _drain(world, Broken())
    assert _row(world, row_id).state is OutboxState.UNSURE


def test_an_unsure_urgent_call_is_made_again_and_its_maybe_copy_is_not_lost(world: World) -> None:
    chat = _chat(world)
    routine = _put(world, chat, "1", Lane.BULK, topic="bulletin:1")
    _drain(world, Moody(Unsure("time-out")))
    assert _row(world, routine).state is OutboxState.UNSURE
    with world.db.read() as session:
        assert [copy.platform_id for copy in copies.of_topic(session, "bulletin:1")] == [None]
    urgent = _put(world, chat, "2", Lane.LIFE, topic="search:1")
    channel = Moody(Unsure("time-out"))
    _drain(world, channel)
    assert _row(world, urgent).state is OutboxState.QUEUED
    world.clock.move(seconds=5)  # type: ignore[attr-defined]
    _drain(world, channel)
    assert _row(world, urgent).state is OutboxState.SENT


def test_a_refused_call_goes_out_later_and_is_never_lost(world: World) -> None:
    row_id = _put(world, _chat(world), "k")
    channel = Moody(Refused(timedelta(seconds=7)))
    _drain(world, channel)
    assert _row(world, row_id).state is OutboxState.QUEUED
    world.clock.move(seconds=7)  # type: ignore[attr-defined]
    _drain(world, channel)
    assert _row(world, row_id).state is OutboxState.SENT


def test_a_call_that_alone_fails_is_tried_again_and_given_up_at_last(world: World) -> None:
    poison = _put(world, _chat(world), "k")
    for number in range(TRIES):
        channel = Moody(NotNow("down"))
        _drain(world, channel)
        well = _put(world, _chat(world, f"other {number}"), f"o{number}")
        _drain(world, channel)
        assert _row(world, well).state is OutboxState.SENT
        world.clock.move(minutes=2)  # type: ignore[attr-defined]
    assert _row(world, poison).state is OutboxState.DEAD


def test_while_nothing_gets_through_the_platform_is_asked_and_no_call_pays_for_it(world: World) -> None:
    rows = [_put(world, _chat(world, f"g{number}"), f"k{number}", Lane.BULK) for number in range(40)]
    channel = Moody(*[NotNow("down")] * 400)
    now = [1000.0]

    async def run() -> None:
        dispatcher = Dispatcher(world, channel, "me", steady=lambda: now[0])
        for _ in range(300):
            assert dispatcher.own()
            await dispatcher.drain()
            now[0] += 2.0
            world.clock.move(seconds=2)  # type: ignore[attr-defined]

    asyncio.run(run())
    assert channel.took == []
    assert 10 < channel.probes < 60, "asked now and then, no more"
    states = [_row(world, row_id) for row_id in rows]
    assert {row.state for row in states} == {OutboxState.QUEUED}
    assert max(row.attempts for row in states) < TRIES
    _drain(world, channel_up := Moody())
    assert len(channel_up.took) == 40


def test_a_chat_that_moved_gets_its_message_under_the_new_id(world: World) -> None:
    row_id = _put(world, _chat(world, "-1"), "k")
    channel = Moody(ChatMoved("-1001"))
    _drain(world, channel)
    assert channel.took == [("send", "-1001", "text k")]
    assert _row(world, row_id).state is OutboxState.SENT


def test_an_edit_that_is_impossible_is_sent_anew_as_a_call_of_its_own(world: World) -> None:
    chat = _chat(world)
    _put(world, chat, "1", slot="s")
    channel = Moody(None, Impossible("too old"))
    _drain(world, channel)
    edit = _put(world, chat, "2", slot="s")
    _drain(world, channel)
    assert _row(world, edit).state is OutboxState.DEAD
    assert [what for what, _, _ in channel.took] == ["send", "send"]
    _put(world, chat, "3", slot="s")
    _drain(world, channel)
    assert channel.took[-1] == ("edit", "2", "text 3")


def test_a_message_in_parts_is_a_call_for_each_and_goes_on_before_its_lane(world: World) -> None:
    first, other = _chat(world), _chat(world, "g2")
    _put(world, first, "long", Lane.BULK, topic="bulletin:1")
    _put(world, other, "short", Lane.BULK)
    channel = Moody()
    parts: list[tuple[str, int]] = []

    class InParts(Moody):
        def parts(self, outgoing: Outgoing, pictures: tuple[Medium, ...]) -> int:
            return 3 if outgoing.text == "text long" else 1

        async def send(self, call: Call, pictures: tuple[Medium, ...], part: int = 0) -> Sent:
            parts.append((call.chat, part))
            return await super().send(call, pictures, part)

    channel = InParts(None, Refused(timedelta(seconds=3)), limits=Limits(in_flight=1))
    _drain(world, channel)
    assert parts == [("g1", 0), ("g1", 1), ("g2", 0)]
    world.clock.move(seconds=3)  # type: ignore[attr-defined]
    _drain(world, channel)
    assert parts[3:] == [("g1", 1), ("g1", 2)]
    with world.db.read() as session:
        assert len(copies.of_topic(session, "bulletin:1")) == 3


def test_a_topic_that_is_gone_is_left_out(world: World) -> None:
    threads: list[str] = []

    class Nosy(Moody):
        async def send(self, call: Call, pictures: tuple[Medium, ...], part: int = 0) -> Sent:
            threads.append(call.thread)
            return await super().send(call, pictures, part)

    row_id = _put(world, _chat(world), "k", thread="33")
    _drain(world, Nosy(TopicGone("gone")))
    assert threads == ["33", ""]
    assert _row(world, row_id).state is OutboxState.SENT


def test_a_picture_is_uploaded_anew_where_its_id_is_stale_and_left_out_where_it_is_refused(world: World) -> None:
    shown: list[list[tuple[bool, bool]]] = []

    class Nosy(Moody):
        async def send(self, call: Call, pictures: tuple[Medium, ...], part: int = 0) -> Sent:
            shown.append([(one.file_id is not None, one.blob is not None) for one in pictures])
            return await super().send(call, pictures, part)

    chat, now = _chat(world), world.now()
    with world.db.write() as session:
        medium = media.want(session, MediumKind.PHOTO, {}, now)
        media.store(session, medium, b"jpeg", "image/jpeg", "0" * 64)
        media.note_upload(session, medium, "a", "stale", now)
        content = contents.keep(session, Outgoing("寻3", media=(medium,)).to_bytes(), (medium,), now)
        outbox.put(session, chat, "k", now, lane=Lane.LIFE, content_id=content)
    channel = Nosy(StaleUpload("unknown"), MediumRefused("no pictures"))
    _drain(world, channel)
    assert shown == [[(True, False)], [(False, True)], []]
    assert [what for what, _, _ in channel.took] == ["send"]


def test_a_call_for_a_chat_that_silenced_the_bot_waits_until_it_may_speak(world: World) -> None:
    chat = _chat(world)
    first, second = _put(world, chat, "1"), _put(world, chat, "2")
    channel = Moody(ChatMuted("no right"), limits=Limits(in_flight=1))
    _drain(world, channel)
    assert (_row(world, first).state, _row(world, second).waits) == (OutboxState.DEAD, Waits.CHAT)
    with world.db.write() as session:
        chats.set_state(session, chat.id, ChatState.OPEN, world.now())
        waiting.release_held(session, chat.id)
    _drain(world, channel)
    assert _row(world, second).state is OutboxState.SENT


def test_an_owner_that_was_frozen_can_do_nothing_when_it_wakes(world: World) -> None:
    chat = _chat(world)
    now = [1000.0]
    frozen, channel = Dispatcher(world, Moody(), "one", steady=lambda: now[0]), Moody()
    assert frozen.own()
    on_the_wire = _put(world, chat, "1", Lane.BULK, topic="bulletin:1")
    job = frozen._claim()
    assert job is not None
    world.clock.move(seconds=4)  # type: ignore[attr-defined]
    now[0] += 4.0
    _drain(world, channel)
    assert channel.took == [], "what was on the wire is in doubt, and a person looks at it"
    _put(world, chat, "2")
    assert frozen._claim() is None
    frozen._settle(job, None, Sent((("77", CopyKind.TEXT),)), own_fault=True)
    row = _row(world, on_the_wire)
    assert (row.state, row.reason) == (OutboxState.UNSURE, "crash")
    with world.db.read() as session:
        known = [copy.platform_id for copy in copies.of_topic(session, "bulletin:1")]
    assert known == ["77"], "but where its copy stands is worth knowing"


def test_a_claim_that_slept_too_long_is_not_made(world: World) -> None:
    row_id = _put(world, _chat(world), "k")
    channel, now = Moody(), [1000.0]

    async def run() -> None:
        dispatcher = Dispatcher(world, channel, "me", steady=lambda: now[0])
        assert dispatcher.own()
        plain = dispatcher._claim

        def slow() -> object:
            job = plain()
            now[0] += 5.0
            return job

        dispatcher._claim = slow  # type: ignore[assignment,method-assign]
        assert not await dispatcher.step()

    asyncio.run(run())
    assert channel.took == []
    assert _row(world, row_id).state is OutboxState.QUEUED, "unless the next owner has decided already"


def test_a_drain_that_was_held_up_goes_on_once_it_owns_the_account_again(world: World) -> None:
    row_id = _put(world, _chat(world), "k")
    channel, now = Moody(), [1000.0]

    async def run() -> int:
        dispatcher = Dispatcher(world, channel, "me", steady=lambda: now[0])
        plain, slow = dispatcher._claim, [5.0]

        def claim() -> object:
            job = plain()
            now[0] += slow.pop() if slow else 0.0
            return job

        dispatcher._claim = claim  # type: ignore[assignment,method-assign]
        return await dispatcher.drain()

    assert asyncio.run(run()) == 1
    assert len(channel.took) == 1
    assert _row(world, row_id).state is OutboxState.SENT


def test_how_a_call_ended_is_written_down_however_long_the_database_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = _put(world, _chat(world), "k")
    plain, failures = Dispatcher._settle, [OperationalError("full", {}, Exception()) for _ in range(3)]

    def failing(self: Dispatcher, *args: object) -> object:
        if failures:
            raise failures.pop()
        return plain(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Dispatcher, "_settle", failing)
    monkeypatch.setattr("jobs.dispatch.AGAIN", 0)
    channel = Moody()
    _drain(world, channel)
    assert len(channel.took) == 1
    assert _row(world, row_id).state is OutboxState.SENT


def test_a_pressed_button_is_answered(world: World) -> None:
    _put(world, _chat(world), "k", kind=CallKind.ANSWER, callback="cb1")
    channel = Moody()
    _drain(world, channel)
    assert channel.took == [("answer", "cb1", "好")]


def test_an_urgent_call_overtakes_what_waits(world: World) -> None:
    chats_ = [_chat(world, f"g{number}") for number in range(10)]
    for chat in chats_:
        _put(world, chat, f"bulk {chat.id}", Lane.BULK)
    _put(world, chats_[9], "help", Lane.LIFE)
    channel = Moody()
    _drain(world, channel)
    assert channel.took[0] == ("send", "g9", "text help")


def test_while_another_owns_the_account_nothing_is_sent(world: World) -> None:
    first, second = (Dispatcher(world, Moody(), name) for name in ("one", "two"))
    assert first.own()
    assert not second.own()
    world.clock.move(seconds=4)  # type: ignore[attr-defined]
    assert second.own()
    assert not first.own()
    assert second.epoch == 2


def test_the_drain_runs_until_it_is_stopped_and_gives_the_account_back(world: World) -> None:
    channel = Moody()
    chat = _chat(world)

    async def run() -> None:
        dispatcher = Dispatcher(world, channel, "me")
        draining = asyncio.create_task(dispatcher.run())
        async with asyncio.timeout(10):
            while not dispatcher.epoch:  # noqa: ASYNC110 - the account is taken in a thread
                await asyncio.sleep(0.01)
            await asyncio.to_thread(_put, world, chat, "k")
            while not channel.took:  # noqa: ASYNC110 - the row is sent by the drain, not by this test
                await asyncio.sleep(0.01)
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)
        assert Dispatcher(world, channel, "other").own()

    asyncio.run(run())
    assert channel.took == [("send", "g1", "text k")]


def test_a_wake_up_does_not_swallow_the_stop(world: World) -> None:
    async def run() -> None:
        dispatcher = Dispatcher(world, Moody(), "me")
        draining = asyncio.create_task(dispatcher.run())
        async with asyncio.timeout(10):
            while not dispatcher._wake._waiters:  # type: ignore[attr-defined]  # noqa: ASYNC110
                await asyncio.sleep(0)
        dispatcher.wake()
        draining.cancel()
        done, _ = await asyncio.wait({draining}, timeout=10)
        assert done, "the drain goes on for ever"

    asyncio.run(run())


def test_a_call_claimed_while_stopping_goes_back_into_the_queue(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    row_id = _put(world, _chat(world), "k")
    claimed, go = threading.Event(), threading.Event()
    plain = Dispatcher._claim

    def slow(self: Dispatcher) -> object:
        job = plain(self)
        claimed.set()
        go.wait(10)
        return job

    monkeypatch.setattr(Dispatcher, "_claim", slow)

    async def run() -> None:
        dispatcher = Dispatcher(world, Moody(), "me")
        draining = asyncio.create_task(dispatcher.run())
        await asyncio.to_thread(claimed.wait, 10)
        draining.cancel()
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(draining, return_exceptions=True)

    asyncio.run(run())
    assert _row(world, row_id).state is OutboxState.QUEUED


CHILD = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.jobs.test_dispatch import Moody, KEYS, World, WorldKind, Station, Database, words, Dispatcher, Limits, Sent
from storage.copies import CopyKind

class Journal(Moody):
    async def send(self, call, media, part=0):
        with open({journal!r}, "a") as file:
            file.write(call.outgoing.text + "\\n")
        await asyncio.sleep(0.01)
        return Sent((("1", CopyKind.TEXT),))

async def main():
    world = World(WorldKind.REAL, Database({url!r}, KEYS), words(), Station())
    await Dispatcher(world, Journal(limits=Limits(in_flight=3)), {owner!r}).run()

asyncio.run(main())
"""


@pytest.mark.parametrize("lane", [Lane.LIFE, Lane.BULK])
def test_a_killed_drain_loses_nothing_and_doubles_only_what_was_in_flight(tmp_path: Path, lane: Lane) -> None:
    url, journal = f"sqlite:///{tmp_path / 'w.db'}", tmp_path / "journal"
    db = Database(url, KEYS)
    METADATA.create_all(db.engine)
    world = World(WorldKind.REAL, db, words(), Station())
    with db.write() as session:
        for number in range(120):
            chat = chats.add(session, "a", f"g{number}", ChatKind.RESIDENTS, world.now())
            content = contents.keep(session, Outgoing(f"n{number}").to_bytes(), (), world.now())
            outbox.put(session, chat, f"k{number}", world.now(), lane=lane, content_id=content, topic="t:1")

    def told() -> list[str]:
        return journal.read_text().split() if journal.exists() else []

    kills = 2
    for kill in range(kills):
        script = CHILD.format(root=str(ROOT), journal=str(journal), url=url, owner=f"p{kill}")
        child = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
        before = len(told())
        while child.poll() is None and len(told()) < before + 30:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.02)
        child.send_signal(signal.SIGKILL)
        child.wait()
        with db.write() as session:
            session.execute(update(Lease).values(owner=""))
    last = Moody()
    _drain(world, last)
    lines = told() + [words for _, _, words in last.took]
    twice = len(lines) - len(set(lines))
    with db.read() as session:
        states = dict(session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state)).all())  # type: ignore[arg-type]
        maybe = session.scalar(select(func.count()).where(Copy.platform_id.is_(None)))
    missing = {f"n{number}" for number in range(120)} - set(lines)
    if lane is Lane.LIFE:
        assert not missing, json.dumps(states)
        assert twice <= 3 * kills
    else:
        assert twice == 0
        assert len(missing) <= states.get(OutboxState.UNSURE, 0), "only what is shown as unsure may not have left"
        assert states.get(OutboxState.UNSURE, 0) <= 3 * kills
        assert maybe == states.get(OutboxState.UNSURE, 0)
    db.close()
