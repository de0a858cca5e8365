"""Pages: every row is on one of them, and what is said beside a number asks for the first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.dialogue.paging import page_of, pages


@pytest.mark.parametrize(
    ("said", "page"),
    [("2", 2), ("２", 2), (" 第3页 ", 3), ("", 1), ("0", 1), ("3号楼", 1), ("还有2件", 1), ("99999", 1)],
)
def test_which_page_is_asked_for(said: str, page: int) -> None:
    assert page_of(said) == page


def test_pages_are_a_few_rows_each() -> None:
    assert pages(12, 1, 5) == (0, 5, 2)
    assert pages(12, 3, 5) == (10, 12, None)
    assert pages(12, 9, 5) == (10, 12, None)
    assert pages(0, 1, 5) == (0, 0, None)


@given(st.integers(0, 200), st.integers(1, 20))
def test_every_row_is_on_one_page(rows: int, shown: int) -> None:
    seen, page = list[int](), 1
    while len(seen) < rows:
        first, last, following = pages(rows, page, shown)
        seen += range(first, last)
        page += 1
        assert following == (page if len(seen) < rows else None)
    assert seen == list(range(rows))
    assert pages(rows, page + 5, shown) == pages(rows, max(page - 1, 1), shown)
