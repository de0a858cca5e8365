"""The database: one engine, one writer on SQLite, aware UTC times, the same code on PostgreSQL."""

import enum
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import CursorResult, DateTime, Engine, Enum, MetaData, Result, TypeDecorator, create_engine, event, text
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Session

from storage import outage
from storage.prepared import Prepared
from storage.purposes import Purpose
from storage.sealing import MasterKey

BUSY = 15000
"""How long SQLite waits for another writer, milliseconds."""
IDLE = 10000
"""How long a transaction on PostgreSQL may stand still before it is undone, milliseconds.

What a process that was frozen in the middle of one holds would otherwise hold up everybody until it goes on.
"""

EVERY = 300
"""Commits after which SQLite's log is written into its file, beside the work: the disk would hold a commit up."""

AT_LATEST = 20_000
"""Pages of the log after which a commit writes it itself."""

AT_HAND = 32_768
"""KiB of pages the writing connection keeps at hand."""

TO_END = 5.0
"""Seconds a transaction in another thread has to end when all connections are given back."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment, on a database with zones and on one without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store as UTC; a naive time is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _values(kind: type[enum.StrEnum]) -> list[str]:
    return [member.value for member in kind]


class Base(DeclarativeBase):
    """The one catalogue of tables; names of constraints are fixed so that migrations can drop them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - the ORM reads it as a plain mapping
        datetime: Moment,
        enum.StrEnum: Enum(enum.StrEnum, native_enum=False, length=16, values_callable=_values),
        # Refused by the type and by the database: a purpose outside the list can't be written, whoever writes it.
        Purpose: Enum(
            Purpose,
            name="purpose",
            native_enum=False,
            length=16,
            values_callable=_values,
            validate_strings=True,
            create_constraint=True,
        ),
    }


def _on_connect(dbapi_connection: Any, synchronous: str) -> None:  # noqa: ANN401 - a driver's own object
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        f"busy_timeout={BUSY}",
        "foreign_keys=ON",
        "secure_delete=ON",
        f"wal_autocheckpoint={AT_LATEST}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_postgres(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's own object
    with dbapi_connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = {IDLE}")
    dbapi_connection.commit()


def take_time(connection: Connection) -> None:
    """Let this transaction stand still for as long as it needs: one that moves or rebuilds much."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _on_begin(connection: Connection) -> None:
    readonly = connection.get_execution_options().get("readonly")
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


def make_engine(url: str, synchronous: str = "NORMAL") -> Engine:
    """An engine for `url`; on SQLite with WAL and immediate write transactions.

    `synchronous` is SQLite's durability: NORMAL survives a killed process, FULL also a power cut. An error never
    repeats the values of its statement, which may be what somebody said.
    """
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True, hide_parameters=True)
        event.listen(engine, "connect", _on_postgres)
        return engine
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", lambda connection, _record: _on_connect(connection, synchronous))
    event.listen(engine, "begin", _on_begin)
    return engine


class Database:
    """A world's database: `read()` for looking without a lock, `write()` for one short transaction.

    Sessions carry the master key in `session.info["keys"]`, so that a room can seal and open its own columns, and in
    `session.info["shared"]` what a room remembers between them (with a version that tells whether it still holds).
    """

    def __init__(self, url: str, keys: MasterKey, synchronous: str = "NORMAL") -> None:
        self.url = url
        self.engine = make_engine(url, synchronous)
        self.keys = keys
        self._one_writer = threading.Lock() if self.engine.dialect.name == "sqlite" else None
        self.outage = outage.Watch()
        self._writer: Connection | None = None
        self._commits = 0
        self._logging: threading.Thread | None = None
        self._listeners: list[Callable[[], None]] = []
        self._info = {"keys": keys, "shared": {}}
        self._reader = self.engine.execution_options(readonly=True)

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` (from the writing thread) after each commit that put something into the outbox."""
        self._listeners.append(listener)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only looks; on SQLite it neither waits for the writer nor holds it up."""
        with Session(self._reader, expire_on_commit=False, info={**self._info, "looks": {}}) as session:
            yield session
            session.expunge_all()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: all of it is kept, or on an error nothing. Whether the database takes it is noted."""
        if self._one_writer is not None:
            self._one_writer.acquire()
        try:
            with Session(self._to_write(), expire_on_commit=False, info=self._info) as session:
                with session.begin():
                    yield session
                woken = bool(session.info.get("woken"))
            self._count()
        except BaseException as error:
            self.outage.failed(error)
            self._drop_writer()
            raise
        finally:
            if self._one_writer is not None:
                self._one_writer.release()
        self.outage.worked()
        if woken:
            for listener in self._listeners:
                listener()

    def _to_write(self) -> Engine | Connection:
        """What a writing session stands on: on SQLite always the same connection.

        SQLite drops all pages a connection has at hand once another one has written; the one that writes itself
        keeps them, and finds a row five times as fast.
        """
        if self._one_writer is None:
            return self.engine
        if self._writer is None:
            self._writer = self.engine.connect()
            driver = self._writer.connection.dbapi_connection
            assert driver is not None  # noqa: S101 - it has just been connected
            driver.cursor().execute(f"PRAGMA cache_size=-{AT_HAND}")
        return self._writer

    def _drop_writer(self) -> None:
        """Give the writing connection up, so that whatever went wrong with it ends there; the next one is fresh."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _count(self) -> None:
        """Now and then write SQLite's log into its file, in a thread of its own; called by the one writer."""
        self._commits += 1
        busy = self._logging is not None and self._logging.is_alive()
        if self._one_writer is not None and self._commits >= EVERY and not busy:
            self._commits = 0
            self._logging = threading.Thread(target=self._write_log, name="log", daemon=True)
            self._logging.start()

    def _write_log(self) -> None:
        connection = self.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            connection.close()

    def settle(self) -> None:
        """Write SQLite's log into its file and empty it, so that erased bytes lie in neither.

        Gives way at once where somebody is reading; the next time does it.
        """
        if self.engine.dialect.name == "sqlite":
            connection = self.engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute("PRAGMA busy_timeout=200")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.execute(f"PRAGMA busy_timeout={BUSY}")
                cursor.close()
            finally:
                connection.close()

    @property
    def keeps_old_rows(self) -> bool:
        """Whether erased bytes stay in the files until a table is written anew: not on SQLite (`secure_delete`)."""
        return self.engine.dialect.name == "postgresql"

    def rewrite(self, tables: Iterable[str]) -> None:
        """Write tables of PostgreSQL anew, each by itself, so that what was erased is in none of its files.

        A plain VACUUM gives the room free and leaves the bytes. Each table is locked meanwhile; gives way at once
        where somebody else works in it for long, and the next time does it.
        """
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET lock_timeout = '2s'")
            try:
                for table in tables:
                    connection.exec_driver_sql(f"VACUUM (FULL) {table}")
            finally:
                connection.exec_driver_sql("SET lock_timeout = 0")

    def close(self) -> None:
        """Give all connections back; what is being written in another thread ends first.

        SQLite breaks down where a connection is closed under a statement. What does not end in time keeps its own.
        """
        if self._logging is not None:
            self._logging.join()
        writer = self._one_writer
        if writer is None or writer.acquire(timeout=TO_END):
            self._drop_writer()
            if writer is not None:
                writer.release()
        self.engine.dispose()


def affected(result: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE touched."""
    return result.rowcount if isinstance(result, CursorResult) else 0


@cache
def _insert_once(table: type[Base], columns: tuple[str, ...]) -> Prepared:
    return Prepared.insert(table, columns, once=True)


def insert_once(session: Session, table: type[Base], values: Mapping[str, object]) -> int | None:
    """Insert a row unless a unique key forbids it; its id, or None where such a row stands already."""
    row_id: int | None = _insert_once(table, tuple(values)).scalar(session, **values)
    return row_id
