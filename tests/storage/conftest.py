"""An empty database of each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.tables import METADATA
from tests.support.stage import KEYS


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables, once SQLite and once PostgreSQL."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    database = Database(url, KEYS)
    METADATA.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database with all tables."""
    database = Database(f"sqlite:///{tmp_path / 'lite.db'}", KEYS)
    METADATA.create_all(database.engine)
    yield database
    database.close()
