"""R18, the side of the keys: erasing reaches old backups, and a stolen or damaged backup gives nothing away.

RULES_FLIPS=2000 is the long form of the flipped bytes.
"""

import os
import random
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.cannot import CannotDo
from bot.commands import db as commands
from storage import areas, backup, chats, incidents, keys, people, sealed_file
from storage.chats import ChatKind
from storage.database import Database
from storage.incidents import Incident, IncidentKind
from storage.sealing import MasterKey, Tampered
from tests.support.stage import KEYS, Stage

FLIPS = int(os.environ.get("RULES_FLIPS", "120"))
WORDS = "暗号七七四九，电话13812345678"
GROUP = "大侯村居民群"


def told(stage: Stage) -> None:
    """Somebody tells something, so that there is something to keep."""
    stage.say("居民甲", f"/上报 3号楼地下室进水了，{WORDS}", GROUP)


def files(folder: Path, name: str = "b") -> tuple[Path, Path]:
    """Where a backup and the one file of keys go."""
    return folder / f"{name}.backup", folder / "real.keys"


def test_nothing_readable_stands_in_either_file(both_stages: Stage, tmp_path: Path) -> None:
    told(both_stages)
    db = both_stages.world.db
    backup.backup(db, *files(tmp_path))
    with db.read() as session:
        named = {one.name for one in areas.all_of(session)} | {one.title for one in chats.groups(session, ChatKind)}
        wrapped = session.scalars(select(keys.DataKey.wrapped)).all()
    canaries = [*(one.encode() for one in (*named, WORDS, "地下室", "居民甲", "13812345678", "incident:1")), *wrapped]
    canaries += [b"SQLite", b"people", b"data_keys", b"2026-11-18", b"residents"]
    assert len(canaries) > 60
    for path in files(tmp_path):
        raw = path.read_bytes()
        assert [one for one in canaries if one and one in raw] == [], path.name
        assert path.stat().st_mode & 0o077 == 0


def test_without_the_master_key_nothing_opens(stage: Stage, tmp_path: Path) -> None:
    backup.backup(stage.world.db, *files(tmp_path))
    other = Database(f"sqlite:///{tmp_path}/again.db", MasterKey(bytes(32)))
    with pytest.raises(Tampered):
        backup.restore(other, *files(tmp_path))
    other.close()
    assert not (tmp_path / "again.db").exists()


def test_one_flipped_byte_anywhere_is_refused_and_nothing_is_touched(stage: Stage, tmp_path: Path) -> None:
    told(stage)
    backup.backup(stage.world.db, *files(tmp_path))
    dice = random.Random(18)
    again = Database(f"sqlite:///{tmp_path}/again.db", KEYS)
    for number in range(FLIPS):
        path = files(tmp_path)[number % 2]
        good = path.read_bytes()
        place = number // 2 if number < 2 * sealed_file.HEAD else dice.randrange(len(good))
        path.write_bytes(good[:place] + bytes([good[place] ^ (1 << dice.randrange(8))]) + good[place + 1 :])
        with pytest.raises((Tampered, sealed_file.NotSealed)):
            backup.restore(again, *files(tmp_path))
        path.write_bytes(good)
        assert not (tmp_path / "again.db").exists(), place
    records, wrapped = (path.read_bytes() for path in files(tmp_path))
    for bad in (records[:-1], records[: sealed_file.HEAD], wrapped, records + b"\x00", b"SQLite format 3\x00"):
        files(tmp_path)[0].write_bytes(bad)
        with pytest.raises((Tampered, sealed_file.NotSealed)):
            backup.restore(again, *files(tmp_path))
        assert not (tmp_path / "again.db").exists()
    files(tmp_path)[0].write_bytes(records)
    assert backup.restore(again, *files(tmp_path)) > 100
    again.close()


def test_a_bad_backup_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands.upgrade(None, None)
    commands.backup(Path("b.backup"), None, None)
    for old in Path().glob("playground.db*"):
        old.unlink()
    good = Path("b.backup").read_bytes()
    Path("b.backup").write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(CannotDo, match=r"^b\.backup 打不开：文件坏了.*数据没有动，请换一份。$"):
        commands.restore(Path("b.backup"), None, None)
    Path("b.backup").write_bytes(b"SQLite format 3\x00" + bytes(5000))
    with pytest.raises(CannotDo, match=r"^b\.backup 不是本程序加密的备份"):
        commands.restore(Path("b.backup"), None, None)
    assert not Path("playground.db").exists()
    Path("b.backup").write_bytes(good)
    assert "已恢复" in commands.restore(Path("b.backup"), None, None)[0]


def test_what_was_erased_stays_erased_when_an_older_backup_is_put_back(both_stages: Stage, tmp_path: Path) -> None:
    """The records of yesterday with the newest keys: the person and the report erased since do not come back."""
    told(both_stages)
    both_stages.say("居民乙", "/上报 东门路灯坏了", GROUP)
    db = both_stages.world.db
    backup.backup(db, *files(tmp_path, "old"))
    with db.write() as session:
        person = people.named(session, "居民甲")
        assert person is not None
        number = person.id
        people.forget(session, person)
        gone, stays = (incidents.numbered(session, IncidentKind.MATTER, one) for one in (1, 2))
        assert gone is not None
        assert gone.key_id is not None
        assert stays is not None
        keys.erase(session, gone.key_id)
        session.execute(text("UPDATE contents SET wrapped = NULL WHERE id = 1"))
    backup.backup(db, *files(tmp_path, "new"))
    assert sorted(path.name for path in tmp_path.glob("*.keys")) == ["real.keys"]
    again = Database(f"sqlite:///{tmp_path}/again.db", KEYS)
    backup.restore(again, *files(tmp_path, "old"))
    with again.read() as session:
        assert people.name_of(session, number) == ""
        assert people.phone_of(session, number) == ""
        found = {one.id: one for one in session.scalars(select(Incident))}
        assert incidents.text_of(session, found[gone.id]) == ""
        assert incidents.private_of(session, found[gone.id]) == {}
        assert "路灯" in incidents.text_of(session, found[stays.id])
        assert session.scalar(text("SELECT wrapped FROM contents WHERE id = 1")) is None
    again.close()
