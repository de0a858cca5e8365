"""Public holidays of China (节假日): the State Council's yearly arrangement, else the days the law itself names.

Sources: 国务院办公厅关于2025年部分节假日安排的通知 (国办发明电〔2024〕12号), 国务院办公厅关于2026年部分节假日安排的通知
(of 4 November 2025), 全国年节及纪念日放假办法 as of 1 January 2025.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from handlers.reading.calendar_cn import festival_dates

_OFF: Final[dict[int, tuple[tuple[str, int], ...]]] = {
    2025: (("01-01", 1), ("01-28", 8), ("04-04", 3), ("05-01", 5), ("05-31", 3), ("10-01", 8)),
    2026: (("01-01", 3), ("02-15", 9), ("04-04", 3), ("05-01", 5), ("06-19", 3), ("09-25", 3), ("10-01", 7)),
}
"""Year → (first day, how many days) of each holiday."""

_ON: Final[dict[int, tuple[str, ...]]] = {
    2025: ("01-26", "02-08", "04-27", "09-28", "10-11"),
    2026: ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10"),
}
"""Year → the Saturdays and Sundays on which people work instead (调休上班)."""

_BY_LAW: Final = ("元旦", "除夕", "大年初一", "大年初二", "大年初三", "清明", "端午", "中秋")
_FIXED: Final = ((5, 1), (5, 2), (10, 1), (10, 2), (10, 3))


@lru_cache(maxsize=64)
def days_off(year: int) -> frozenset[date]:
    """The holidays of a year; those of a year not arranged yet are the days the law names, without the bridges."""
    arranged = _OFF.get(year)
    if arranged is None:
        return frozenset(_named_by_law(year))
    first = ((date.fromisoformat(f"{year}-{day}"), count) for day, count in arranged)
    return frozenset(day + timedelta(days=more) for day, count in first for more in range(count))


@lru_cache(maxsize=64)
def days_on(year: int) -> frozenset[date]:
    """The Saturdays and Sundays of a year that are days of work."""
    return frozenset(date.fromisoformat(f"{year}-{day}") for day in _ON.get(year, ()))


def _named_by_law(year: int) -> Iterator[date]:
    for name in _BY_LAW:
        yield from (day for day in festival_dates(name, year) if day.year == year)
    for month, day in _FIXED:
        yield date(year, month, day)
