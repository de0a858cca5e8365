"""The steps of the database lead exactly to what the tables say, on SQLite and PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage import upgrade
from storage.database import Database
from storage.sealing import MasterKey
from storage.tables import METADATA

KEYS = MasterKey(bytes(32))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    on_postgres = request.param == "postgresql"
    db = Database(request.getfixturevalue("postgres_url") if on_postgres else f"sqlite:///{tmp_path}/new.db", KEYS)
    yield db
    db.close()


def test_the_steps_lead_to_todays_tables(empty: Database) -> None:
    assert upgrade.version_of(empty) is None
    assert upgrade.upgrade(empty) is True
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == [], "run `make migration`"
    assert upgrade.version_of(empty) == upgrade.HEAD
    assert upgrade.upgrade(empty) is False


def test_the_newest_step_is_the_one_looked_for(empty: Database) -> None:
    with empty.engine.connect() as connection:
        scripts = ScriptDirectory.from_config(upgrade.config_on(connection))
        assert scripts.get_heads() == [upgrade.HEAD]


def test_a_database_of_a_newer_program_is_left_alone(empty: Database) -> None:
    upgrade.upgrade(empty)
    with empty.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(upgrade.TooNew, match="9999"):
        upgrade.upgrade(empty)


def test_rows_left_alone_by_a_step_undo_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'careless.db'}", KEYS)
    upgrade.upgrade(empty)
    with empty.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    def careless(config: object, _revision: str) -> None:
        connection = config.attributes["connection"]  # type: ignore[attr-defined]
        connection.execute(
            text("INSERT INTO areas (name, level, parent_id, path, aliases) VALUES ('x', 'grid', 77, '/', '[]')")
        )

    monkeypatch.setattr("alembic.command.upgrade", careless)
    with pytest.raises(DBAPIError):
        upgrade.upgrade(empty)
    with empty.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM areas")) == 0
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    empty.close()


def test_several_processes_at_once_upgrade_one_database(empty: Database) -> None:
    program = (
        "import sys; from storage import upgrade; from storage.database import Database;"
        "from storage.sealing import MasterKey; db = Database(sys.argv[1], MasterKey(bytes(32)));"
        "print(upgrade.upgrade(db)); db.close()"
    )
    command = [sys.executable, "-c", program, empty.url]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    for process in running:
        process.stdout.close()  # type: ignore[union-attr]
    assert upgrade.version_of(empty) == upgrade.HEAD
