"""Backing up (备份): the records in one file, the wrapped data keys in another that only the newest backup has.

What was erased must stay erased: a backup without its keys opens nothing, and the one file of keys is replaced
each time, so that a key dropped since is in no copy. Both files are sealed as a whole (`storage/sealed_file.py`) by a
key that only the master key gives, which is in neither; rows go straight into them, nothing ever lies on the disk in
plain. The same code reads SQLite and PostgreSQL, and a backup goes back into either.

Inside stand lines of JSON: what it is, then for each table its name and columns and a line a row, then how many rows
there were.
"""

import base64
import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import JSON, Column, Date, Enum, LargeBinary, Table, func, insert, null, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.schema import AddConstraint, DropConstraint

from storage import move, sealed_file, upgrade
from storage.database import Database, Moment, take_time
from storage.keys import DataKey
from storage.leases import Lease
from storage.sealed_file import Writer
from storage.sealing import MasterKey
from storage.tables import METADATA

CHUNK: Final = 500
HEAVY_CHUNK: Final = 4
"""Rows at hand at once; fewer where a row may hold a film."""
FORMAT: Final = 1
RECORDS: Final = "backup/records"
WRAPPED: Final = "backup/keys"
KEYS: Final = DataKey.__tablename__
LEFT_OUT: Final = (KEYS, Lease.__tablename__)


class NotEmpty(Exception):
    """A backup is only put back into an empty database."""


class OtherVersion(Exception):
    """The backup was made by another version of the program; `version` is the step its tables had."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version


def backup(db: Database, file: Path, keys_file: Path) -> int:
    """Write both files (mode 600, replacing older ones at once), all as of one moment; how many rows.

    Raises OSError where a file can't be written, SQLAlchemyError where the database can't be read.
    """
    drafts = [path.with_name(f"{path.name}.part") for path in (file, keys_file)]
    try:
        count = _copy_out(db, *drafts)
        for draft, path in zip(drafts, (file, keys_file), strict=True):
            draft.replace(path)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return count


def restore(db: Database, file: Path, keys_file: Path) -> int:
    """Put a backup back into an empty database; how many rows.

    Both files are read to their ends before anything is touched: one that was changed anywhere changes nothing.
    Raises NotSealed, Tampered (also under another master key), OtherVersion, NotEmpty, OSError, SQLAlchemyError.
    """
    for path, purpose in ((file, RECORDS), (keys_file, WRAPPED)):
        for number, line in enumerate(sealed_file.lines(path, db.keys, purpose)):
            if number == 0:
                _fits(json.loads(line))
    upgrade.upgrade(db)
    with _careless(db) as new:
        if any(new.scalar(select(func.count()).select_from(table)) for table in _tables()):
            raise NotEmpty
        count = sum(_put(new, table, rows) for table, rows in _read(file, db.keys, RECORDS))
        for table, rows in _read(keys_file, db.keys, WRAPPED):
            if table.name == KEYS:
                _put(new, table, rows)
                continue
            for row in rows:
                new.execute(update(table).where(table.c.id == row["id"]).values(wrapped=row["wrapped"]))
        _count_on(new)
    return count


def _copy_out(db: Database, file: Path, keys_file: Path) -> int:
    with _sealed(file, db.keys, RECORDS) as records, _sealed(keys_file, db.keys, WRAPPED) as keys, _snapshot(db) as old:
        for table in (METADATA.tables[KEYS], *filter(_has_keys, _tables())):
            whole = list(table.columns) if table.name == KEYS else [table.c.id, table.c.wrapped]
            _write(old, keys, table, whole, only_wrapped=True)
        return sum(_write(old, records, table, list(table.columns)) for table in _tables())


def _tables() -> Sequence[Table]:
    return [table for table in METADATA.sorted_tables if table.name not in LEFT_OUT]


def _has_keys(table: Table) -> bool:
    return "wrapped" in table.c


def _write(
    old: Connection, out: Writer, table: Table, columns: Sequence[Column[Any]], *, only_wrapped: bool = False
) -> int:
    """Write a table's rows, without the keys in them unless it is these that are wanted; how many."""
    out.write(_line({"table": table.name, "columns": [column.name for column in columns]}))
    shown = columns if only_wrapped else [null() if column.name == "wrapped" else column for column in columns]
    wanted = select(*shown).order_by(*table.primary_key.columns)
    if only_wrapped:
        wanted = wanted.where(table.c.wrapped.is_not(None))
    size = HEAVY_CHUNK if any(isinstance(column.type, LargeBinary) for column in columns) else CHUNK
    count = 0
    for some in old.execution_options(stream_results=True, yield_per=size).execute(wanted).partitions():
        for row in some:
            out.write(_line([_plain(value) for value in row]))
        count += len(some)
    return count


def _read(path: Path, keys: MasterKey, purpose: str) -> Iterator[tuple[Table, Iterator[dict[str, Any]]]]:
    """Each table of a sealed file with its rows; a table's rows are read before the next table is asked for."""
    found = map(json.loads, sealed_file.lines(path, keys, purpose))
    next(found)
    line = next(found, None)

    def rows(columns: Sequence[Column[Any]]) -> Iterator[dict[str, Any]]:
        nonlocal line
        for line in found:
            if isinstance(line, dict):
                return
            yield {column.name: _value(column, value) for column, value in zip(columns, line, strict=True)}
        line = None

    while line is not None:
        table = METADATA.tables[line["table"]]
        yield table, rows([table.c[name] for name in line["columns"]])


def _put(new: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> int:
    """Insert rows, a few at a time; how many."""
    size = HEAVY_CHUNK if any(isinstance(column.type, LargeBinary) for column in table.columns) else CHUNK
    count, some = 0, list[dict[str, Any]]()
    for row in rows:
        some.append(row)
        if len(some) == size:
            new.execute(insert(table), some)
            count, some = count + size, []
    if some:
        new.execute(insert(table), some)
    return count + len(some)


def _head() -> dict[str, object]:
    return {"wangge": FORMAT, "version": upgrade.HEAD}


def _fits(head: Mapping[str, object]) -> None:
    if head != _head():
        raise OtherVersion(str(head.get("version")))


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _plain(value: object) -> object:
    """A value as JSON holds it; what it was is told by its column."""
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value


def _value(column: Column[Any], plain: Any) -> Any:  # noqa: ANN401 - columns are of any type
    if plain is None or isinstance(column.type, JSON):
        return plain
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(plain)
    if isinstance(column.type, Moment):
        return datetime.fromisoformat(plain)
    if isinstance(column.type, Date):
        return date.fromisoformat(plain)
    if isinstance(column.type, Enum) and column.type.enum_class is not None:
        return column.type.enum_class(plain)
    return plain


@contextlib.contextmanager
def _sealed(path: Path, keys: MasterKey, purpose: str) -> Iterator[Writer]:
    """A sealed file being written, readable by its owner only."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        writer = Writer(file, keys, purpose)
        writer.write(_line(_head()))
        yield writer
        writer.finish()


@contextlib.contextmanager
def _snapshot(db: Database) -> Iterator[Connection]:
    """The database as of one moment, while others go on writing."""
    options = {"readonly": True} if db.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with db.engine.execution_options(**options).connect() as connection:
        take_time(connection)
        yield connection


@contextlib.contextmanager
def _careless(db: Database) -> Iterator[Connection]:
    """One write transaction that does not mind the order of rows that point at each other."""
    with db.engine.connect() as connection:
        lite = connection.dialect.name == "sqlite"
        if lite:
            upgrade.pragma(connection, "foreign_keys=OFF")
        try:
            with connection.begin():
                take_time(connection)
                pointing = [] if lite else [one for table in METADATA.sorted_tables for one in move.references(table)]
                for reference in pointing:
                    connection.execute(DropConstraint(reference))
                yield connection
                for reference in pointing:
                    connection.execute(AddConstraint(reference, isolate_from_table=False))
        finally:
            if lite:
                upgrade.pragma(connection, "foreign_keys=ON")


def _count_on(new: Connection) -> None:
    """Let PostgreSQL number new rows after those put back."""
    if new.dialect.name == "sqlite":
        return
    for table in _tables():
        sequence = new.scalar(select(func.pg_get_serial_sequence(table.name, "id"))) if "id" in table.c else None
        if sequence is not None:
            last = new.scalar(select(func.max(table.c.id)))
            if last is not None:
                new.execute(select(func.setval(sequence, last)))
