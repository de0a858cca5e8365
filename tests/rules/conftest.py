"""An empty database for rules that need no county."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.tables import METADATA
from tests.support.stage import KEYS


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database with all tables."""
    database = Database(f"sqlite:///{tmp_path / 'lite.db'}", KEYS)
    METADATA.create_all(database.engine)
    yield database
    database.close()
