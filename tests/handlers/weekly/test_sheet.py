"""The sheet of the week: the same cells, left out in the same way, and nothing that a spreadsheet would run."""

import io
import re
import zipfile
from dataclasses import replace

import pytest

from handlers.weekly import sheet
from handlers.weekly.report import Report
from tests.handlers.weekly import example
from tests.support.stage import words


def texts(report: Report) -> tuple[str, str]:
    """(the sheet's cells, all its words)."""
    with zipfile.ZipFile(io.BytesIO(sheet.sheet(words(), report))) as book:
        parts = {name: book.read(name).decode() for name in book.namelist() if name.endswith(".xml")}
    page = parts["xl/worksheets/sheet1.xml"]
    shared = parts.get("xl/sharedStrings.xml", "")
    return page, page + shared


def test_small_counts_and_what_would_tell_them_are_left_out() -> None:
    page, said = texts(example.report())
    assert "少于5" in said
    assert "不公布" in said
    numbers = {float(one) for one in re.findall(r"<v>([\d.]+)</v>", page)}
    assert {31, 29, 40, 812, 852} <= numbers
    assert not numbers & {1, 2, 3}, "no small count, nor anything beside it"
    assert "县局110台账（指挥室11月20日录入）" in said


@pytest.mark.parametrize("source", ["=HYPERLINK(1)", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "https://example.org/"])
def test_what_somebody_typed_stays_text(source: str) -> None:
    told = example.told("警情", 812, 852, source, "指挥室")
    page, said = texts(replace(example.report(), lines=(told,)))
    assert "<f>" not in page
    assert "<hyperlink" not in page
    assert source.replace("'", "&#39;") in said or source in said


def test_a_drill_says_so_on_every_line() -> None:
    page, _ = texts(example.report(drill=True))
    rows = page.count("<row ")
    assert texts(example.report(drill=True))[1].count("演练") >= rows - 1
    assert "更正" in texts(example.report(corrected=True))[1]
