"""Importing a county from CSV: areas, people with their roles, chats; all of it or nothing.

Columns are explained in `samples/README.md`. Every bad row is reported by file and line.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import areas, chats, people
from storage.areas import Area, Level
from storage.chats import Chat, ChatKind
from storage.people import Role

AREA_COLUMNS = ("name", "level", "parent", "aliases")
PEOPLE_COLUMNS = ("name", "roles", "title", "phone", "household")
CHAT_COLUMNS = ("name", "kind", "area", "members")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be imported: its line (1 is the header), the column, and what is wrong with it in Chinese."""

    line: int
    column: str
    problem: str

    def __str__(self) -> str:
        return f"第 {self.line} 行 {self.column}：{self.problem}"


class ImportFailed(Exception):
    """Nothing was imported; `rows` says why."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        super().__init__("; ".join(str(row) for row in rows))
        self.rows = tuple(rows)


def read_rows(text: str, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """(line, row) of a CSV text; raises ImportFailed where columns are missing."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise ImportFailed([BadRow(1, column, "缺少这一列") for column in missing])
    for row in reader:
        yield reader.line_num, {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}


def kind_of(header: str) -> str:
    """Which of the three tables a CSV text is, by its header: areas, people or chats; empty for none."""
    names = {name.strip() for name in header.lstrip("\ufeff").split(",")}
    for kind, columns in (("chats", CHAT_COLUMNS), ("areas", AREA_COLUMNS), ("people", ("name", "roles"))):
        if set(columns) <= names:
            return kind
    return ""


def import_areas(session: Session, text: str) -> int:
    """Import areas; how many rows. Parents may stand before or after their children."""
    bad: list[BadRow] = []
    waiting = []
    for line, row in read_rows(text, AREA_COLUMNS):
        if not row["name"]:
            bad.append(BadRow(line, "name", "名称是空的"))
        elif row["level"] not in set(Level):
            bad.append(BadRow(line, "level", f"应是 {'、'.join(Level)} 之一"))
        else:
            waiting.append((line, row))
    count = len(waiting)
    while waiting and not bad:
        ready = [(line, row) for line, row in waiting if not row["parent"] or areas.named(session, row["parent"])]
        if not ready:
            bad = [BadRow(line, "parent", f"没有叫“{row['parent']}”的上级区域") for line, row in waiting]
        for _line, row in ready:
            parent = areas.named(session, row["parent"]) if row["parent"] else None
            aliases = [alias for alias in row["aliases"].split(";") if alias]
            areas.add(session, row["name"], Level(row["level"]), parent, aliases)
        waiting = [entry for entry in waiting if entry not in ready]
    if bad:
        raise ImportFailed(bad)
    return count


def import_people(session: Session, text: str, now: datetime) -> int:
    """Import people with their roles (`角色@区域;…`); somebody known by name is brought up to date."""
    bad: list[BadRow] = []
    count = 0
    for line, row in read_rows(text, ("name", "roles")):
        problems = list(_people_problems(session, line, row))
        bad += problems
        if not problems:
            _import_person(session, row, now)
            count += 1
    if bad:
        raise ImportFailed(bad)
    return count


def names_in(text: str) -> list[str]:
    """The names of the people in a CSV text, in order."""
    return [row["name"] for _, row in read_rows(text, ("name", "roles"))]


def _people_problems(session: Session, line: int, row: Mapping[str, str]) -> Iterator[BadRow]:
    if not row["name"]:
        yield BadRow(line, "name", "姓名是空的")
    phone = row.get("phone", "")
    if phone and not (phone.lstrip("+").replace("-", "").isdigit() and 5 <= len(phone) <= 20):
        yield BadRow(line, "phone", "电话号码不对")
    for role, area in _roles(row["roles"]):
        if role not in set(Role):
            yield BadRow(line, "roles", f"没有“{role}”这个角色")
        elif areas.named(session, area) is None:
            yield BadRow(line, "roles", f"没有叫“{area}”的区域")


def _import_person(session: Session, row: Mapping[str, str], now: datetime) -> None:
    person = people.named(session, row["name"]) or people.add(session, row["name"], now)
    people.describe(session, person, phone=row.get("phone", ""), household=row.get("household", ""))
    person.title = row.get("title") or None
    for role, name in _roles(row["roles"]):
        area = areas.named(session, name)
        if isinstance(area, Area):
            people.grant(session, person.id, Role(role), area.id, now)


def _roles(cell: str) -> list[tuple[str, str]]:
    pairs = [part.partition("@") for part in cell.split(";") if part]
    return [(role.strip(), area.strip()) for role, _, area in pairs]


def import_chats(session: Session, text: str, account: str, now: datetime) -> dict[str, list[str]]:
    """Import a playground's groups on `account`, their name being their id; group → names of its members."""
    bad: list[BadRow] = []
    members: dict[str, list[str]] = {}
    for line, row in read_rows(text, CHAT_COLUMNS):
        area = areas.named(session, row["area"])
        if row["kind"] not in set(ChatKind):
            bad.append(BadRow(line, "kind", f"应是 {'、'.join(ChatKind)} 之一"))
        if area is None:
            bad.append(BadRow(line, "area", f"没有叫“{row['area']}”的区域"))
        names = [name for name in row["members"].split(";") if name]
        bad += [BadRow(line, "members", f"没有叫“{name}”的人") for name in names if people.named(session, name) is None]
        if not bad and area is not None:
            known = chats.at(session, account, row["name"])
            chat = known or _add_group(session, account, row["name"], ChatKind(row["kind"]), area, now)
            chats.bind(session, chat, ChatKind(row["kind"]), area.id, now)
            members[row["name"]] = names
    if bad:
        raise ImportFailed(bad)
    return members


def _add_group(session: Session, account: str, name: str, kind: ChatKind, area: Area, now: datetime) -> Chat:
    return chats.add(session, account, name, kind, now, title=name, area_id=area.id)
