"""Working days (工作日) and what is counted by them: pure arithmetic on aware moments and the days of their zone.

A span counts either hours, nights and rest days among them, or days of work: then only time on working days counts,
midnight to midnight. Both are additive, so a clock that was stopped goes on exactly where it stood.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from handlers.reading.holidays_cn import days_off, days_on

LONGEST = timedelta(days=366)
DAY = timedelta(days=1)


class Unit(StrEnum):
    """What a span counts; the value is its letter when written down."""

    HOURS = "h"
    WORKDAYS = "w"


@dataclass(frozen=True, slots=True)
class Workdays:
    """Which days are working days: Monday to Friday, the country's holidays and make-up days, a station's own.

    off: days the station rests besides; on: days it works although the country rests. `on` wins.
    """

    off: frozenset[date] = frozenset()
    on: frozenset[date] = frozenset()

    @classmethod
    def of(cls, off: Iterable[date], on: Iterable[date]) -> "Workdays":
        """From any lists of days."""
        return cls(frozenset(off), frozenset(on))

    def counts(self, day: date) -> bool:
        """Whether this is a working day."""
        if day in self.on or day in self.off:
            return day in self.on
        if day in days_on(day.year):
            return True
        return day.weekday() < 5 and day not in days_off(day.year)


@dataclass(frozen=True, slots=True)
class Span:
    """How long something may take: `amount` hours or working days, written 24h or 3w."""

    amount: int
    unit: Unit

    @property
    def length(self) -> timedelta:
        """The time it counts; a working day counts 24 hours."""
        return timedelta(hours=self.amount) if self.unit is Unit.HOURS else self.amount * DAY

    def __str__(self) -> str:
        """As written down."""
        return f"{self.amount}{self.unit}"

    @classmethod
    def parse(cls, written: str) -> "Span":
        """From 24h or 3w; raises ValueError."""
        return cls(int(written[:-1]), Unit(written[-1:]))


def hours(amount: int) -> Span:
    """So many hours, counting nights and rest days."""
    return Span(amount, Unit.HOURS)


def workdays(amount: int) -> Span:
    """So many working days."""
    return Span(amount, Unit.WORKDAYS)


def passed(unit: Unit, start: datetime, end: datetime, days: Workdays) -> timedelta:
    """The time from start to end that counts; nothing where end is not later."""
    if end <= start:
        return timedelta()
    if unit is Unit.HOURS:
        return _between(start, end)
    zone, total, at = start.tzinfo, timedelta(), start
    while at < end:
        day = at.date()
        until = min(_midnight(day + DAY, zone), end)
        if days.counts(day):
            total += _between(at, until)
        at = until.astimezone(zone)
    return total


def after(unit: Unit, start: datetime, left: timedelta, days: Workdays) -> datetime:
    """The first moment by which `left` (at most a year) has counted since start; raises OverflowError beyond."""
    if left > LONGEST:
        raise OverflowError("a span of more than a year")
    if left <= timedelta():
        return start
    if unit is Unit.HOURS:
        return _add(start, left)
    zone, at = start.tzinfo, start
    while True:
        day = at.date()
        midnight = _midnight(day + DAY, zone)
        if days.counts(day):
            here = _between(at, midnight)
            if left <= here:
                return _add(at, left)
            left -= here
        at = midnight


def due(start: datetime, span: Span, days: Workdays) -> datetime:
    """When a span that begins now is over: n 个工作日后, n 小时后 counting nights."""
    return after(span.unit, start, span.length, days)


def add_workdays(day: date, count: int, days: Workdays | None = None) -> date:
    """The working day that is the `count`-th (1 to 366) after a day; one on which nobody works counts as the last
    working day before it."""
    calendar, left = days or Workdays(), min(count, 366)
    while left:
        day += DAY
        left -= calendar.counts(day)
    return day


def _between(start: datetime, end: datetime) -> timedelta:
    return end.astimezone(UTC) - start.astimezone(UTC)


def _add(moment: datetime, span: timedelta) -> datetime:
    return (moment.astimezone(UTC) + span).astimezone(moment.tzinfo)


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, time(), zone)
