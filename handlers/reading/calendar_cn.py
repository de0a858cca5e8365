"""The calendar people in China count by: month ends, festivals by sun and moon, working days."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from handlers.reading.lunar_years import solar_date


def month_end(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def add_months(day: date, months: int) -> date:
    """Move a date by whole months; a day the month lacks becomes its last (31 Jan + 1 = 28 Feb)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def qingming(year: int) -> date | None:
    """Return Tomb-Sweeping Day 清明, by the century formula of the solar terms (2000 to 2099)."""
    y = year % 100
    return date(year, 4, int(y * 0.2422 + 4.81) - y // 4) if 2000 <= year < 2100 else None


def dongzhi(year: int) -> date | None:
    """Return the winter solstice 冬至, by the century formula of the solar terms (2000 to 2099)."""
    y = year % 100
    return date(year, 12, int(y * 0.2422 + 21.94) - y // 4 - (year == 2021)) if 2000 <= year < 2100 else None


def _eve(year: int) -> date | None:
    spring = solar_date(year + 1, 1, 1)
    return spring - timedelta(days=1) if spring else None


def _solar(month: int, day: int) -> Callable[[int], date | None]:
    return lambda year: date(year, month, day)


def _moon(month: int, day: int) -> Callable[[int], date | None]:
    return lambda year: solar_date(year, month, day)


_FESTIVALS: Final[dict[str, Callable[[int], date | None]]] = {
    "元旦": _solar(1, 1),
    "妇女": _solar(3, 8),
    "三八": _solar(3, 8),
    "清明": qingming,
    "五一": _solar(5, 1),
    "劳动": _solar(5, 1),
    "六一": _solar(6, 1),
    "儿童": _solar(6, 1),
    "八一": _solar(8, 1),
    "建军": _solar(8, 1),
    "教师": _solar(9, 10),
    "国庆": _solar(10, 1),
    "十一": _solar(10, 1),
    "平安": _solar(12, 24),
    "圣诞": _solar(12, 25),
    "冬至": dongzhi,
    "春节": _moon(1, 1),
    "除夕": _eve,
    "年三十": _eve,
    "元宵": _moon(1, 15),
    "端午": _moon(5, 5),
    "七夕": _moon(7, 7),
    "中元": _moon(7, 15),
    "中秋": _moon(8, 15),
    "重阳": _moon(9, 9),
    "腊八": _moon(12, 8),
    "小年": _moon(12, 23),
}


@lru_cache(maxsize=256)
def festival_dates(name: str, around: int) -> tuple[date, ...]:
    """Return the dates of a festival in the years about `around`, oldest first; empty for an unknown one.

    name: any word that begins with or contains a festival's (中秋节, 大年三十, 大年初三 …).
    小年 is the 23rd of the twelfth lunar month, as in the north.
    """
    if name.startswith("大年初"):
        day = " 一二三四五六七八九十".find(name[3:4])
        return tuple(_known(_moon(1, day), around)) if day > 0 else ()
    for key, dates in _FESTIVALS.items():
        if key in name:
            return tuple(_known(dates, around))
    return ()


@lru_cache(maxsize=256)
def lunar_dates(month: int, day: int, around: int) -> tuple[date, ...]:
    """Return the solar dates of a lunar month and day in the years about `around`, oldest first."""
    return tuple(_known(_moon(month, day), around))


def _known(dates: Callable[[int], date | None], around: int) -> Iterator[date]:
    for year in range(max(around - 2, 1), min(around + 3, 9999)):
        found = dates(year)
        if found:
            yield found
