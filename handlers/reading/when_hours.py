"""Which moment an hour means: 8点, 晚上12点, 夜里1点, with a day or without."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final, TypeVar

from handlers.reading.numerals import number
from handlers.reading.when_days import NEAR, Day

Hour = tuple[int, int]  # (days after the day named, hour)
_Moment = TypeVar("_Moment", date, datetime)

_NIGHT: Final = frozenset(
    {
        "夜里",
        "夜间",
        "夜晚",
        "夜",
        "深夜",
        "半夜",
        "半夜三更",
        "大半夜",
        "午夜",
        "后半夜",
        "下半夜",
        "前半夜",
        "上半夜",
    }
)
_EVENING: Final = frozenset({"晚上", "晚间", "晚"})
_AFTERNOON: Final = frozenset({"下午", "午后", "傍晚", "黄昏", "后半晌", "后晌"})
_NOON: Final = frozenset({"中午", "午间", "晌午"})
_LATE_NIGHT: Final = frozenset({"后半夜", "下半夜"})
_HINTS: Final = {
    word: hour
    for hour, words in {
        2: "凌晨", 3: "后半夜 下半夜", 6: "清晨 清早", 7: "早晨 晨", 8: "早 早上", 9: "上午 前半晌 前晌 头晌",
        12: "中午 午间 晌午", 14: "午后", 15: "下午 后半晌 后晌", 18: "傍晚 黄昏", 20: "晚上 晚间 晚", 21: "夜晚",
        22: "夜里 夜间 夜 前半夜 上半夜", 23: "深夜 半夜 午夜",
    }.items()
    for word in words.split()
}  # fmt: skip
_PARTS: Final = {
    hour: word
    for word, hours in {
        "凌晨": (2, 3), "清晨": (6,), "早上": (7, 8), "上午": (9,), "中午": (12,), "下午": (14, 15), "傍晚": (18,),
        "晚上": (20, 21), "夜里": (22,), "深夜": (23,),
    }.items()
    for hour in hours
}  # fmt: skip
"""Hour of a hint → the word that everybody knows."""
_LAST_HOUR: Final = {
    "凌晨": 5,
    "中午": 13,
    "午间": 13,
    "上午": 12,
    "下午": 18,
    "午后": 18,
    "傍晚": 20,
    "黄昏": 20,
}


def is_night(part: str | None) -> bool:
    """Tell whether a part of the day runs past midnight."""
    return part in _NIGHT or part in _EVENING


def hint_of(part: str | None) -> time | None:
    """Return the hour a part of the day suggests where none is said (傍晚 → 18:00)."""
    if part is None:
        return None
    return time(_HINTS.get(part, 8 if "早" in part or "晨" in part else 22))


def part_of_day(hint: time | None) -> str:
    """Return the part of the day a hint stands for in the word everybody knows (头晌 → 上午), empty for none."""
    return _PARTS[hint.hour] if hint is not None else ""


def clock_of(match: re.Match[str]) -> tuple[int, int, bool] | None:
    """Return (hour 0–24, minute, written as a 24-hour clock) of a clock atom, None for no such hour."""
    if match.lastgroup == "clock_dot":
        hour, minute, signs = number(match["xh"]), number(match["xm"]), match["xh"]
    elif match["ch2"]:
        hour, minute, signs = number(match["ch2"]), number(match["cm2"]), match["ch2"]
    elif match["ch3"]:
        hour = number(match["ch3"])
        minute, signs = -(15 if match["cq"] else number(match["ct"]) or 0), ""
    elif match["ch4"]:
        hour, minute, signs = 12, 0, ""
    else:
        hour, minute, signs = number(match["ca"] or match["c"]), _minute_of(match), match["c"]
    if hour is None or minute is None or not -60 < minute < 60:
        return None
    if minute < 0:
        hour, minute = (hour or 24) - 1, minute + 60
    if hour > 24 or (hour == 24 and minute):
        return None
    as_written = match.lastgroup == "clock" and bool(match["c"]) and not match["cp"]  # 8时, not 8点
    return hour, minute, as_written or (len(signs) == 2 and signs[0] == "0")


def _minute_of(match: re.Match[str]) -> int | None:
    if match["ch"]:
        return 30
    if match["ck"]:
        return (number(match["ck"]) or 0) * 15
    if match["cd"]:
        return -(number(match["cd"]) or 0)
    written = match["cm"] or match["cb"]
    return number(written) if written else 0


def hours(hour: int, part: str | None, written_24: bool) -> list[Hour]:
    """Return what an hour may mean, the likeliest first.

    Without a part of the day 1 to 6 o'clock are the afternoon's and 7 to 11 the morning's: nobody is asked
    to come at three in the night without a word for the night.
    """
    if part == "凌晨":
        return [(0, 0 if hour in (12, 24) else hour)]
    if part in _NIGHT or part in _EVENING:
        if hour in (12, 24):
            return [(1, 0)]
        if hour > 12:
            return [(0, hour)]
        return [(1, hour)] if hour <= (6 if part in _NIGHT else 4) else [(0, hour + 12)]
    if part in _AFTERNOON:
        return [(0, hour + 12 if 1 <= hour <= 11 else hour % 24)]
    if part in _NOON:
        return [(0, hour + 12 if 1 <= hour <= 3 else hour % 24)]
    if hour == 24:
        return [(1, 0)]
    if part or written_24 or hour == 0 or hour > 12:
        return [(0, hour)]
    if hour == 12:
        return [(0, 12), (1, 0)]
    return [(0, hour + 12), (0, hour)] if hour <= 6 else [(0, hour), (0, hour + 12)]


def moment(day: Day | None, clock: tuple[int, int, bool], part: str | None, now: datetime, past: bool) -> datetime:
    """Return the moment meant by a clock, an optional day and an optional part of the day."""
    hour, minute, written_24 = clock
    options = hours(hour, part, written_24)

    def at(base: date, option: Hour) -> datetime:
        shifted = base + timedelta(days=option[0])
        return datetime(shifted.year, shifted.month, shifted.day, option[1], minute, tzinfo=now.tzinfo)

    today = now.date()
    if day is None:
        around = [at(today + timedelta(days=n), o) for n in (-2, -1, 0, 1) for o in options]
        return _choose(around, now, past, hour, sure=len(options) == 1)
    if not day.fixed:
        moments = [at(d, options[0]) for d in day.dates]
        return pick(moments, now, past, NEAR if day.nearby else None)
    base = day.dates[0]
    if options[0][0] == 1 and len(options) == 1 and base <= today:
        return _of_the_night(at(base, options[0]), base, day, now, past)
    if base == today and len(options) > 1:
        return _choose([at(base, o) for o in options], now, past, hour, sure=False)
    return at(base, options[0])


def _of_the_night(found: datetime, base: date, day: Day, now: datetime, past: bool) -> datetime:
    """Take the hours after midnight of a night that is over, or that is running now, from the day before."""
    before = found - timedelta(days=1)
    if day.tonight and now.hour < 5 and before > now:
        return before
    if found > now and (past or base < now.date()) and before.hour < 7:
        return before
    return found


def _choose(moments: Iterable[datetime], now: datetime, past: bool, hour: int, sure: bool) -> datetime:
    """Take the last moment gone by, or the next; at daytime the night's hours aren't meant unless said."""
    ordered = sorted(moments)
    gone = [m for m in ordered if m <= now]
    if past:
        return gone[-1] if gone else ordered[0]
    awake = 6 <= now.hour < (18 if hour == 12 else 22)
    coming = [m for m in ordered if m > now and (sure or not awake or m.hour >= 6)]
    return coming[0] if coming else (gone or ordered)[-1]


def pick(found: list[_Moment], now: _Moment, past: bool, near: timedelta | None) -> _Moment:
    """Take the next of some dates, or the last: for a past event, or if gone by for at most `near`."""
    gone = [d for d in found if d <= now]
    coming = [d for d in found if d >= now]
    if gone and (past or not coming or (near is not None and now - gone[-1] <= near)):
        return gone[-1]
    return coming[0] if coming else found[-1]


def whole_day(day: Day | None, part: str | None, now: datetime, past: bool) -> date:
    """Return the date meant where no hour is said."""
    today = now.date()
    if day is not None:
        found = pick(list(day.dates), today, past, NEAR if day.nearby else None)
    else:
        found = today
        last = _LAST_HOUR.get(part or "", 11 if part and ("早" in part or "晨" in part) else 24)
        hint = hint_of(part)
        if past and part not in _LATE_NIGHT and hint and hint.hour > now.hour:
            found -= timedelta(days=1)
        elif not past and now.hour >= last:
            found += timedelta(days=1)
    if part in _LATE_NIGHT and not (day is None and past):
        found += timedelta(days=1)
    return found
