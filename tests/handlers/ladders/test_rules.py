"""What a ladder refuses, and that a late look changes nothing."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.ladders import rules
from handlers.ladders.rules import NotNow, Rung, Step
from handlers.reading.workdays import Workdays, hours, workdays

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = Workdays()
NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZONE)
SPANS = {Rung.MICRO: hours(24), Rung.GRID: workdays(3), Rung.COMMUNITY: workdays(7), Rung.TOWN: workdays(10)}


def why(deed: object) -> str:
    """The reason of a refusal."""
    with pytest.raises(NotNow) as refused:
        deed()  # type: ignore[operator]
    return refused.value.why


def test_a_clock_stops_only_with_a_reason_and_for_a_while() -> None:
    one = rules.begin(Rung.GRID, SPANS[Rung.GRID], NOW)
    later = NOW + timedelta(days=3)
    assert why(lambda: rules.stop(one, NOW, " ", later, DAYS)) == "no_reason"
    assert why(lambda: rules.stop(one, NOW, "等鉴定", NOW, DAYS)) == "past"
    assert why(lambda: rules.stop(one, NOW, "等鉴定", NOW + timedelta(days=61), DAYS)) == "too_long"
    stopped = rules.stop(one, NOW, "等鉴定", later, DAYS)
    assert why(lambda: rules.stop(stopped, NOW, "又等", later, DAYS)) == "stopped"
    assert why(lambda: rules.resume(one, NOW)) == "running"
    assert rules.runs_out(stopped, DAYS) is None


def test_what_had_passed_stays_passed() -> None:
    one = rules.begin(Rung.MICRO, hours(24), NOW)
    stopped = rules.stop(one, NOW + timedelta(hours=10), "当事人外出", NOW + timedelta(days=5), DAYS)
    going = rules.resume(stopped, NOW + timedelta(days=2))
    assert rules.runs_out(going, DAYS) == NOW + timedelta(days=2, hours=14)
    sorted_anew = rules.retime(going, hours(48), NOW + timedelta(days=2, hours=4), DAYS)
    assert rules.used(sorted_anew, NOW + timedelta(days=2, hours=4), DAYS) == timedelta(hours=14)
    assert rules.runs_out(sorted_anew, DAYS) == NOW + timedelta(days=3, hours=14)
    still = rules.retime(stopped, hours(30), NOW + timedelta(days=1), DAYS)
    assert (still.used, still.stopped) == (timedelta(hours=10), True)


def test_a_month_of_sleep_takes_every_step_at_its_own_moment() -> None:
    one = rules.begin(Rung.MICRO, hours(24), NOW)
    top, steps = rules.advance(one, SPANS, NOW + timedelta(days=60), DAYS)
    assert [(at.strftime("%m-%d %H:%M"), step) for at, step, _ in steps] == [
        ("11-19 10:20", Step.CLIMBED),
        ("11-24 10:20", Step.CLIMBED),
        ("12-03 10:20", Step.CLIMBED),
        ("12-17 10:20", Step.OVER),
    ]
    assert top.over
    assert rules.next_at(top, DAYS) is None
    assert why(lambda: rules.stop(top, NOW, "等", NOW + timedelta(days=1), DAYS)) == "over"
    assert why(lambda: rules.climb(top, SPANS, NOW)) == "top"


def test_the_first_rung_is_the_areas_own() -> None:
    assert [rules.first(level) for level in ("micro", "grid", "community", "town", "county")] == [
        Rung.MICRO,
        Rung.GRID,
        Rung.COMMUNITY,
        Rung.TOWN,
        Rung.TOWN,
    ]
