"""Pages (页): a long list, a few at a time; whoever wants the rest says the next page's number."""

import math
import re
from typing import NamedTuple

from handlers.reading.normal import fold

NUMBER = re.compile(r"第?(\d{1,4})页?")


class Page(NamedTuple):
    """What a page shows: the places from `first` to before `last`; `following` is the next page's number, if any."""

    first: int
    last: int
    following: int | None


def page_of(said: str) -> int:
    """The page somebody asks for (2, 第２页), from 1; the first where nothing else is said."""
    found = NUMBER.fullmatch(fold(said).strip())
    return max(int(found[1]), 1) if found else 1


def pages(rows: int, page: int, shown: int) -> Page:
    """What a page (from 1) shows of so many rows, `shown` at a time; one beyond the end is the last."""
    last = max(1, math.ceil(rows / shown))
    page = min(max(page, 1), last)
    return Page((page - 1) * shown, min(rows, page * shown), page + 1 if page < last else None)
