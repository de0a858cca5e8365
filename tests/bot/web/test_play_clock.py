"""The playground's clock: it runs, is moved on, stops where something is due, and is kept."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.play import load_county
from bot.web.play_clock import STOPS, PlayClock, clear, move, next_due
from storage import chats, people, reminders, worlds
from storage.purposes import Purpose
from storage.reminders import Reminder
from storage.worlds import WorldKind
from tests.support.stage import ROOT, START, Stage


@pytest.fixture
def clock(stage: Stage) -> PlayClock:
    clock = PlayClock(base=lambda: START)
    stage.world.clock = clock
    return clock


def remind(stage: Stage, at: datetime) -> None:
    """Somebody wants to be reminded then."""
    with stage.world.db.write() as session:
        person = people.named(session, "网格员甲")
        assert person is not None
        chat = chats.private_of(session, person.id)
        assert chat is not None
        later = at + timedelta(days=9)
        reminders.add(session, Purpose.REMINDER, person.id, chat.id, "走访", at, START, expires_at=later)


def pass_time(stage: Stage, clock: PlayClock, span: timedelta | None) -> tuple[bool, list[timedelta]]:
    """Move the clock; whether it moved, and at which moments (after START) things could happen."""
    stops: list[timedelta] = []

    async def settle() -> None:
        now = stage.world.now()
        stops.append(now - START)
        with stage.world.db.write() as session:
            session.execute(update(Reminder).where(Reminder.next_at <= now).values(next_at=None))

    return asyncio.run(move(stage.world, clock, span, settle)), stops


def test_time_passes_what_is_due_in_its_order(stage: Stage, clock: PlayClock) -> None:
    for minutes in (40, 5, 600):
        remind(stage, START + timedelta(minutes=minutes))
    moved, stops = pass_time(stage, clock, timedelta(hours=1))
    assert moved
    assert stops == [timedelta(minutes=5), timedelta(minutes=40), timedelta(minutes=60)]
    assert stage.world.now() == START + timedelta(hours=1)


def test_the_next_thing_due_is_where_time_stops(stage: Stage, clock: PlayClock) -> None:
    remind(stage, START + timedelta(hours=7))
    assert pass_time(stage, clock, None) == (True, [timedelta(hours=7)])
    assert pass_time(stage, clock, None) == (False, [])
    assert stage.world.now() == START + timedelta(hours=7)


def test_time_comes_to_its_end_however_much_is_due(stage: Stage, clock: PlayClock) -> None:
    for minutes in range(STOPS + 5):
        remind(stage, START + timedelta(minutes=minutes + 1))
    moved, stops = pass_time(stage, clock, timedelta(days=1))
    assert (moved, len(stops), stops[-1]) == (True, STOPS + 1, timedelta(days=1))


def test_a_moved_clock_is_kept_and_never_goes_back(stage: Stage, clock: PlayClock) -> None:
    pass_time(stage, clock, timedelta(days=1))
    clock.set_to(stage.world, START)
    again = PlayClock(base=lambda: START)
    again.load(stage.world)
    assert again() == START + timedelta(days=1)
    assert clock() == again()


def test_a_running_clock_runs_with_the_systems(stage: Stage) -> None:
    moments = iter([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)])
    clock = PlayClock(60.0, base=lambda: next(moments))
    assert clock() == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    assert clock() == datetime(2026, 1, 2, 0, 1, tzinfo=UTC)


def test_starting_over_leaves_the_county_as_it_was_made(stage: Stage, clock: PlayClock) -> None:
    remind(stage, START + timedelta(hours=1))
    clock.set_to(stage.world, START + timedelta(hours=3))
    clear(stage.world, clock)
    load_county(stage.world, ROOT / "samples")
    assert stage.world.now() == START
    with stage.world.db.read() as session:
        row = worlds.of(session)
        assert row is not None
        assert (row.clock_offset, row.sample_loaded) == (0.0, True)
        assert people.named(session, "网格员甲") is not None
        assert next_due(session, START) is None


def test_a_real_world_is_never_started_over(stage: Stage, clock: PlayClock) -> None:
    stage.world.kind = WorldKind.REAL
    with pytest.raises(TypeError):
        clear(stage.world, clock)
