"""The week's figures as a sheet (周报表格): the same cells as in words, left out in the same way, with their source."""

import io
from tempfile import TemporaryDirectory
from typing import Final

from handlers.dialogue.drill import marked_name
from handlers.dialogue.wording import Catalogue, Text, text
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
        for place, width in enumerate(WIDTHS):
            page.set_column(place, place, width)
        corrected = words.render(text("weekly.corrected")) if report.corrected else ""
        page.write_string(
            0, 0, mark(words.render(text("weekly.sheet.head", area=report.area.name, corrected=corrected)))
        )
        page.write_string(1, 0, words.render(wordings.period(report.stretch)))
        for place, column in enumerate(COLUMNS):
            page.write_string(3, place, mark(words.render(text(f"weekly.sheet.{column}"))), bold)
        page.freeze_panes(4, 2)
        row = 4
        for line in report.lines:
            cells = [(report.area.name, line.total, line.total_before)]
            cells += [(name, *pair) for name, pair in zip(report.places, line.places, strict=True)]
            for number, (name, this, last) in enumerate(cells):
                values = [
                    mark(wordings.label(words, line)),
                    name,
                    *_numbers(line, this),
                    line.unit,
                    *_numbers(line, last),
                ]
                values += [_change(words, line) if number == 0 else "", _source(words, line)]
                for place, one in enumerate(values):
                    if isinstance(one, int):
                        page.write_number(row, place, one)
                    else:
                        page.write_string(row, place, _plain(words, one))
                row += 1
        for number, note in enumerate(("weekly.note_small", "weekly.note_withheld")):
            page.write_string(row + 1 + number, 0, mark(words.render(text(note))))
    return out.getvalue()


def _numbers(line: Line, cell: Cell | None) -> tuple[int | str | Text, int | str, str]:
    """n, N and the rate, or the word that stands in their place."""
    if cell is None or cell.told is None:
        return wordings.value(cell, line.kind, line.unit), "", ""
    told = cell.told
    rate = f"{told.rate}%" if line.kind == "rate" and told.rate is not None else ""
    return told.n, "" if told.of is None else told.of, rate


def _plain(words: Catalogue, one: str | Text) -> str:
    return words.render(one) if isinstance(one, Text) else one


def _change(words: Catalogue, line: Line) -> str:
    differs = wordings.change(line)
    return words.render(differs) if differs is not None else ""


def _source(words: Catalogue, line: Line) -> str:
    return words.render(wordings.source(line)) if line.is_told else words.render(text("weekly.sheet.own"))
