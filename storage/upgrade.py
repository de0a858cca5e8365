"""Bringing a database up to date (升级): the steps of `storage/migrations` run once, by one process at a time.

A database that is up to date is told by one look at its version; Alembic is loaded only where a step is due.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from storage.database import Database, take_time
from storage.sealing import MasterKey

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0001"
"""The newest step; `tests/storage/test_upgrade.py` holds it against the files."""
FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x77616E67
"""PostgreSQL's advisory lock of a migration, any number that is ours."""


class TooNew(Exception):
    """The database was made by a newer program; `version` is its newest step."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version


def version_of(db: Database) -> str | None:
    """The newest step a database has gone, None for an empty one; raises DBAPIError where it can't be reached."""
    with db.engine.execution_options(readonly=True).connect() as connection:
        if not connection.dialect.has_table(connection, "alembic_version"):
            return None
        version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return version


def upgrade_needed(url: str) -> bool:
    """Whether steps are missing."""
    db = Database(url, MasterKey(bytes(32)))
    try:
        return version_of(db) != HEAD
    finally:
        db.close()


def upgrade(db: Database) -> bool:
    """Run the steps that are missing; whether there were any.

    Raises TooNew for a database of a newer program, DBAPIError where the database can't be reached or written.
    """
    version = version_of(db)
    if version == HEAD:
        return False
    if version is not None and version > HEAD:
        raise TooNew(version)
    from alembic import command  # slow to load, and seldom needed

    with _alone(db) as connection:
        command.upgrade(config_on(connection), "head")
    return True


def config_on(connection: Connection) -> "Config":
    """Alembic's settings for one connection; there is no alembic.ini."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(db: Database) -> Iterator[Connection]:
    """One transaction that keeps every other migrating process waiting.

    SQLite rebuilds a table to change it: that must not cascade, so references are checked at the end instead.
    """
    with db.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            with connection.begin():
                take_time(connection)
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                yield connection
            return
        pragma(connection, "foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                if broken is not None:
                    raise DBAPIError("PRAGMA foreign_key_check", None, ValueError(f"rows left alone in {broken[0]}"))
        finally:
            pragma(connection, "foreign_keys=ON")


def pragma(connection: Connection, what: str) -> None:
    """Set a switch that SQLite only takes outside a transaction."""
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA {what}")
    cursor.close()
