"""Weeks (统计周): from which day to which, when they are told, and which one is meant. Pure.

A week begins on the day of the week on which figures are told, at 0:00: told on Friday afternoon, it is over, nothing
of it comes later, and each has seven days. Where that day is a holiday it is told on the last working day before, as
far as it has come.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from handlers.reading import numerals
from handlers.reading.normal import fold
from handlers.reading.when import read_when
from handlers.reading.workdays import Workdays

WEEK: Final = timedelta(days=7)
DAY: Final = timedelta(days=1)
OLDEST: Final = timedelta(days=366)
LATE: Final = timedelta(days=3)
"""A program that was off tells a week so much later, no longer."""
DAYS: Final = "一二三四五六日"

_LAST: Final = re.compile(r"(?P<more>上*)(?:一个?|个)?(?:周|星期|礼拜)|(?:最近|刚过去)的?一周")
_THIS: Final = re.compile(r"(?:本|这|这一|这个|今|当前?)(?:个)?(?:周|星期|礼拜)|到?现在|目前|至今")
_NTH: Final = re.compile(
    r"(?:(?P<year>20\d\d)年|(?P<ago>去年|今年))?\s*(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})\s*月(?:份)?的?\s*"
    r"第?\s*(?P<n>[1-6一二三四五六]|最后一)\s*个?(?:周|星期|礼拜)"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A week as far as it is told: from its first day to `until`, which does not count; `whole` where it is over."""

    first: date
    since: datetime
    until: datetime
    whole: bool

    @property
    def before(self) -> "Stretch":
        """The same stretch of the week before."""
        return Stretch(self.first - WEEK, self.since - WEEK, self.until - WEEK, self.whole)


def first_day(day: date, told_on: int) -> date:
    """The first day of the week a day lies in; told_on: 0 is Monday."""
    return day - timedelta(days=(day.weekday() - told_on) % 7)


def stretch(first: date, now: datetime) -> Stretch:
    """The week that begins on this day, as far as it has come; what happens at this very moment counts."""
    since, end = _midnight(first, now.tzinfo), _midnight(first + WEEK, now.tzinfo)
    return Stretch(first, since, min(end, now + timedelta(microseconds=1)), end <= now)


def full(first: date, zone: tzinfo | None) -> Stretch:
    """The whole week that begins on this day, over or not."""
    return Stretch(first, _midnight(first, zone), _midnight(first + WEEK, zone), True)


def usual(now: datetime, told_on: int) -> date:
    """The week meant where none is named: on the day figures are told the one that is over, else the one that runs."""
    running = first_day(now.date(), told_on)
    return running - WEEK if running == now.date() else running


def told_at(first: date, at: time, zone: tzinfo | None, days: Workdays) -> datetime:
    """When a week is told: the day after it at that hour, else the last working day before, else the next one after."""
    after = first + WEEK
    back = next((after - n * DAY for n in range(7) if days.counts(after - n * DAY)), None)
    day = back or next((after + n * DAY for n in range(1, 15) if days.counts(after + n * DAY)), after)
    return datetime.combine(day, at, zone)


def due(now: datetime, told_on: int, at: time, days: Workdays) -> date | None:
    """The latest week whose moment has come and is not long past; None where there is none."""
    running = first_day(now.date(), told_on)
    for first in (running, running - WEEK, running - 2 * WEEK):
        moment = told_at(first, at, now.tzinfo, days)
        if moment <= now:
            return first if now - moment <= LATE else None
    return None


def named(said: str, now: datetime, told_on: int) -> date | None:
    """The first day of the week that is meant (上周, 11月第2周, 11月12日); None where none can be read.

    上周 is the one before `usual`. The n-th week of a month is the one whose last day is the n-th such day of it.
    """
    words = fold(said).strip(" ,。的呢吧啊呀哈")
    if not words:
        return usual(now, told_on)
    if _THIS.fullmatch(words):
        return usual(now, told_on)
    if found := _LAST.fullmatch(words):
        return usual(now, told_on) - WEEK * len(found["more"] or "上")
    if found := _NTH.fullmatch(words):
        return _nth(found, now, told_on)
    when = read_when(words, now, past=True)
    if when is None or when.start is None or when.span[0] > 0:
        return None
    day = when.start.date() if isinstance(when.start, datetime) else when.start
    return first_day(day, told_on) if now.date() - OLDEST <= day <= now.date() else None


def _nth(found: re.Match[str], now: datetime, told_on: int) -> date | None:
    month = numerals.number(found["month"])
    if month is None or not 1 <= month <= 12:
        return None
    year = int(found["year"] or now.year - (found["ago"] == "去年"))
    if not found["year"] and not found["ago"] and month > now.month:
        year -= 1
    day, last = date(year, month, 1), (told_on - 1) % 7
    ends = []
    while day.month == month:
        ends += [day] if day.weekday() == last else []
        day += DAY
    n = len(ends) if found["n"] == "最后一" else numerals.number(found["n"]) or 0
    if not 1 <= n <= len(ends):
        return None
    first = ends[n - 1] - WEEK + DAY
    return first if now.date() - OLDEST <= first <= now.date() else None


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, time(), zone)
