"""Tables of figures (外来数表): one a line, 项目,数,来源[,地区[,周]]; pasted, or the lines of a file. Pure."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from handlers.reading.normal import fold
from handlers.weekly.reading import LONGEST, MOST, Told, told

MOST_ROWS: Final = 200
"""A county of twenty towns and all of its kinds."""
LONGEST_LINE: Final = 10_000
"""Characters of a line without tabs that are looked at."""
ORDER: Final = ("kind", "value", "source", "area", "week")
HEADINGS: Final[Mapping[str, frozenset[str]]] = {
    "kind": frozenset({"项目", "指标", "名称", "类别", "类型", "统计项目", "kind", "name"}),
    "value": frozenset({"数", "数量", "数值", "数据", "本周", "本周数", "件数", "起数", "value", "n"}),
    "source": frozenset({"来源", "数据来源", "出处", "source"}),
    "area": frozenset({"地区", "乡镇", "镇", "镇街", "街镇", "区域", "辖区", "area"}),
    "week": frozenset({"周", "统计周", "周次", "日期", "时间", "week"}),
}
TITLE: Final = 5
"""So many lines may stand above the heading, the title of the sheet among them."""

_VALUE: Final = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?\s*[起件人次户条例宗个]?")
_SERIAL: Final = re.compile(r"[45]\d{4}")
"""A day as spreadsheets keep it: counted from the end of 1899."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure and the line it stands in, counted as whoever wrote the table counts them."""

    line: int
    told: Told


def pasted(said: str, kinds: Sequence[str], names: Sequence[str]) -> list[Row]:
    """The figures of several lines typed or pasted; empty for a single line."""
    lines = said.strip()
    return rows(lines, kinds, names) if "\n" in lines else []


def rows(lines: str, kinds: Sequence[str], names: Sequence[str]) -> list[Row]:
    """The figures of all lines; a heading tells which column is which, and a line of plain words is one figure."""
    table = [(number, _cells(line)) for number, line in enumerate(lines.splitlines(), 1)]
    table = [(number, cells) for number, cells in table if any(cells)]
    order, below = _heading(table)
    return [Row(number, _row(cells, order, kinds, names)) for number, cells in table[below:]]


def _cells(line: str) -> list[str]:
    """The cells of a line, divided by tabs where there are any, else by commas outside of quotes."""
    if "\t" in line:
        return [one.strip().strip('"') for one in line.split("\t")]
    return [one.strip() for one in next(csv.reader([line[:LONGEST_LINE].replace("，", ",").replace("\0", " ")]), [])]


def _heading(table: Sequence[tuple[int, Sequence[str]]]) -> tuple[Sequence[str], int]:
    """What each column is, and how many rows there are down to the heading; the usual order where there is none."""
    for place, (_, cells) in enumerate(table[:TITLE]):
        known = [next((one for one, words in HEADINGS.items() if fold(cell) in words), "") for cell in cells]
        if {"kind", "value"} <= set(known):
            return known, place + 1
    return ORDER, 0


def _row(cells: Sequence[str], order: Sequence[str], kinds: Sequence[str], names: Sequence[str]) -> Told:
    if len([one for one in cells if one]) < 3 and (order is ORDER or len(cells) == 1):
        return told(" ".join(cells), kinds, names)
    found = dict.fromkeys(ORDER, "") | {name: cell for name, cell in zip(order, cells, strict=False) if name}
    kind = next((one for one in kinds if fold(one) == fold(found["kind"])), "")
    area = next((one for one in names if fold(one) == fold(found["area"])), "")
    problem = "area" if found["area"] and not area else ""
    return Told(kind, _value(found["value"]), found["source"], area, _week(found["week"]), problem)


def _value(cell: str) -> int | None:
    found = _VALUE.fullmatch(fold(cell).strip())
    digits = found[1].replace(",", "") if found else ""
    return int(digits) if 0 < len(digits) <= LONGEST and int(digits) <= MOST else None


def _week(cell: str) -> str:
    if not _SERIAL.fullmatch(cell):
        return cell
    day = date(1899, 12, 30) + timedelta(days=int(cell))
    return f"{day.year}年{day.month}月{day.day}日"


def twice(keys: Sequence[tuple[int, object]]) -> Iterator[tuple[int, int]]:
    """(line, the earlier one) of what stands in a table twice. keys: (line, what it is about)."""
    first: dict[object, int] = {}
    for line, key in keys:
        if key in first:
            yield line, first[key]
        first.setdefault(key, line)
