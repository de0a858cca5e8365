"""Sheets (表格): the lines of a CSV or XLSX file a worker sent, read within bounds; nothing else of it is looked at.

A sheet has no document type, so that no entity of it can grow; of a packed file two parts of bounded size are read.
"""

import csv
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_PART: Final = 8 * 1024 * 1024
"""Bytes of a part of an XLSX file, unpacked."""
MOST_LINES: Final = 2_000
MOST_CELLS: Final = 200
"""Columns of a line that are looked at."""
MOST_CHARS: Final = 4 * 1024 * 1024
"""Characters of all lines together: a few bytes of a packed file may name the same long words again and again."""
PACKED: Final = b"PK\x03\x04"
_NS: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_BROKEN: Final = (
    csv.Error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ElementTree.ParseError,
    EOFError,
    OSError,
    OverflowError,
    LookupError,
    ValueError,
    RuntimeError,
)
"""What reading a damaged, locked or strangely packed file may raise."""
_SHEET, _STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


class NoSheet(ValueError):
    """The bytes are no sheet, or one too large to be read."""


def lines_of(blob: bytes) -> str:
    """The first sheet as lines with tabs between the cells; raises NoSheet."""
    if len(blob) > MOST_BYTES:
        raise NoSheet("too large")
    try:
        return "\n".join(_joined(_packed(blob) if blob.startswith(PACKED) else _plain(blob)))
    except NoSheet:
        raise
    except _BROKEN as error:
        raise NoSheet(type(error).__name__) from error


def _joined(rows: Iterator[list[str]]) -> Iterator[str]:
    left = MOST_CHARS
    for row in rows:
        left -= sum(map(len, row)) + len(row) + 1
        if left < 0:
            raise NoSheet("too many words")
        yield "\t".join(cell.replace("\t", " ").replace("\n", " ").strip() for cell in row)


def _plain(blob: bytes) -> Iterator[list[str]]:
    """Rows of a CSV file, in UTF-8 or, as old programs write it, in GB 18030."""
    if b"\x00" in blob:
        raise NoSheet("no text")
    try:
        words = blob.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = blob.decode("gb18030")
    for number, row in enumerate(csv.reader(io.StringIO(words))):
        if number >= MOST_LINES:
            raise NoSheet("too many lines")
        yield row


def _packed(blob: bytes) -> Iterator[list[str]]:
    """Rows of the first sheet of an XLSX file."""
    with zipfile.ZipFile(io.BytesIO(blob)) as packed:
        names = set(packed.namelist())
        shared = [_words(one) for one in _tree(packed, _STRINGS).iter(f"{_NS}si")] if _STRINGS in names else []
        above = 0
        for row in _tree(packed, _SHEET).iter(f"{_NS}row"):
            number = int(row.get("r") or above + 1)
            if number > MOST_LINES:
                raise NoSheet("too many lines")
            for _ in range(above + 1, number):
                yield []
            above = max(number, above)
            yield _row(row, shared)


def _tree(packed: zipfile.ZipFile, name: str) -> ElementTree.Element:
    with packed.open(name) as part:
        blob = part.read(MOST_PART + 1)
    if len(blob) > MOST_PART:
        raise NoSheet("too large")
    if b"<!DOCTYPE" in blob or b"<!ENTITY" in blob or not blob.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<"):
        raise NoSheet("no sheet")
    return ElementTree.fromstring(blob)  # noqa: S314 - it declares nothing, and its size is bounded


def _row(row: ElementTree.Element, shared: list[str]) -> list[str]:
    """The cells in their columns: a sheet leaves empty ones out."""
    cells: list[str] = []
    for cell in row.iter(f"{_NS}c"):
        column = _column(cell.get("r") or "")
        if column is not None and column >= MOST_CELLS:
            break
        cells += [""] * ((column or 0) - len(cells))
        cells.append(_cell(cell, shared))
    return cells


def _column(place: str) -> int | None:
    """Which column C7 is, counted from 0."""
    found = 0
    for letter in place.rstrip("0123456789")[:3]:
        found = found * 26 + ord(letter) - ord("A") + 1
    return found - 1 if found > 0 else None


def _cell(cell: ElementTree.Element, shared: list[str]) -> str:
    kind, value = cell.get("t"), cell.findtext(f"{_NS}v") or ""
    if kind == "s":
        return shared[int(value)]
    return _words(cell) if kind == "inlineStr" else value


def _words(one: ElementTree.Element) -> str:
    return "".join(part.text or "" for part in one.iter(f"{_NS}t"))
