"""Working days: the arranged years, the law's own days, a station's own; and that a stopped clock loses nothing."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading.holidays_cn import days_off
from handlers.reading.workdays import Unit, Workdays, after, due, hours, passed, workdays

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = Workdays()


def at(words: str) -> datetime:
    """A local moment."""
    return datetime.fromisoformat(words).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-13", True),
        ("2026-02-14", True),
        ("2026-02-15", False),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-02-28", True),
        ("2026-09-20", True),
        ("2026-10-08", True),
        ("2026-10-10", True),
        ("2026-10-11", False),
        ("2025-10-08", False),
        ("2025-01-26", True),
        ("2027-01-01", False),
        ("2027-02-05", False),
        ("2027-02-08", False),
        ("2027-02-09", True),
        ("2027-05-03", True),
    ],
)
def test_the_countrys_days(day: str, works: bool) -> None:
    assert DAYS.counts(date.fromisoformat(day)) is works


def test_a_station_knows_better() -> None:
    own = Workdays.of([date(2027, 2, 9)], [date(2027, 2, 6), date(2026, 10, 2)])
    assert not own.counts(date(2027, 2, 9))
    assert own.counts(date(2027, 2, 6))
    assert own.counts(date(2026, 10, 2))


def test_the_law_names_thirteen_days_a_year() -> None:
    for year in range(2027, 2040):
        assert 12 <= len(days_off(year)) <= 13, year


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2026-11-18 10:20", hours(24), "2026-11-19 10:20"),
        ("2026-11-20 16:00", workdays(1), "2026-11-23 16:00"),
        ("2026-11-21 09:00", workdays(1), "2026-11-24 00:00"),
        ("2026-09-24 09:00", workdays(2), "2026-09-29 09:00"),
        ("2026-09-30 09:00", workdays(3), "2026-10-10 09:00"),
        ("2026-02-13 20:00", workdays(2), "2026-02-24 20:00"),
    ],
)
def test_when_a_span_is_over(start: str, span: object, end: str) -> None:
    assert due(at(start), span, DAYS) == at(end)  # type: ignore[arg-type]


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 6, 1)).map(lambda naive: naive.replace(tzinfo=ZONE))  # noqa: DTZ001
SPANS = st.timedeltas(timedelta(0), timedelta(days=30))


@given(MOMENTS, SPANS, SPANS, st.sampled_from(Unit))
def test_stopping_in_the_middle_loses_nothing(start: datetime, one: timedelta, two: timedelta, unit: Unit) -> None:
    middle = after(unit, start, one, DAYS)
    assert passed(unit, start, middle, DAYS) == one
    assert after(unit, middle, two, DAYS) == after(unit, start, one + two, DAYS) or two == timedelta()


def test_time_does_not_run_back_and_a_span_is_bounded() -> None:
    assert passed(Unit.WORKDAYS, at("2026-11-19 10:00"), at("2026-11-18 10:00"), DAYS) == timedelta()
    with pytest.raises(OverflowError):
        after(Unit.HOURS, at("2026-11-19 10:00"), timedelta(days=367), DAYS)


def test_a_day_that_is_put_forward_has_twenty_three_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2025, 3, 28, 12, tzinfo=berlin)
    own = Workdays.of([], [date(2025, 3, 29), date(2025, 3, 30)])
    assert after(Unit.WORKDAYS, start, timedelta(hours=48), own).isoformat() == "2025-03-30T13:00:00+02:00"
