"""Backing up (备份): the records in one file, the wrapped data keys in another that only the newest backup has.

What was erased must stay erased: a backup without its keys opens nothing, and the one file of keys is replaced
each time, so that a key dropped since is in no copy. Neither file holds the master key. The same code reads
SQLite and PostgreSQL, and both files are SQLite, so that either can be put back into either.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Table, func, insert, null, select, update
from sqlalchemy.engine import Connection

from storage import upgrade
from storage.database import Database, take_time
from storage.keys import DataKey
from storage.leases import Lease
from storage.tables import METADATA

CHUNK = 500
KEYS = DataKey.__tablename__
LEFT_OUT = (KEYS, Lease.__tablename__)


class NotEmpty(Exception):
    """A backup is only put back into an empty database."""


def backup(db: Database, file: Path, keys_file: Path) -> int:
    """Write both files (mode 600, replacing older ones at once), all as of one moment; how many rows.

    Raises OSError where a file can't be written, SQLAlchemyError where the database can't be read.
    """
    drafts = [path.with_name(f"{path.name}.part") for path in (file, keys_file)]
    for draft in drafts:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        count = _copy_out(db, *drafts)
        for draft, path in zip(drafts, (file, keys_file), strict=True):
            draft.replace(path)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return count


def restore(db: Database, file: Path, keys_file: Path) -> int:
    """Put a backup back into an empty database; how many rows. Raises NotEmpty, OSError, sqlite3.Error."""
    upgrade.upgrade(db)
    source = Database(f"sqlite:///{file}", db.keys)
    with _shut(source), _snapshot(source) as old, _shut_file(keys_file) as keys, _careless(db) as new:
        if any(new.scalar(select(func.count()).select_from(table)) for table in _tables()):
            raise NotEmpty
        count = sum(_copy(old, new, table) for table in _tables())
        for name, row_id, wrapped, made in keys.execute("SELECT name, id, wrapped, made FROM wrapped_keys"):
            table = METADATA.tables[name]
            if name == KEYS:
                at = datetime.fromisoformat(made)
                new.execute(insert(table).values(id=row_id, wrapped=wrapped, created_at=at))
            else:
                new.execute(update(table).where(table.c.id == int(row_id)).values(wrapped=wrapped))
        _count_on(new)
    return count


def _copy_out(db: Database, file: Path, keys_file: Path) -> int:
    copy = Database(f"sqlite:///{file}", db.keys, "FULL")
    with _shut(copy):
        upgrade.upgrade(copy)
        with _snapshot(db) as old, _shut_file(keys_file) as keys:
            keys.execute("CREATE TABLE wrapped_keys (name TEXT, id TEXT, wrapped BLOB, made TEXT)")
            for table in (METADATA.tables[KEYS], *filter(_has_keys, _tables())):
                _copy_keys(old, keys, table)
            with _careless(copy) as new:
                count = sum(_copy(old, new, table) for table in _tables())
        with copy.engine.connect() as connection:
            upgrade.pragma(connection, "journal_mode=DELETE")
    return count


def _tables() -> Sequence[Table]:
    return [table for table in METADATA.sorted_tables if table.name not in LEFT_OUT]


def _has_keys(table: Table) -> bool:
    return "wrapped" in table.c


def _copy_keys(old: Connection, keys: sqlite3.Connection, table: Table) -> None:
    made = table.c.created_at if table.name == KEYS else null()
    rows = old.execute(select(table.c.id, table.c.wrapped, made).where(table.c.wrapped.is_not(None)))
    for some in rows.partitions(CHUNK):
        keys.executemany(
            "INSERT INTO wrapped_keys VALUES (?, ?, ?, ?)",
            [(table.name, str(row[0]), row[1], row[2].isoformat() if row[2] else None) for row in some],
        )


def _copy(old: Connection, new: Connection, table: Table) -> int:
    """Copy a table's rows without the keys in them; how many."""
    count = 0
    for some in old.execute(select(table).order_by(*table.primary_key.columns)).mappings().partitions(CHUNK):
        rows = [{**row, "wrapped": None} if _has_keys(table) else dict(row) for row in some]
        new.execute(insert(table), rows)
        count += len(rows)
    return count


@contextlib.contextmanager
def _snapshot(db: Database) -> Iterator[Connection]:
    """The database as of one moment, while others go on writing."""
    options = {"readonly": True} if db.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with db.engine.execution_options(**options).connect() as connection:
        take_time(connection)
        yield connection


@contextlib.contextmanager
def _careless(db: Database) -> Iterator[Connection]:
    """One write transaction in which SQLite does not mind the order of rows that point at each other."""
    with db.engine.connect() as connection:
        lite = connection.dialect.name == "sqlite"
        if lite:
            upgrade.pragma(connection, "foreign_keys=OFF")
        try:
            with connection.begin():
                take_time(connection)
                yield connection
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


@contextlib.contextmanager
def _shut(db: Database) -> Iterator[None]:
    try:
        yield
    finally:
        db.close()


@contextlib.contextmanager
def _shut_file(file: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        yield connection
