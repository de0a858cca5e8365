"""`wangge people import | revoke`, `db upgrade | backup | restore | move`: what is told; nothing is done by half."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.cannot import CannotDo
from bot.commands import db, people
from bot.commands.chosen import chosen
from bot.commands.people import import_files
from bot.drills import take_part
from bot.worlds import open_world, samples
from storage import leases
from storage.areas import Area
from storage.people import Person
from storage.worlds import WorldKind

TABLES = ["people.csv", "chats.csv", "areas.csv"]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rows() -> tuple[int, int]:
    """How many areas and people the playground holds."""
    world = open_world(WorldKind.PLAYGROUND, "sqlite:///playground.db", Path("playground.key"))
    with world.db.read() as session:
        counts = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Area, Person)]
    world.db.close()
    return counts[0], counts[1]


def refused(files: list[str], world: str | None = None) -> str:
    """Why these files are not imported."""
    with pytest.raises(CannotDo) as caught:
        people.import_files([Path(file) for file in files], world, None)
    return str(caught.value)


def test_a_county_is_imported_in_whatever_order() -> None:
    told = people.import_files([samples() / name for name in TABLES], None, None)
    assert told == ["演练场：已导入区域 40 行、人员 29 行、群 13 行。 Imported: 82 rows."]
    assert rows() == (40, 29)


def test_a_table_in_gbk() -> None:
    for name in TABLES:
        Path(name).write_bytes((samples() / name).read_text(encoding="utf-8").encode("gb18030"))
    people.import_files([Path(name) for name in TABLES], None, None)
    assert rows() == (40, 29)


def test_one_bad_row_and_nothing_is_imported() -> None:
    text = (samples() / "people.csv").read_text(encoding="utf-8")
    Path("people.csv").write_text(
        text.replace("居民@大侯村,", "居民@大猴村,").replace("所长@", "锁长@"), encoding="utf-8"
    )
    sentence = refused([str(samples() / "areas.csv"), "people.csv"])
    lines = sentence.splitlines()
    assert lines[0] == "people.csv 第 2 行 roles：没有叫“大猴村”的区域"
    assert lines[-1] == f"一行也没有导入，请改好以上 {len(lines) - 1} 处再试。"
    assert len(lines) > 2
    assert rows() == (0, 0)


def test_files_that_are_no_tables() -> None:
    Path("a.csv").write_bytes(b"\xff\xff\x00\x80")
    Path("b.csv").write_text("one,two\n1,2\n")
    Path("c.csv").write_text("")
    assert "不是文字表格" in refused(["a.csv"])
    assert "看不出是哪种表" in refused(["b.csv"])
    assert "看不出是哪种表" in refused(["c.csv"])
    assert "读不了 d.csv" in refused(["d.csv"])
    assert (
        refused([str(samples() / "areas.csv")], "moon")
        == "--world 只能写 real（真实群）、playground（演练场）或 drill（演练）。"
    )
    assert "绑定群" in refused([str(samples() / "chats.csv")], "real")


def test_upgrade_tells_whether_it_was_needed() -> None:
    assert "已升级到" in db.upgrade(None, None)[0]
    assert "已是最新" in db.upgrade(None, None)[0]


def test_a_backup_and_back() -> None:
    with pytest.raises(CannotDo, match="没有可备份的"):
        db.backup(None, None, None)
    people.import_files([samples() / name for name in TABLES], None, None)
    assert "已备份" in db.backup(None, None, None)[0]
    (file,) = Path("backups").glob("playground-*.backup")
    with pytest.raises(CannotDo, match="不是空的"):
        db.restore(file, None, None)
    for old in Path().glob("playground.db*"):
        old.unlink()
    assert "已恢复" in db.restore(file, None, None)[0]
    assert rows() == (40, 29)


def test_a_backup_that_is_none() -> None:
    with pytest.raises(CannotDo, match="三样"):
        db.restore(Path("none.db"), None, None)
    people.import_files([samples() / "areas.csv"], None, None)
    db.backup(Path("b.db"), None, None)
    for old in Path().glob("playground.db*"):
        old.unlink()
    Path("b.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(CannotDo, match="不是本程序加密的备份"):
        db.restore(Path("b.db"), None, None)


def moved(target: str) -> tuple[list[str], list[str]]:
    """What the operator hears while the playground is moved, and at the end."""
    heard: list[str] = []
    return heard, db.move(target, None, None, heard.append)


def not_moved(target: str) -> str:
    """Why the playground is not moved there."""
    with pytest.raises(CannotDo) as caught:
        moved(target)
    return str(caught.value)


def test_a_world_is_moved_and_goes_on(postgres_url: str) -> None:
    people.import_files([samples() / name for name in TABLES], None, None)
    heard, told = moved(postgres_url)
    assert "people 29/29" in heard
    assert any(line.split()[:2] == ["areas", "40"] for line in told)
    assert "全部一致" in told[-4]
    assert "config.toml 的 [playground] 里写 database_url" in told[-3]
    assert "playground.key 留在原处" in told[-2]
    assert "不是空的" in not_moved(postgres_url)
    world = open_world(WorldKind.PLAYGROUND, postgres_url, Path("playground.key"))
    with world.db.read() as session:
        assert [person for person in session.scalars(select(Person)) if person.id == 29]
    world.db.close()
    assert rows() == (40, 29)


def test_a_move_that_broke_off_is_told_and_started_over(monkeypatch: pytest.MonkeyPatch) -> None:
    people.import_files([samples() / name for name in TABLES], None, None)
    with monkeypatch.context() as broken:
        broken.setattr("storage.move.compare", lambda old, new: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            moved("sqlite:///new.db")
    with pytest.raises(CannotDo, match="没有搬完"):
        open_world(WorldKind.PLAYGROUND, "sqlite:///new.db", Path("playground.key"))
    heard, told = moved("sqlite:///new.db")
    assert "从头再搬" in heard[0]
    assert 'database_url = "sqlite:///new.db"' in told[-3]
    assert Path("new.db").stat().st_mode & 0o077 == 0


def test_what_can_not_be_moved() -> None:
    assert "没有可搬的" in not_moved("sqlite:///new.db")
    people.import_files([samples() / "areas.csv"], None, None)
    assert "数据库地址" in not_moved("mysql://somewhere/x")
    assert "数据库地址" in not_moved("postgresql://u:p@host:port/x")
    assert "正在用的" in not_moved("sqlite:///playground.db")
    sentence = not_moved("postgresql://me:secret@/x?host=/nowhere")
    assert "secret" not in sentence
    assert "没有动" in sentence
    world = open_world(WorldKind.PLAYGROUND, "sqlite:///playground.db", Path("playground.key"))
    with world.db.write() as session:
        leases.take(session, "drain:play", "me", world.now(), world.now() + timedelta(seconds=3))
    world.db.close()
    assert "请先停掉" in not_moved("sqlite:///new.db")


def test_the_shown_address_has_no_password() -> None:
    place = chosen("real", None)
    told = db._what_now(place, "postgresql+psycopg://me:secret@db/w")
    assert 'url = "postgresql://me:***@db/w"（*** 处写密码）' in told[0]
    assert "[database]" in told[0]
    assert "secret" not in "".join(told)


def test_a_drill_is_filled_with_the_stations_own_people(tmp_path: Path) -> None:
    Path("a.csv").write_text("name,level,parent,aliases\n青山县,county,,\n青山村,community,青山县,\n", encoding="utf-8")
    Path("p.csv").write_text(
        "name,roles\n张三,社区民警@青山村\n李四,网格员@青山村\n王五,居民@青山村\n", encoding="utf-8"
    )
    Path("g.csv").write_text(
        "name,kind,area,members\n青山居民群,residents,青山村,王五\n青山网格群,workers,青山村,李四\n", encoding="utf-8"
    )
    told = import_files([Path("a.csv"), Path("p.csv"), Path("g.csv")], "drill", None)
    assert told == ["演练：已导入区域 2 行、人员 3 行、群 2 行。 Imported: 7 rows."]
    world = open_world(WorldKind.DRILL, "sqlite:///drill.db", Path("drill.key"))
    roster = take_part(world, samples())
    world.db.close()
    assert [(one.name, one.role, one.area) for one in roster.people] == [
        ("张三", "社区民警", "青山村"),
        ("李四", "网格员", "青山村"),
    ]
    assert [(one.name, one.kind, one.members) for one in roster.groups] == [("青山网格群", "workers", ("张三", "李四"))]


def test_nobody_is_imported_into_the_sample_county_of_a_drill() -> None:
    world = open_world(WorldKind.DRILL, "sqlite:///drill.db", Path("drill.key"))
    take_part(world, samples())
    world.db.close()
    with pytest.raises(CannotDo, match="样例县"):
        import_files([samples() / "areas.csv"], "drill", None)


def test_a_colleagues_roles_are_taken_from_the_stations_computer() -> None:
    people.import_files([samples() / name for name in TABLES], None, None)
    (told,) = people.revoke("网格员甲", 0, None, None)
    assert "大侯村网格员" in told
    for name in ("网格员甲", "居民甲", "钱不在"):
        with pytest.raises(CannotDo, match=f"没有叫“{name}”的工作人员"):
            people.revoke(name, 0, None, None)
