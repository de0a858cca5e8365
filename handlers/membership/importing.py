"""Importing a county (导入) from CSV: areas, people with their roles, chats; all of it or nothing.

Columns are explained in `samples/README.md`. Every bad row is reported by file and line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.membership.import_areas import import_areas
from handlers.membership.import_chats import import_chats
from handlers.membership.import_people import import_people
from handlers.membership.rows import (
    AREA_COLUMNS,
    CHAT_COLUMNS,
    PEOPLE_COLUMNS,
    BadRow,
    ImportFailed,
    kind_of,
    names_in,
    read_rows,
)

__all__ = [
    "AREA_COLUMNS",
    "CHAT_COLUMNS",
    "PEOPLE_COLUMNS",
    "BadRow",
    "ImportFailed",
    "Imported",
    "import_all",
    "import_areas",
    "import_chats",
    "import_people",
    "kind_of",
    "names_in",
    "read_rows",
]

ORDER = ("areas", "people", "chats")


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows of each table were imported."""

    areas: int = 0
    people: int = 0
    chats: int = 0


def import_all(session: Session, files: Mapping[str, str], account: str, now: datetime) -> Imported:
    """Import tables in one go, areas first, whatever the order of the files.

    files: name (for reports) → CSV text; each header tells which table it is, several files may hold one table.
    account: where the groups live. Raises ImportFailed naming every bad row by file and line; then nothing at
    all has been imported, also where the caller goes on with the session.
    """
    bad: list[BadRow] = []
    counts = dict.fromkeys(ORDER, 0)
    kinds = {name: kind_of(text) for name, text in files.items()}
    bad += [
        BadRow(1, "", "看不出是哪种表：区域要有 name,level,parent,aliases；人员要有 name,roles", name)
        for name, kind in kinds.items()
        if not kind
    ]
    with session.begin_nested():
        for kind in ORDER:
            for name in (one for one in files if kinds[one] == kind):
                try:
                    counts[kind] += _import(session, kind, files[name], account, now)
                except ImportFailed as failed:
                    bad += failed.in_file(name)
        if bad:
            raise ImportFailed(bad)
    return Imported(**counts)


def _import(session: Session, kind: str, text: str, account: str, now: datetime) -> int:
    if kind == "areas":
        return import_areas(session, text)
    if kind == "people":
        return import_people(session, text, now)
    return len(import_chats(session, text, account, now))
