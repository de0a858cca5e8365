"""Which day a phrase means: 下周二, 25号, 11月25日, 月底, 中秋 … seen from today."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from handlers.reading.calendar_cn import add_months, festival_dates, lunar_dates, month_end
from handlers.reading.numerals import number

_WORDS: Final = {"大前": -3, "前天": -2, "昨": -1, "今": 0, "明": 1, "后天": 2, "大后": 3, "前": -2, "后": 2}
_WEEKDAYS: Final = {c: i for i, c in enumerate("一二三四五六日")} | {"天": 6, "末": 5}
_SHIFTS: Final = {"上上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}
_YEARS: Final = {"前": -2, "去": -1, "今": 0, "明": 1, "后": 2}
NEAR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Day:
    """The dates a phrase may mean, oldest first, and how to choose among them.

    nearby: a date gone by less than 30 days ago is meant rather than next year's.
    end: last day of the period named (本周, 下个月); vague: the period is named without a day of it.
    whole_month: the dates are first days of the months named (12月).
    tonight: the word is 今, whose night may already run after midnight.
    """

    dates: Sequence[date]
    nearby: bool = False
    end: date | None = None
    vague: bool = False
    whole_month: bool = False
    tonight: bool = False

    @property
    def fixed(self) -> bool:
        """Tell whether only one date can be meant."""
        return len(self.dates) == 1


def weekday_number(sign: str) -> int:
    """Return 0 for Monday … 6 for Sunday, Saturday for 末; raises KeyError for another sign."""
    return int(sign) - 1 if sign.isdigit() else _WEEKDAYS[sign]


def year_of(match: re.Match[str], today: date) -> int | None:
    """Return the year a year atom names (明年, 2026年, 26年)."""
    if match["yw"]:
        return today.year + _YEARS[match["yw"]]
    return 2000 + int(match["y2"]) if match["y2"] else number(match["y4"])


def day_of(match: re.Match[str], today: date, year: int | None) -> Day | None:
    """Return the day an atom names, None where the calendar has no such day (2月30日).

    match: an atom of `DAY_ATOMS`; year: the year said before it.
    """
    try:
        day = _READERS[match.lastgroup or ""](match, today, year)
    except (ValueError, OverflowError):
        return None
    return day if day and day.dates else None


def _iso(match: re.Match[str], today: date, year: int | None) -> Day:
    return Day([date(int(match["iy"]), int(match["im"]), int(match["id"]))])


def _word(match: re.Match[str], today: date, year: int | None) -> Day:
    word = match["w"] or match["wx"]
    shift = next(v for k, v in _WORDS.items() if word.startswith(k))
    return Day([today + timedelta(days=shift)], tonight=word.startswith("今"))


def _weekday(match: re.Match[str], today: date, year: int | None) -> Day:
    sign = match["k1"] or match["k6"] or match["k7"] or match["kd"] or match["ke"]
    return in_week(match["kp"], weekday_number(sign), today, weekend=sign == "末")


def _weekend(match: re.Match[str], today: date, year: int | None) -> Day:
    return in_week(None, 5, today, weekend=True)


def in_week(which: str | None, weekday: int, today: date, weekend: bool = False) -> Day:
    """Return a weekday of this, the last, the next week (which: 上, 这, 本, 下 …), or the nearest ones."""
    day = today + timedelta(days=weekday - today.weekday())
    if which is None:
        dates = [day + timedelta(weeks=n) for n in (-1, 0, 1)]
        if weekend and today.weekday() == 6:
            dates.insert(2, today)
        return Day(sorted(dates))
    day += timedelta(weeks=_SHIFTS[which.rstrip("个")])
    return Day([max(day, today) if weekend and day <= today <= day + timedelta(days=1) else day])


def _week(match: re.Match[str], today: date, year: int | None) -> Day:
    shift = _SHIFTS[match["vp"].rstrip("个")]
    monday = today + timedelta(days=7 * shift - today.weekday())
    return Day([monday], end=monday + timedelta(days=6), vague=shift == 0)


def _hao(match: re.Match[str], today: date, year: int | None) -> Day:
    wanted = number(match["ba"] or match["bd"] or match["bd2"])
    found = []
    for shift in range(-2, 4):
        first = add_months(today.replace(day=1), shift)
        if wanted and wanted <= month_end(first.year, first.month).day:
            found.append(first.replace(day=wanted))
    return Day(found)


def _month_day(match: re.Match[str], today: date, year: int | None) -> Day | None:
    month = number(match["mm"] or match["mo"])
    if month is None:
        return None
    years = [year] if year else range(today.year - 1, today.year + 2)
    if match["mo"]:
        starts = [date(y, month, 1) for y in years]
        current = [d for d in starts if (d.year, d.month) == (today.year, today.month)]
        if current:
            return Day(current, end=month_end(today.year, month), vague=True)
        return Day(starts, nearby=True, whole_month=True)
    if match["ms"]:
        return Day([_part_of_month(y, month, match["ms"]) for y in years], nearby=True)
    wanted = number(match["md"])
    return _yearly(month, wanted, today, year) if wanted else None


def _yearly(month: int, day: int, today: date, year: int | None) -> Day:
    years = [year] if year else range(today.year - 8, today.year + 9) if (month, day) == (2, 29) else None
    found = []
    for y in years or range(today.year - 1, today.year + 2):
        if 1 <= day <= month_end(y, month).day:
            found.append(date(y, month, day))
    return Day(found, nearby=True)


def _part_of_month(year: int, month: int, part: str) -> date:
    if part in "底末":
        return month_end(year, month)
    return date(year, month, {"初": 1, "上旬": 1, "中旬": 11, "中": 15, "下旬": 21}[part])


def _month_rel(match: re.Match[str], today: date, year: int | None) -> Day:
    if match["re"]:
        return _edge(match["re"], today, year)
    shift = _SHIFTS[match["rp"].rstrip("个")]
    first = add_months(today.replace(day=1), shift)
    if match["rd"]:
        return Day([first.replace(day=number(match["rd"]) or 0)])
    if match["rs"]:
        return Day([_part_of_month(first.year, first.month, match["rs"])])
    return Day([first], end=month_end(first.year, first.month), vague=shift == 0)


def _edge(word: str, today: date, year: int | None) -> Day:
    if word in ("月内", "年内", "周内"):
        sunday = today + timedelta(days=6 - today.weekday())
        ends = {"月": month_end(today.year, today.month), "年": date(today.year, 12, 31), "周": sunday}
        return Day([ends[word[0]]])
    if word == "年前":
        return Day(festival_dates("春节", today.year))
    if word[0] == "月":
        months = [add_months(today.replace(day=1), n) for n in (-1, 0, 1)]
        return Day([_part_of_month(d.year, d.month, word[1]) for d in months])
    years = [year] if year else [today.year - 1, today.year, today.year + 1]
    month, day = {"年初": (1, 1), "年中": (6, 30)}.get(word, (12, 31))
    return Day([date(y, month, day) for y in years])


def _festival(match: re.Match[str], today: date, year: int | None) -> Day:
    return _in_year(festival_dates(match["f"], year or today.year), year)


def _lunar(match: re.Match[str], today: date, year: int | None) -> Day | None:
    month_sign = match["lm"] or match["lm2"] or match["lm3"] or match["lm4"]
    day_sign = match["ld"] or match["ld2"] or match["ld3"] or match["ld4"]
    month = {"正": 1, "冬": 11, "腊": 12}.get(month_sign) or number(month_sign)
    day = number(day_sign.removeprefix("初"))
    if not month or not day or day > 30:
        return None
    return _in_year(lunar_dates(month, day, year or today.year), year)


def _in_year(dates: Sequence[date], year: int | None) -> Day:
    return Day([d for d in dates if year is None or d.year == year])


def _dot(match: re.Match[str], today: date, year: int | None) -> Day:
    return _yearly(int(match["om"]), int(match["od"] or match["od2"] or match["od3"]), today, year)


_READERS: Final = {
    "iso": _iso,
    "word": _word,
    "weekday": _weekday,
    "weekend": _weekend,
    "week": _week,
    "hao": _hao,
    "month_day": _month_day,
    "month_rel": _month_rel,
    "festival": _festival,
    "lunar": _lunar,
    "dot": _dot,
}
DAY_ATOMS: Final = frozenset(_READERS)
