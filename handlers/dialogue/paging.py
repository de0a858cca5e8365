"""Pages (页): a long list, a few at a time; whoever wants the rest says the next page's number."""

import math
import re

from handlers.reading.normal import fold

NUMBER = re.compile(r"第?(\d{1,4})页?")


def page_of(said: str) -> int:
    """The page somebody asks for (2, 第２页), from 1; the first where nothing else is said."""
    found = NUMBER.fullmatch(fold(said).strip())
    return max(int(found[1]), 1) if found else 1


def pages(rows: int, page: int, shown: int) -> tuple[int, int]:
    """(first, last) place of what a page shows of so many rows, `shown` at a time; one beyond the end is the last."""
    last = max(1, math.ceil(rows / shown))
    page = min(max(page, 1), last)
    return (page - 1) * shown, min(rows, page * shown)
