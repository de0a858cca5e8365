"""Opening a world: one kind a database, one key, and a sentence for whatever stands in the way."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.cannot import CannotDo, unreachable, where
from bot.settings import Settings, load_settings
from bot.worlds import kind_in, open_world, samples, station_of
from handlers.dialogue import command
from handlers.dialogue.world import Station
from storage.worlds import WorldKind


def refused(folder: Path, kind: WorldKind = WorldKind.PLAYGROUND, url: str = "") -> str:
    """Why the world of a folder can't be opened; one sentence."""
    with pytest.raises(CannotDo) as caught:
        open_world(kind, url or f"sqlite:///{folder}/w.db", folder / "w.key")
    sentence = str(caught.value)
    assert sentence.endswith("。")
    assert sentence.count("。") == 1
    return sentence.replace(f"{folder}/", "")


def make(folder: Path, kind: WorldKind = WorldKind.PLAYGROUND) -> None:
    """A world in a folder."""
    open_world(kind, f"sqlite:///{folder}/w.db", folder / "w.key").db.close()


def test_the_defaults_of_settings_and_station_agree() -> None:
    assert station_of(Settings()) == Station()


def test_a_world_is_opened_again_as_what_it_is(tmp_path: Path) -> None:
    assert kind_in(f"sqlite:///{tmp_path}/w.db") is None
    make(tmp_path, WorldKind.REAL)
    assert kind_in(f"sqlite:///{tmp_path}/w.db") is WorldKind.REAL
    make(tmp_path, WorldKind.REAL)
    assert refused(tmp_path) == "数据库 w.db 里是真实群的数据，不能当作演练场使用，请换一个数据库，或换一个文件夹。"


def test_a_world_without_its_key_stays_shut(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "w.key").unlink()
    assert refused(tmp_path) == "找不到主密钥文件 w.key，没有它打不开 数据库 w.db，请把备份的主密钥放回原处。"
    assert not (tmp_path / "w.key").exists()


def test_another_key_does_not_fit(tmp_path: Path) -> None:
    from bot.play import load_county

    world = open_world(WorldKind.PLAYGROUND, f"sqlite:///{tmp_path}/w.db", tmp_path / "w.key")
    load_county(world, samples())
    world.db.close()
    (tmp_path / "w.key").write_text("00" * 32)
    assert refused(tmp_path).startswith("主密钥 w.key 打不开数据库 w.db")


def test_a_file_that_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "w.key").write_text("hello")
    assert refused(tmp_path) == "w.key 里不是主密钥，请放回备份的主密钥文件。"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "w.db").write_bytes(b"hello, this is no database at all" * 99)
    assert refused(tmp_path).startswith("数据库 w.db 不是可用的数据库文件")


def test_a_newer_database(tmp_path: Path) -> None:
    make(tmp_path)
    world = open_world(WorldKind.PLAYGROUND, f"sqlite:///{tmp_path}/w.db", tmp_path / "w.key")
    with world.db.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    world.db.close()
    assert refused(tmp_path) == "数据库 w.db 是更新版本的程序建的，请先升级本程序。"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "none").startswith("打不开数据库") or os.geteuid() == 0


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://u:geheim@/db?host={tmp_path}"
    sentence = refused(tmp_path, url=url)
    assert sentence == "PostgreSQL 数据库 db 连不上或打不开，请检查地址、权限和数据库是否在运行。"
    assert "geheim" not in where(url)


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ("database is locked", "正被别的程序占用"),
        ("database or disk is full", "磁盘满了"),
        ("file is not a database", "放回备份"),
        ("whatever else", "请检查地址"),
    ],
)
def test_a_database_that_fails_is_one_sentence(said: str, mend: str) -> None:
    sentence = unreachable("数据库 w.db", OperationalError("SELECT 1", None, Exception(said)))
    assert mend in sentence
    assert "SELECT" not in sentence


def test_words_of_the_station_that_do_not_fit(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text('nonsense = "x"', encoding="utf-8")
    config = tmp_path / "config.toml"
    config.write_text('[station]\ntexts = "ours.toml"\n[incidents]\nuntaken_minutes = 9', encoding="utf-8")
    settings = load_settings(config, {})
    with pytest.raises(CannotDo, match="用语文件用不了"):
        open_world(WorldKind.REAL, f"sqlite:///{tmp_path}/w.db", tmp_path / "w.key", settings=settings)
    assert station_of(settings).untaken == timedelta(minutes=9)


def test_two_files_for_one_word_stop_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def two() -> None:
        raise command.TwoCommands("上报: handlers.a / handlers.b")

    monkeypatch.setattr(command, "all_commands", two)
    assert "handlers.a / handlers.b" in refused(tmp_path)
    assert not (tmp_path / "w.db").exists()


def test_a_driver_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.worlds.find_spec", lambda _name: None)
    assert ".[cluster]" in refused(tmp_path, url="postgresql+psycopg://h/db")
