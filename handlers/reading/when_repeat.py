"""What comes again: 每周五下午4点, 每月3号, 隔天, 工作日上午9点."""

import re
from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal

from handlers.reading.calendar_cn import festival_dates, month_end
from handlers.reading.numerals import number
from handlers.reading.when_days import DAY_ATOMS, weekday_number
from handlers.reading.when_grammar import MONTH_DAYS, NEXT, WEEKDAYS

Every = Literal["day", "workday", "week", "month", "year", "hour", "minute"]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repetition 重复.

    every, interval: the unit and how many of them lie between two times (隔天 = day, 2; 每季度 = month, 3;
    每半小时 = minute, 30). weekdays: 0 = Monday … 6; days: days of the month, -1 = the last; month: 1–12 with
    `every="year"`; at: the hour, None where none is said; until: the last day, included.
    """

    every: Every
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    month: int | None = None
    at: time | None = None
    until: date | None = None

    def as_dict(self) -> dict[str, object]:
        """Return what differs from the default, ready for JSON.

        {"every": "week", "weekdays": ["五"], "at": "16:00"}; weekdays as Chinese signs (日 = Sunday),
        `at` as HH:MM, `until` as an ISO date, `days` with -1 for 月底, `interval` only when above 1.
        """
        found: dict[str, object] = {"every": self.every}
        if self.interval != 1:
            found["interval"] = self.interval
        if self.weekdays:
            found["weekdays"] = ["一二三四五六日"[n] for n in self.weekdays]
        if self.days:
            found["days"] = list(self.days)
        if self.month is not None:
            found["month"] = self.month
        if self.at is not None:
            found["at"] = self.at.strftime("%H:%M")
        if self.until is not None:
            found["until"] = self.until.isoformat()
        return found


_UNITS: Final[dict[str, tuple[Every, int]]] = {
    "工作日": ("workday", 1),
    "分钟": ("minute", 1),
    "小时": ("hour", 1),
    "钟头": ("hour", 1),
    "天": ("day", 1),
    "日": ("day", 1),
    "周": ("week", 1),
    "周末": ("week", 1),
    "星期": ("week", 1),
    "礼拜": ("week", 1),
    "季度": ("month", 3),
    "季": ("month", 3),
    "月": ("month", 1),
    "年": ("year", 1),
}
_LEAP_YEAR: Final = 2028
_HALVES: Final[dict[Every, Repeat]] = {
    "hour": Repeat("minute", 30),
    "day": Repeat("hour", 12),
    "month": Repeat("month", days=(1, 15)),
    "year": Repeat("month", 6),
}


def repeat_of(match: re.Match[str], text: str) -> tuple[Repeat, int] | None:
    """Read the repetition that begins with an `every` atom; return it with the position where it ends."""
    end = match.end()
    if match["el"]:
        return Repeat("week", weekdays=weekdays_of(match["el"], to=None)), end
    if match["ez"]:
        return Repeat("workday"), end
    if match["ew"] or match["ep"] is not None:
        return Repeat("day"), end
    if match["ex"]:
        every: Every = "week" if match["ex"].endswith("周") else "day"
        return _within_unit(Repeat(every, 2), text, end)
    if not match["eu"]:
        return _within_unit(Repeat("week"), text, end)
    every, interval = _UNITS[match["eu"]]
    if match["eu"] == "周末":
        return Repeat("week", weekdays=(5, 6)), end
    if match["en"] == "半":
        return (_HALVES[every], end) if every in _HALVES else None
    count = number(match["en"]) if match["en"] else 1
    if not count:
        return None
    if match["eh"]:
        return (Repeat("minute", count * 60 + 30), end) if every == "hour" else None
    if match["eg"] and match["en"] and every not in ("hour", "minute"):
        count += 1
    return _within_unit(Repeat(every, interval * count), text, end)


def _within_unit(found: Repeat, text: str, end: int) -> tuple[Repeat, int] | None:
    """Add the weekdays after 每周, the days after 每月, the date after 每年."""
    if found.every == "week":
        named = WEEKDAYS.match(text, end)
        if named:
            return Repeat("week", found.interval, weekdays_of(named["days"], named["to"])), named.end()
    if found.every == "month":
        listed = MONTH_DAYS.match(text, end)
        days = _month_days(listed) if listed else ()
        if listed and days:
            return Repeat("month", found.interval, days=days), listed.end()
    if found.every == "year":
        dated = NEXT.match(text, end + (text[end : end + 1] == "的"))
        if dated and dated.lastgroup in DAY_ATOMS:
            return _yearly(found, dated)
    return found, end


def _yearly(found: Repeat, dated: re.Match[str]) -> tuple[Repeat, int] | None:
    """Add a date that is the same in every year; None for one that moves with the moon (每年春节)."""
    if dated.lastgroup == "festival":
        same = {(d.month, d.day) for d in festival_dates(dated["f"], _LEAP_YEAR)}
        month, day = same.pop() if len(same) == 1 else (0, 0)
    elif dated.lastgroup == "month_day" and dated["md"]:
        month, day = number(dated["mm"]) or 0, number(dated["md"]) or 0
    elif dated.lastgroup == "month_rel" and dated["re"] in ("年底", "年末", "年终"):
        return Repeat("year", found.interval, days=(-1,), month=12), dated.end()
    else:
        return found, dated.start()
    if not 1 <= month <= 12 or not 1 <= day <= month_end(_LEAP_YEAR, month).day:
        return None
    return Repeat("year", found.interval, days=(day,), month=month), dated.end()


def weekdays_of(signs: str, to: str | None) -> tuple[int, ...]:
    """Return the weekdays a row of signs names; to: the sign of a range between two of them."""
    if "末" in signs:
        return (5, 6)
    numbers = [weekday_number(c) for c in re.sub(r"星期|礼拜|[^一二三四五六日天1-7]", "", signs)]
    if to and len(numbers) == 2:
        first, last = numbers
        return tuple(sorted({(first + n) % 7 for n in range((last - first) % 7 + 1)}))
    return tuple(sorted(set(numbers)))


def _month_days(match: re.Match[str]) -> tuple[int, ...]:
    if match["last"]:
        return (-1,)
    if match["first"]:
        return (1,)
    if match["mid"]:
        return (15,)
    found = [number(n) or 0 for n in re.split(r"[日号、,和及与]+", match["list"]) if n]
    return tuple(sorted(set(found))) if all(1 <= n <= 31 for n in found) else ()
