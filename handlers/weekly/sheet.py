"""The week's figures as a sheet (周报表格): the same cells as in words, left out in the same way, with their source."""

import io
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Final

from handlers.dialogue.drill import marked_name
from handlers.dialogue.wording import Catalogue, text
from handlers.weekly import words as wordings
from handlers.weekly.report import Line, Report
from handlers.weekly.rules import Cell

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS: Final = (
    "figure",
    "area",
    "n",
    "of",
    "rate",
    "unit",
    "n_before",
    "of_before",
    "rate_before",
    "change",
    "source",
)
WIDTHS: Final = (18, 24, 10, 10, 8, 8, 10, 10, 10, 18, 44)


def sheet(words: Catalogue, report: Report) -> bytes:
    """The report as XLSX: a row a figure and area; what was typed stays text, whatever it looks like."""
    import xlsxwriter

    mark = marked_name if report.drill else str
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with TemporaryDirectory() as folder, xlsxwriter.Workbook(out, {**options, "tmpdir": folder}) as book:
        page = book.add_worksheet(mark(words.render(text("weekly.sheet.title"))))
        bold = book.add_format({"bold": True, "bg_color": "#E8F1EE", "border": 1})
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.freeze_panes(len(_above(words, report)) + 1, 2)
        for place, width in enumerate(WIDTHS):
            page.set_column(place, place, width)
        heads: list[int | str] = [words.render(text(f"weekly.sheet.{column}")) for column in COLUMNS]
        below: list[list[int | str]] = [
            [words.render(text(key))] for key in ("weekly.note_small", "weekly.note_withheld")
        ]
        above = _above(words, report)
        table: list[list[int | str]] = [*above, heads, *_rows(words, report), *below]
        for number, row in enumerate(table):
            for place, one in enumerate(row):
                if isinstance(one, int):
                    page.write_number(number, place, one)
                else:
                    style = bold if number == len(above) else None
                    page.write_string(number, place, mark(one) if place == 0 else one, style)
    return out.getvalue()


def _above(words: Catalogue, report: Report) -> list[list[int | str]]:
    """Whose figures and of which days."""
    corrected = words.render(text("weekly.corrected")) if report.corrected else ""
    head = words.render(text("weekly.sheet.head", area=report.area.name, corrected=corrected))
    return [[head], [words.render(wordings.period(report.stretch))]]


def _rows(words: Catalogue, report: Report) -> Iterator[list[int | str]]:
    for line in report.lines:
        label, source = wordings.label(words, line), _source(words, line)
        whole = _numbers(words, line, line.total), _numbers(words, line, line.total_before)
        yield [label, report.area.name, *whole[0], line.unit, *whole[1], _change(words, line), source]
        for name, (this, last) in zip(report.places, line.places, strict=True):
            if this is not None or last is not None:
                cells = _numbers(words, line, this), _numbers(words, line, last)
                yield [label, name, *cells[0], line.unit, *cells[1], "", source]


def _numbers(words: Catalogue, line: Line, cell: Cell | None) -> tuple[int | str, int | str, str]:
    """n, N and the rate, or the word that stands in their place."""
    if cell is None or cell.told is None:
        return words.render(wordings.value(cell, line.kind, line.unit)), "", ""
    told = cell.told
    rate = f"{told.rate}%" if line.kind == "rate" and told.rate is not None else ""
    return told.n, "" if told.of is None else told.of, rate


def _change(words: Catalogue, line: Line) -> str:
    differs = wordings.change(line)
    return words.render(differs) if differs is not None else ""


def _source(words: Catalogue, line: Line) -> str:
    return words.render(wordings.source(line)) if line.is_told else words.render(text("weekly.sheet.own"))
