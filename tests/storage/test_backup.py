"""Backups: what is put back is what was there; a key dropped since the backup is in no copy."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from storage import backup, keys, people, sealed_file
from storage.database import Database, take_time
from storage.tables import METADATA
from tests.support.filling import fill_every_table
from tests.support.stage import KEYS, ROOT, Stage


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database to put a backup back into."""
    if request.param == "sqlite":
        db = Database(f"sqlite:///{tmp_path}/again.db", KEYS)
        yield db
        db.close()
        return
    server = request.getfixturevalue("postgres_server")
    name = server.create()
    db = Database(server.url(name), KEYS)
    yield db
    db.close()
    server.drop(name)


def content(db: Database) -> dict[str, list[str]]:
    """Every row of every table but the leases."""
    with db.read() as session:
        take_time(session.connection())
        return {
            table.name: sorted(str(sorted(row.items())) for row in session.execute(select(table)).mappings())
            for table in METADATA.sorted_tables
            if table.name != "leases"
        }


def test_what_is_put_back_is_what_was_there(both_stages: Stage, target: Database, tmp_path: Path) -> None:
    both_stages.say("居民甲", "帮助")
    db = both_stages.world.db
    count = backup.backup(db, tmp_path / "b.db", tmp_path / "b.keys")
    assert count > 100
    assert backup.restore(target, tmp_path / "b.db", tmp_path / "b.keys") == count
    assert content(target) == content(db)
    with target.write() as session:
        assert people.add(session, "新来的", both_stages.world.now()).id > 0
    with pytest.raises(backup.NotEmpty):
        backup.restore(target, tmp_path / "b.db", tmp_path / "b.keys")


def test_no_key_lies_with_the_records(stage: Stage, tmp_path: Path) -> None:
    stage.say("居民甲", "帮助")
    with stage.world.db.read() as session:
        wrapped = session.scalars(select(keys.DataKey.wrapped)).all()
        contents = [row[0] for row in session.execute(text("SELECT wrapped FROM contents")) if row[0]]
    assert contents
    backup.backup(stage.world.db, tmp_path / "b.db", tmp_path / "b.keys")
    inside = {
        name: b"".join(sealed_file.read(tmp_path / name, KEYS, purpose))
        for name, purpose in (("b.db", backup.RECORDS), ("b.keys", backup.WRAPPED))
    }
    lines = [base64.b64encode(key) for key in [*wrapped, *contents]]
    assert [key for key in lines if key in inside["b.db"]] == []
    assert [key for key in lines if key not in inside["b.keys"]] == []
    assert {path.name for path in tmp_path.glob("b.*")} == {"b.db", "b.keys"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("b.*"))


def test_an_erased_person_is_erased_from_older_backups(stage: Stage, tmp_path: Path) -> None:
    db, now = stage.world.db, stage.world.now()
    backup.backup(db, tmp_path / "old.db", tmp_path / "b.keys")
    with db.write() as session:
        person = people.named(session, "居民甲")
        assert person is not None
        number, key_id = person.id, person.key_id
        session.execute(text("DELETE FROM data_keys WHERE id = :id"), {"id": key_id})
    backup.backup(db, tmp_path / "new.db", tmp_path / "b.keys")
    again = Database(f"sqlite:///{tmp_path}/again.db", KEYS)
    backup.restore(again, tmp_path / "old.db", tmp_path / "b.keys")
    with again.read() as session:
        assert people.name_of(session, number) == ""
        other = people.named(session, "居民乙")
        assert other is not None
        assert people.name_of(session, other) == "居民乙"
    again.close()
    assert now is not None


def test_a_backup_that_fails_leaves_the_last_one(stage: Stage, tmp_path: Path) -> None:
    backup.backup(stage.world.db, tmp_path / "b.db", tmp_path / "b.keys")
    before = (tmp_path / "b.db").read_bytes()
    broken = Database(f"sqlite:///{tmp_path}/none.db", KEYS)
    with pytest.raises(Exception, match="no such table"):
        backup.backup(broken, tmp_path / "b.db", tmp_path / "b.keys")
    broken.close()
    assert (tmp_path / "b.db").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_every_kind_of_value_comes_back(target: Database, tmp_path: Path) -> None:
    source = Database(f"sqlite:///{tmp_path}/full.db", KEYS)
    fill_every_table(source, 5)
    with source.engine.begin() as connection:
        connection.execute(text("DELETE FROM worlds"))
    count = backup.backup(source, tmp_path / "b.db", tmp_path / "b.keys")
    assert backup.restore(target, tmp_path / "b.db", tmp_path / "b.keys") == count
    assert content(target) == content(source)
    source.close()


WATCHED = """
import os
import subprocess
import sys
from pathlib import Path

from storage import backup
from storage.database import Database
from tests.support.stage import KEYS

made = []


def note(event, args):
    if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR):
        made.append(str(args[0]))


folder = Path(sys.argv[2])
source = Database(sys.argv[1], KEYS)
sys.addaudithook(note)
backup.backup(source, folder / "b.db", folder / "b.keys")
print(*sorted({name for name in made if not name.isdecimal()}), sep="\\n")
source.close()
"""


def test_nothing_lies_on_the_disk_in_plain_while_it_is_written(stage: Stage, tmp_path: Path) -> None:
    """Whatever file is made on the way is one of the two, and is sealed already."""
    folder = tmp_path / "out"
    folder.mkdir()
    url = stage.world.db.engine.url.render_as_string(hide_password=False)
    # In a process of its own: a hook cannot be taken off again, and slows down whatever comes after.
    command = [sys.executable, "-c", WATCHED, url, str(folder)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == [f"{folder}/b.db.part", f"{folder}/b.keys.part"]
    assert {path.name for path in folder.iterdir()} == {"b.db", "b.keys"}


def test_a_backup_of_another_version_is_told_from_a_broken_one(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(backup, "_head", lambda: {"wangge": 1, "version": "0000"})
        backup.backup(stage.world.db, tmp_path / "b.db", tmp_path / "b.keys")
    again = Database(f"sqlite:///{tmp_path}/again.db", KEYS)
    with pytest.raises(backup.OtherVersion, match="0000"):
        backup.restore(again, tmp_path / "b.db", tmp_path / "b.keys")
    again.close()
    assert not (tmp_path / "again.db").exists()
