"""Hours of a volunteer (志愿时间): read from plain words, and whether a moment falls in them. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from handlers.reading.normal import fold

EVERY_DAY: Final = frozenset(range(7))
DAY: Final = 24 * 60
UNANSWERED: Final = timedelta(hours=24)
"""After so long without an answer the desk hears of an offer."""
LAPSES: Final = timedelta(days=3)
"""After so long an offer lapses, and whoever made it hears so."""
HOLDS: Final = timedelta(days=365)
ASKED_BEFORE: Final = timedelta(days=14)
"""So long before a year is over a volunteer is asked whether they go on."""
SLIP: Final = timedelta(hours=24)
"""So long after leaving one may go on without being asked anew."""
KEPT: Final = timedelta(days=30)
MOST_WORDS: Final = 40

_PARTS: Final[tuple[tuple[str, tuple[int, int]], ...]] = (
    ("清晨|早晨|早上|一早", (6, 9)),
    ("上午", (8, 12)),
    ("中午", (11, 14)),
    ("下午", (13, 18)),
    ("傍晚", (17, 20)),
    ("晚上|晚间|夜晚|每晚", (18, 23)),
    ("夜里|夜间|半夜|深夜|后半夜|通宵", (22, 30)),
    ("白天", (8, 18)),
    ("全天|整天|随时|都行|都可以|都有空|任何时间|什么时候都", (0, 24)),
)
_DAYS: Final[Mapping[str, int]] = {sign: number for number, sign in enumerate("一二三四五六日")} | {"天": 6}
_CLOCK = re.compile(r"(\d{1,2})(?:点|:00|时)?(?:到|至|-|~|—)(?:次日|第二天)?(\d{1,2})(?:点|:00|时)?")
_WEEK = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天]+(?:[、,和到至-](?:周|星期|礼拜)?[一二三四五六日天]+)*)")
_RANGE = re.compile(r"([一二三四五六日天])[到至-]([一二三四五六日天])")


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekdays (Monday is 0) and the minutes of the day between which somebody can come; `until` may pass midnight."""

    days: frozenset[int]
    since: int
    until: int


def read(words: str) -> Hours | None:
    """周末晚上, 每天19点到22点, 周一三五下午, 随时; None where neither day nor hour is told."""
    said = fold(words)
    days, hours = days_in(said), _hours(said)
    if days is None and hours is None:
        return None
    return Hours(days or EVERY_DAY, *(hours or (0, DAY)))


def days_in(said: str) -> frozenset[int] | None:
    """The weekdays named; None where none is."""
    if re.search(r"每天|天天|每日|每晚|每夜", said):
        return EVERY_DAY
    found: set[int] = set()
    if re.search(r"周末|双休|礼拜天六|休息日|节假日|假日", said):
        found |= {5, 6}
    if re.search(r"工作日|平时|平日", said):
        found |= set(range(5))
    for match in _WEEK.finditer(said):
        listed = re.sub(r"周|星期|礼拜", "", match[1])
        for first, last in _RANGE.findall(listed):
            start, end = _DAYS[first], _DAYS[last]
            found |= {one % 7 for one in range(start, (end if end >= start else end + 7) + 1)}
        found |= {_DAYS[sign] for sign in listed if sign in _DAYS}
    return frozenset(found) or None


def _hours(said: str) -> tuple[int, int] | None:
    clock = _CLOCK.search(said)
    if clock is not None:
        start, end = int(clock[1]), int(clock[2])
        if re.search(r"晚上|下午|傍晚|每晚", said[: clock.start()]) and start < 12:
            start, end = start + 12, end + 12 if end <= 12 else end
        if start <= 24 and end <= 24 and start != end:
            return start * 60, (end if end > start else end + 24) * 60
    spans = [span for pattern, span in _PARTS if re.search(pattern, said)]
    if not spans:
        return None
    return min(start for start, _ in spans) * 60, max(end for _, end in spans) * 60


def fits(hours: Hours, moment: datetime) -> bool:
    """Whether a moment falls in these hours; those after midnight belong to the day before."""
    minute = moment.hour * 60 + moment.minute
    today, before = moment.weekday(), (moment.weekday() - 1) % 7
    if today in hours.days and hours.since <= minute < hours.until:
        return True
    return before in hours.days and hours.since <= minute + DAY < hours.until
