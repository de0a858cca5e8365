"""Moving (搬迁): a world copied whole from one database into another, SQLite or PostgreSQL, and compared row by row.

The source is locked against writing while it is read, and left as it was. The target carries a mark (the table
`moving`) from before its first table until every row was found equal: one whose move broke off is recognised by
it, opened by nothing, and cleared when the move is started over.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ForeignKeyConstraint,
    LargeBinary,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
    tuple_,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.schema import AddConstraint, DropConstraint

from storage import leases, upgrade
from storage.database import Database, take_time
from storage.tables import METADATA
from storage.worlds import World

MARK = "moving"
CHUNK = 500
HEAVY_CHUNK = 40
"""Rows a batch; fewer where a row may hold a picture."""
PATIENCE = 5000
"""How long to wait for a writer of the source to end, milliseconds."""
Told = Callable[[str, int, int], None]
"""Hears the table, how many of its rows are copied, and how many there are."""


class InUse(Exception):
    """A program is at work on the source; `name` is what it holds."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NotEmpty(Exception):
    """The target holds tables of ours already, and no mark of a broken move."""


class OldSource(Exception):
    """The source has to be brought up to date first."""


class BadRow(Exception):
    """A row the target does not take: its table and key."""

    def __init__(self, table: str, key: tuple[object, ...]) -> None:
        super().__init__(table, key)
        self.table, self.key = table, key


class Differs(Exception):
    """What stands in the target is not what stands in the source: the table and the first key that differs."""

    def __init__(self, table: str, key: tuple[object, ...] | None) -> None:
        super().__init__(table, key)
        self.table, self.key = table, key


@dataclass(frozen=True, slots=True)
class Moved:
    """A table found equal: its rows, and a digest over all their values."""

    table: str
    rows: int
    digest: str


def move(source: Database, target: Database, told: Told = lambda table, done, of: None) -> list[Moved]:
    """Copy every row and compare it; what was compared, table by table.

    Raises OldSource, InUse, NotEmpty, BadRow, Differs, and SQLAlchemyError where a database fails.
    """
    with still(source) as old:
        refuse_in_use(old)
        prepare(target)
        with _without_references(target) as new:
            for table in METADATA.sorted_tables:
                _copy(old, new, table, told)
        checked = compare(old, target)
    with target.engine.begin() as new:
        count_on(new)
        new.execute(text(f"DROP TABLE {MARK}"))
    return checked


def broken_off(db: Database) -> bool:
    """Whether a move into this database broke off, so that it holds a part of a world."""
    with db.engine.execution_options(readonly=True).connect() as connection:
        return connection.dialect.has_table(connection, MARK)


@contextlib.contextmanager
def still(source: Database) -> Iterator[Connection]:
    """The source as of one moment, nobody else writing; raises OldSource."""
    if upgrade.version_of(source) != upgrade.HEAD:
        raise OldSource
    lite = source.engine.dialect.name == "sqlite"
    engine = source.engine if lite else source.engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        if lite:
            upgrade.pragma(connection, f"busy_timeout={PATIENCE}")
        else:
            take_time(connection)
            connection.execute(text(f"SET LOCAL lock_timeout = {PATIENCE}"))
            names = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables)
            connection.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
        connection.execute(select(1))
        try:
            yield connection
        finally:
            connection.rollback()


def refuse_in_use(old: Connection) -> None:
    """Raise InUse while a program holds a lease of this world, by the world's own clock."""
    with Session(old) as session:
        ahead = session.scalar(select(World.clock_offset).where(World.id == 1)) or 0.0
        held = leases.held(session, datetime.now(UTC) + timedelta(seconds=ahead))
    if held:
        raise InUse(held[0].name)


def prepare(target: Database) -> None:
    """Make the tables in an empty target, marked as unfinished; what a broken move left is cleared first.

    Raises NotEmpty.
    """
    with target.engine.connect() as connection:
        names = set(inspect(connection).get_table_names())
    ours = {table.name for table in METADATA.sorted_tables} | {"alembic_version"}
    if MARK in names:
        _clear(target, names & ours)
    elif names & ours:
        raise NotEmpty
    else:
        with target.engine.begin() as connection:
            connection.execute(text(f"CREATE TABLE {MARK} (since VARCHAR(40))"))
    upgrade.upgrade(target)


def _clear(target: Database, names: set[str]) -> None:
    with target.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            upgrade.pragma(connection, "foreign_keys=OFF")
        with connection.begin():
            end = "" if connection.dialect.name == "sqlite" else " CASCADE"
            for name in sorted(names):
                connection.execute(text(f'DROP TABLE "{name}"{end}'))
        if connection.dialect.name == "sqlite":
            upgrade.pragma(connection, "foreign_keys=ON")


@contextlib.contextmanager
def _without_references(target: Database) -> Iterator[Connection]:
    """Rows may point at rows that come later: references are put back, and so checked, at the end."""
    with target.engine.connect() as new:
        if new.dialect.name == "sqlite":
            upgrade.pragma(new, "foreign_keys=OFF")
            try:
                yield new
                new.commit()
                broken = new.exec_driver_sql("PRAGMA foreign_key_check").first()
                if broken is not None:
                    raise BadRow(str(broken[0]), (broken[1],))
            finally:
                new.rollback()
                upgrade.pragma(new, "foreign_keys=ON")
            return
        pointing = [one for table in METADATA.sorted_tables for one in references(table)]
        for one in pointing:
            new.execute(DropConstraint(one))
        new.commit()
        yield new
        for one in pointing:
            try:
                new.execute(AddConstraint(one, isolate_from_table=False))
            except SQLAlchemyError:
                raise BadRow(one.table.name, ()) from None
        new.commit()


def references(table: Table) -> list[ForeignKeyConstraint]:
    """What a table's rows point at."""
    return sorted(table.foreign_key_constraints, key=lambda one: str(one.name))


def chunk_of(table: Table) -> int:
    """How many rows are handled at once."""
    return HEAVY_CHUNK if any(isinstance(column.type, LargeBinary) for column in table.columns) else CHUNK


def _batches(old: Connection, table: Table) -> Iterator[Sequence[Mapping[str, Any]]]:
    """All rows by their keys, a batch at a time, never more than one in memory."""
    size = chunk_of(table)
    found = old.execution_options(stream_results=True, yield_per=size).execute(
        select(table).order_by(*table.primary_key.columns)
    )
    for some in found.mappings().partitions():
        yield [dict(row) for row in some]


def _copy(old: Connection, new: Connection, table: Table, told: Told) -> None:
    total, done = old.scalar(select(func.count()).select_from(table)) or 0, 0
    for rows in _batches(old, table):
        try:
            new.execute(insert(table), rows)
            new.commit()
        except SQLAlchemyError as error:
            new.rollback()
            raise _first_bad(new, table, rows) or error from None
        done += len(rows)
        told(table.name, done, total)
    if not total:
        told(table.name, 0, 0)


def _first_bad(new: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> BadRow | None:
    """The first row of a batch that is not taken even by itself; None where each is: the fault lay elsewhere."""
    for row in rows:
        try:
            new.execute(insert(table), row)
        except SQLAlchemyError:
            return BadRow(table.name, _key(table, row))
        finally:
            new.rollback()
    return None


def compare(old: Connection, target: Database) -> list[Moved]:
    """Compare every row of every table, fetched by its key from the target; raises Differs."""
    with target.engine.execution_options(readonly=True).connect() as new:
        take_time(new)
        return [_compare_table(old, new, table) for table in METADATA.sorted_tables]


def _compare_table(old: Connection, new: Connection, table: Table) -> Moved:
    count, whole = 0, hashlib.sha256(table.name.encode())
    columns = list(table.primary_key.columns)
    for rows in _batches(old, table):
        keys = [_key(table, row) for row in rows]
        wanted = columns[0].in_([key[0] for key in keys]) if len(columns) == 1 else tuple_(*columns).in_(keys)
        there = {_key(table, row): row for row in map(dict, new.execute(select(table).where(wanted)).mappings())}
        for key, row in zip(keys, rows, strict=True):
            digest = row_digest(row)
            if key not in there or row_digest(there[key]) != digest:
                raise Differs(table.name, key)
            whole.update(digest)
        count += len(rows)
    if new.scalar(select(func.count()).select_from(table)) != count:
        raise Differs(table.name, None)
    return Moved(table.name, count, whole.hexdigest())


def _key(table: Table, row: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(row[column.name] for column in table.primary_key.columns)


def row_digest(row: Mapping[str, Any]) -> bytes:
    """A digest of every value of a row, each written out by its type, so that both databases give the same."""
    digest = hashlib.sha256()
    for name in sorted(row):
        kind, value = plain(row[name])
        for part in (name.encode(), kind.encode(), value):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def plain(value: object) -> tuple[str, bytes]:
    """A value as its kind and its bytes; raises TypeError for a kind no column has."""
    match value:
        case None:
            return "null", b""
        case bool():
            return "bool", b"1" if value else b"0"
        case int():
            return "int", str(int(value)).encode()
        case float():
            return "float", value.hex().encode()
        case str():
            return "text", str(value).encode("utf-8", "surrogatepass")
        case bytes() | bytearray() | memoryview():
            return "bytes", bytes(value)
        case datetime():
            return "moment", value.astimezone(UTC).isoformat(timespec="microseconds").encode()
        case date():
            return "day", value.isoformat().encode()
        case list() | tuple() | dict():
            return "json", json.dumps(value, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    raise TypeError(type(value).__name__)


def count_on(new: Connection) -> None:
    """Let PostgreSQL number new rows after those copied."""
    if new.dialect.name == "sqlite":
        return
    for table in METADATA.sorted_tables:
        sequence = new.scalar(select(func.pg_get_serial_sequence(table.name, "id"))) if "id" in table.c else None
        last = new.scalar(select(func.max(table.c.id))) if sequence is not None else None
        if last is not None:
            new.execute(select(func.setval(sequence, last)))
