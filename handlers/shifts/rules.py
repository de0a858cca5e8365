"""Cover of zones and hours (覆盖): which stretches lack how many, as intervals; pure, moments are aware."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

AHEAD: Final = timedelta(days=7)
TOLD_BEFORE: Final = timedelta(hours=24)
"""So long before it begins a hole is told to its planner."""
REMIND: Final = timedelta(hours=1)
SETTLED: Final = timedelta(hours=1)
"""So long after its end a shift is counted, and who took it is forgotten."""
SLIP: Final = timedelta(hours=24)
"""So long after a plan was stopped it is still known who had taken what."""
LIVES: Final = timedelta(days=365)
USUAL: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=366)
SHORTEST: Final = timedelta(minutes=30)
MOST_ZONES: Final = 60
MOST_NEEDED: Final = 50


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to, not including, `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A stretch so many people have taken."""

    start: datetime
    end: datetime
    heads: int = 1


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch that lacks so many people."""

    start: datetime
    end: datetime
    missing: int


def holes(span: Span, needed: int, taken: Iterable[Taken]) -> list[Hole]:
    """Where fewer than `needed` are there within a span; neighbouring stretches that lack as many are one."""
    steps: dict[datetime, int] = {span.start: 0}
    for one in taken:
        start, end = max(one.start, span.start), min(one.end, span.end)
        if start < end:
            steps[start] = steps.get(start, 0) + one.heads
            steps[end] = steps.get(end, 0) - one.heads
    found: list[Hole] = []
    present = 0
    moments = sorted(moment for moment in steps if moment < span.end)
    for place, moment in enumerate(moments):
        present += steps[moment]
        until = moments[place + 1] if place + 1 < len(moments) else span.end
        missing = needed - present
        if missing <= 0 or until <= moment:
            continue
        last = found[-1] if found else None
        if last is not None and last.end == moment and last.missing == missing:
            found[-1] = Hole(last.start, until, missing)
        else:
            found.append(Hole(moment, until, missing))
    return found


def wanted_minutes(span: Span, needed: int) -> int:
    """What a span asks for, in minutes of one person each."""
    return _minutes(span.end - span.start) * needed


def covered_minutes(span: Span, needed: int, taken: Iterable[Taken]) -> int:
    """What of it is there; more people than needed count no more."""
    lacking = sum(_minutes(one.end - one.start) * one.missing for one in holes(span, needed, taken))
    return wanted_minutes(span, needed) - lacking


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Hours:
    """When a zone is to be covered: weekdays as digits (Monday is 1), minutes of the day, its first and last day."""

    days: str
    from_minute: int
    minutes: int
    first: date
    last: date


def shifts(hours: Hours, zone: tzinfo | None, since: datetime, until: datetime) -> Iterator[Span]:
    """The shifts that end after `since` and begin before `until`, the earliest first; one belongs to its first day."""
    day = max(hours.first, since.astimezone(zone).date() - timedelta(days=2))
    while day <= hours.last:
        start = datetime.combine(day, time(), zone) + timedelta(minutes=hours.from_minute)
        if start >= until:
            return
        span = Span(start, start + timedelta(minutes=hours.minutes))
        if str(day.isoweekday()) in hours.days and span.end > since:
            yield span
        day += timedelta(days=1)


def overlaps(one: Span, others: Iterable[Span]) -> bool:
    """Whether a span has a moment in common with one of others."""
    return any(one.start < other.end and other.start < one.end for other in others)


def within(span: Span, start: str, end: str) -> Span | None:
    """The stretch from 22:00 to 02:00 of a shift; None where it does not lie in it, or is too short."""
    first = _at(span, start)
    last = _at(Span(first, span.end), end) if first is not None else None
    if first is None or last is None:
        return None
    if last <= first:
        last = span.end if span.end - first < timedelta(days=1) else last
    return Span(first, last) if SHORTEST <= last - first and last <= span.end else None


def _at(span: Span, clock: str) -> datetime | None:
    hour, _, minute = clock.partition(":")
    found = span.start.replace(hour=int(hour) % 24, minute=int(minute or 0), second=0, microsecond=0)
    if found < span.start:
        found += timedelta(days=1)
    return found if found <= span.end else None


def next_moment(spans: Sequence[Span], told_until: datetime, settled_until: datetime) -> datetime | None:
    """When a plan's clock strikes next: a day before a shift not told of yet, or an hour after one not counted yet."""
    telling = [one.start - TOLD_BEFORE for one in spans if one.start > told_until]
    settling = [one.end + SETTLED for one in spans if one.end > settled_until]
    return min((*telling, *settling), default=None)
