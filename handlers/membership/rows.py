"""Rows of an imported table (导入的行): read from CSV, and what is wrong with them, by file and line."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

AREA_COLUMNS = ("name", "level", "parent", "aliases")
PEOPLE_COLUMNS = ("name", "roles", "title", "phone", "household")
CHAT_COLUMNS = ("name", "kind", "area", "members")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be imported: its line (1 is the header), the column, what is wrong in Chinese, the file."""

    line: int
    column: str
    problem: str
    file: str = ""

    def __str__(self) -> str:
        where = f"{self.file} " if self.file else ""
        return f"{where}第 {self.line} 行 {self.column}：{self.problem}"


class ImportFailed(Exception):
    """Nothing was imported; `rows` says why."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        super().__init__("; ".join(str(row) for row in rows))
        self.rows = tuple(rows)

    def in_file(self, name: str) -> list[BadRow]:
        """The bad rows, with the file they stand in."""
        return [replace(row, file=name) for row in self.rows]


def read_rows(text: str, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """(line, row) of a CSV text, empty lines left out; raises ImportFailed where columns are missing."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), restkey="")
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise ImportFailed([BadRow(1, column, "缺少这一列") for column in missing])
    for row in reader:
        if row.get(""):
            raise ImportFailed([BadRow(reader.line_num, "", "列数比表头多，内容里的逗号请放在引号里")])
        tidy = {key: (value or "").strip() for key, value in row.items() if key and isinstance(key, str)}
        if any(tidy.values()):
            yield reader.line_num, tidy


def names_in(text: str) -> list[str]:
    """The names of the people in a CSV text, in order."""
    return [row["name"] for _, row in read_rows(text, ("name", "roles"))]


def kind_of(text: str) -> str:
    """Which of the three tables a CSV text is, by its header: areas, people or chats; empty for none."""
    header = text.lstrip("\ufeff").partition("\n")[0]
    names = {name.strip() for name in header.split(",")}
    for kind, columns in (("chats", CHAT_COLUMNS), ("areas", AREA_COLUMNS), ("people", ("name", "roles"))):
        if set(columns) <= names:
            return kind
    return ""


def repeated(rows: Sequence[tuple[int, Mapping[str, str]]]) -> list[BadRow]:
    """Rows whose name stands in an earlier row."""
    first: dict[str, int] = {}
    bad = []
    for line, row in rows:
        if row["name"] in first:
            bad.append(BadRow(line, "name", f"“{row['name']}”重复了，第 {first[row['name']]} 行已有"))
        first.setdefault(row["name"], line)
    return bad
