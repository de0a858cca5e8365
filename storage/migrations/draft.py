"""Drafting a step from what the tables say: `python -m storage.migrations.draft NUMBER "what changes"`.

Run by people who change tables (`make migration`). A number that stands already is drafted anew: right only
before its first release. What comes out is read and tested before it is committed.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from storage.database import Database
from storage.sealing import MasterKey
from storage.upgrade import FOLDER, config_on


def draft(number: str, message: str) -> Path:
    """Write the step that leads from the steps before `number` to today's tables; its file."""
    for old in (FOLDER / "versions").glob(f"{number}_*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/empty.db", MasterKey(bytes(32)))
        with db.engine.connect() as connection, connection.begin():
            config = config_on(connection)
            if ScriptDirectory.from_config(config).get_heads():
                command.upgrade(config, "head")
            script = command.revision(config, message, autogenerate=True, rev_id=number)
        db.close()
    return Path(script.path)  # type: ignore[union-attr]


if __name__ == "__main__":
    draft(sys.argv[1], sys.argv[2])
