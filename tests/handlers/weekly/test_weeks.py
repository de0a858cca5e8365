"""Which week is meant, from when to when it goes, and when it is told."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading.workdays import Workdays
from handlers.weekly import weeks
from tests.support.stage import ZONE

WEDNESDAY = datetime(2026, 11, 18, 10, 20, tzinfo=ZONE)
FRIDAY = datetime(2026, 11, 20, 10, 20, tzinfo=ZONE)
NONE = Workdays()


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("", (11, 13)),
        ("本周", (11, 13)),
        ("这个星期", (11, 13)),
        ("上周", (11, 6)),
        ("上星期的", (11, 6)),
        ("上个周", (11, 6)),
        ("上上周", (10, 30)),
        ("11月第2周", (11, 6)),
        ("11月第二周", (11, 6)),
        ("１１月第一个星期", (10, 30)),
        ("10月最后一周", (10, 23)),
        ("2026年10月第1周", (9, 25)),
        ("11月12日", (11, 6)),
        ("昨天", (11, 13)),
        ("11月第9周", None),
        ("11月第4周", None),
        ("13月第1周", None),
        ("明年", None),
        ("明天", None),
        ("随便", None),
    ],
)
def test_which_week_is_meant(said: str, first: tuple[int, int] | None) -> None:
    expected = date(2026, *first) if first is not None else None
    assert weeks.named(said, WEDNESDAY, 4) == expected


def test_on_friday_the_week_that_is_over_is_meant() -> None:
    assert weeks.named("", FRIDAY, 4) == date(2026, 11, 13)
    assert weeks.named("", FRIDAY + timedelta(days=1), 4) == date(2026, 11, 20)


def test_a_month_of_last_year_is_meant_where_this_year_has_none_yet() -> None:
    assert weeks.named("12月第1周", WEDNESDAY, 4) == date(2025, 11, 28)


@given(st.dates(date(2026, 1, 1), date(2027, 12, 30)), st.times(), st.integers(0, 6))
def test_weeks_follow_each_other_without_gap(day: date, hour: time, told_on: int) -> None:
    now = datetime.combine(day, hour, ZONE)
    first = weeks.first_day(now.date(), told_on)
    assert first.weekday() == told_on
    assert first <= now.date() < first + weeks.WEEK
    over = weeks.stretch(first - weeks.WEEK, now)
    assert over.whole
    assert over.until == weeks.stretch(first, now).since
    assert over.until - over.since == weeks.WEEK
    assert over.before.until == over.since


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 20)),
    st.integers(0, 6),
    st.sets(st.dates(date(2026, 1, 1), date(2027, 12, 31))),
)
def test_every_week_is_told_on_a_working_day_and_only_once(day: date, told_on: int, off: set[date]) -> None:
    days = Workdays.of(off, ())
    first = weeks.first_day(day, told_on)
    told = [weeks.told_at(first + n * weeks.WEEK, time(16), ZONE, days) for n in range(2)]
    assert days.counts(told[0].date())
    assert timedelta() < told[0] - datetime.combine(first, time(), ZONE) <= timedelta(days=22)
    assert weeks.due(told[0], told_on, time(16), days) in (first, first - weeks.WEEK, first + weeks.WEEK)
    assert told[0] <= told[1]


def test_a_golden_week() -> None:
    """In 2026 people rest from 1 to 7 October: Friday the 2nd is told on Wednesday, 30 September."""
    assert weeks.told_at(date(2026, 9, 25), time(16), ZONE, NONE) == datetime(2026, 9, 30, 16, tzinfo=ZONE)
    assert weeks.told_at(date(2026, 10, 2), time(16), ZONE, NONE) == datetime(2026, 10, 9, 16, tzinfo=ZONE)
