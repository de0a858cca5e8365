"""Rows in every table, by the tables' own types: awkward texts, moments to the microsecond, references both ways."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    Double,
    Enum,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    insert,
)

from storage import move, upgrade
from storage.database import Database, Moment
from storage.lanes import Lane
from storage.tables import METADATA
from storage.worlds import WorldKind

WORDS = ("", "大侯村", "老人走失🧓", "a'b\"c\\", "\u200b é ｆ", " ends ", "%s {x} :y")


def fill_every_table(db: Database, seed: int, rows: int = 12) -> None:
    """Bring the database up to date and put `rows` rows into each table, `worlds` excepted, which has one."""
    upgrade.upgrade(db)
    dice = random.Random(seed)
    with db.engine.connect() as connection:
        lite = connection.dialect.name == "sqlite"
        if lite:
            upgrade.pragma(connection, "foreign_keys=OFF")
        with connection.begin():
            for table in METADATA.sorted_tables:
                count = 1 if table.name == "worlds" else rows
                made = [_row(table, number, count, dice) for number in range(1, count + 1)]
                if lite or not _points_at_itself(table):
                    connection.execute(insert(table), made)
                else:
                    for row in made:
                        own = {name: None for name in _own_references(table)}
                        connection.execute(insert(table), {**row, **own})
            move.count_on(connection)
        if lite:
            upgrade.pragma(connection, "foreign_keys=ON")


def _own_references(table: Table) -> set[str]:
    return {key.parent.name for key in table.foreign_keys if key.column.table is table}


def _points_at_itself(table: Table) -> bool:
    return bool(_own_references(table))


def _row(table: Table, number: int, count: int, dice: random.Random) -> dict[str, Any]:
    row: dict[str, Any] = {}
    unique = {
        column.name for one in table.constraints if isinstance(one, UniqueConstraint) for column in one.columns
    } | {column.name for index in table.indexes if index.unique for column in index.columns}
    for column in table.columns:
        if column.foreign_keys:
            there = next(iter(column.foreign_keys)).column.table
            own = column.primary_key or column.name in unique
            nothing = column.nullable and not own and dice.random() < 0.3
            row[column.name] = None if nothing else _key(there, number if own else dice.randint(1, count))
        elif column.primary_key:
            row[column.name] = number if isinstance(column.type, Integer) else f"k{number}"
        elif column.nullable and column.name not in unique and dice.random() < 0.2:
            row[column.name] = None
        else:
            row[column.name] = _value(table, column.name, column.type, number, dice, column.name in unique)
    if table.name == "leases":
        row["owner"] = ""
    if table.name == "worlds":
        row["kind"] = WorldKind.PLAYGROUND
    return row


def _key(table: Table, number: int) -> object:
    return number if isinstance(table.c.id.type, Integer) else f"k{number}"


def _value(table: Table, name: str, kind: Any, number: int, dice: random.Random, unique: bool) -> object:  # noqa: ANN401
    match kind:
        case Moment():
            return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(microseconds=dice.randrange(10**13))
        case Date():
            return date(2026, 11, 1) + timedelta(days=dice.randrange(400))
        case Enum():
            return dice.choice(list(kind.enum_class)) if kind.enum_class else dice.choice(kind.enums)
        case Boolean():
            return dice.random() < 0.5
        case JSON():
            return dice.choice(([1, "二"], {"键": [1.5, None]}, []))
        case LargeBinary():
            return dice.randbytes(dice.choice((0, 1, 700)))
        case Double():
            return dice.choice((0.0, 0.1, -1e-9, 1 / 3)) if name != "clock_offset" else 0.0
        case String():
            return f"{number}-{dice.choice(WORDS)}"[: kind.length] if unique else dice.choice(WORDS)[: kind.length]
        case SmallInteger():
            return dice.choice((0, 1, 2**15 - 1, -5))
        case Integer():
            return number if unique else dice.choice((0, 1, 2**31 - 1, -5))
    return dice.choice(list(Lane)) if type(kind).__name__ == "LaneNumber" else number
