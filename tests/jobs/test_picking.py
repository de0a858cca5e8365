"""Which call goes next: by lane and room, whole chats parked and taken up again, nobody starved for ever."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from handlers.dialogue.world import Station, World
from jobs.channel import Limits, Window
from jobs.pace import Pace
from jobs.picking import FAIR_EVERY, FRONT, UNSERVED, Picker
from storage import chats, outbox
from storage.chats import Chat, ChatKind
from storage.database import Database
from storage.lanes import Lane
from storage.outbox import CallKind, OutboxRow, OutboxState, Waits
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.stage import KEYS, Hands, words

SLOW = Limits(windows=(Window("chat", 1, 1.0), Window("chat", 4, 60.0, reserve=2)))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty real world on SQLite."""
    db = Database(f"sqlite:///{tmp_path / 'w.db'}", KEYS, "OFF")
    METADATA.create_all(db.engine)
    yield World(WorldKind.REAL, db, words(), Station(), Hands())
    db.close()


class Desk:
    """A picker with a steady clock of its own; calls take no time."""

    def __init__(self, world: World, limits: Limits = SLOW) -> None:
        self.world, self.now = world, 1000.0
        self.pace = Pace(limits)
        self.picker = Picker(world, "a", self.pace)
        with world.db.write() as session:
            self.picker.begin(session, self.now)

    def pick(self) -> OutboxRow | None:
        """The next call, made at once."""
        with self.world.db.write() as session:
            row = self.picker.pick(session, 1, self.now)
            if row is not None:
                row.state = OutboxState.SENT
        if row is not None:
            self.pace.spend(row.chat_id, self.now, row.kind, True)
            self.pace.landed(row.chat_id, self.now, row.kind, True)
        return row

    def picked(self, most: int = 10_000) -> list[int]:
        """Ids of the calls that go now."""
        found: list[int] = []
        while len(found) < most and (row := self.pick()) is not None:
            found.append(row.id)
        return found


def _chat(world: World, name: str) -> Chat:
    with world.db.write() as session:
        return chats.add(session, "a", name, ChatKind.RESIDENTS, world.now())


def _put(world: World, chat: Chat, count: int, lane: Lane = Lane.BULK) -> list[int]:
    with world.db.write() as session:
        start = session.scalar(select(func.count()).select_from(OutboxRow)) or 0
        ids = [
            outbox.put(session, chat, f"k{start + number}", world.now(), lane=lane, kind=CallKind.SEND)
            for number in range(count)
        ]
    return [row_id for row_id in ids if row_id is not None]


def test_a_chat_with_many_calls_does_not_stand_before_the_others(world: World) -> None:
    noisy, quiet = _chat(world, "noisy"), _chat(world, "quiet")
    many, one = _put(world, noisy, 5 * FRONT), _put(world, quiet, 1)
    desk = Desk(world)
    assert desk.picked() == [many[0], *one]
    with world.db.read() as session:
        parked = session.scalar(select(func.count()).where(OutboxRow.waits == Waits.ROOM))
    assert parked == 5 * FRONT - 1
    desk.now += 1.1
    assert desk.picked() == [many[1]]


def test_the_calls_of_a_parked_chat_go_in_their_order_and_the_urgent_before_them(world: World) -> None:
    noisy = _chat(world, "noisy")
    many = _put(world, noisy, 2 * FRONT)
    desk = Desk(world, Limits(windows=(Window("chat", 1, 1.0),)))
    order = desk.picked()
    urgent = _put(world, noisy, 1, Lane.LIFE)
    later = _put(world, noisy, 1)
    for _ in range(2 * FRONT + 5):
        desk.now += 1.05
        order += desk.picked()
    assert order == [many[0], *urgent, *many[1:], *later]


def test_what_is_kept_for_the_urgent_stays_free_in_a_parked_chat(world: World) -> None:
    noisy = _chat(world, "noisy")
    _put(world, noisy, 2 * FRONT)
    desk = Desk(world)
    for _ in range(10):
        desk.picked()
        desk.now += 1.1
    urgent = _put(world, noisy, 5, Lane.SUSPECT)
    went = []
    for _ in range(10):
        went += desk.picked()
        desk.now += 1.1
    assert went == urgent[:2]


def test_a_new_owner_goes_on_with_what_was_parked(world: World) -> None:
    many = _put(world, _chat(world, "noisy"), 2 * FRONT)
    assert Desk(world).picked() == many[:1]
    assert Desk(world).picked() == many[1:2]


def test_an_account_with_a_full_window_parks_nothing(world: World) -> None:
    for number in range(FRONT + 5):
        _put(world, _chat(world, f"g{number}"), 1)
    desk = Desk(world, Limits(windows=(Window("account", 10, 60.0, reserve=3),)))
    assert len(desk.picked()) == 7
    assert desk.picker.again_in > 50
    urgent = _put(world, _chat(world, "last"), 5, Lane.LIFE)
    assert desk.picked() == urgent[:3]
    with world.db.read() as session:
        assert session.scalar(select(func.count()).where(OutboxRow.waits.is_not(None))) == 0


def test_bulk_gets_one_call_in_ten_once_it_was_passed_over_for_long(world: World) -> None:
    chat = _chat(world, "g")
    bulk, urgent = _put(world, chat, 50), set(_put(world, chat, 400, Lane.LIFE))
    desk = Desk(world, Limits())
    assert set(desk.picked(100)) <= urgent, "a whole urgent bulletin overtakes"
    desk.now += UNSERVED + 1
    world.clock.move(seconds=UNSERVED + 1)  # type: ignore[attr-defined]
    mixed = desk.picked(100)
    assert [one for one in mixed if one in bulk] == bulk[: 100 // FAIR_EVERY]


def test_a_moment_that_comes_brings_its_calls_forward(world: World) -> None:
    chat = _chat(world, "g")
    with world.db.write() as session:
        later = outbox.put(
            session, chat, "later", world.now(), lane=Lane.REPLY, not_before=world.now() + timedelta(seconds=30)
        )
    desk = Desk(world, Limits())
    with world.db.read() as session:
        assert not desk.picker.anything(session, desk.now)
    assert desk.picker.again_in == 30
    world.clock.move(seconds=30)  # type: ignore[attr-defined]
    assert desk.picked() == [later]


def test_finding_the_next_call_looks_at_no_more_however_many_wait(world: World) -> None:
    """Counted in rows looked at, not in time: SQLite's steps for a claim behind a hundred times as many rows."""
    shut, other = _chat(world, "shut"), _chat(world, "other")
    _put(world, shut, 3000)
    with world.db.write() as session:
        session.execute(update(OutboxRow).values(waits=Waits.ROOM))
    _put(world, other, 40)
    desk = Desk(world)
    desk.pace.refused(shut.id, 3600.0, desk.now)
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    with world.db.write() as session:
        raw = session.connection().connection.dbapi_connection
        assert raw is not None
        raw.set_progress_handler(count, 100)
        assert desk.picker.pick(session, 1, desk.now) is not None
        raw.set_progress_handler(None, 0)
    assert steps[0] < 60, "hundreds of steps, not thousands"
