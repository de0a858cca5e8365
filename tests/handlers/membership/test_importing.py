"""Importing a county: all or nothing, every bad row by file and line."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select

from handlers.membership import actions, importing
from handlers.membership.importing import ImportFailed
from storage import areas, chats, people
from storage.areas import Area
from storage.database import Database
from storage.people import Person, Role
from storage.tables import METADATA
from tests.support.stage import KEYS, ROOT, START

AREAS = "name,level,parent,aliases\n县,county,,\n镇,town,县,\n村,community,镇,庄;老庄\n"
PEOPLE = "name,roles,title,phone,household\n甲,网格员@村,,19900000001,村-001\n"
CHATS = "name,kind,area,members\n村群,residents,村,甲\n"


@pytest.fixture
def db(tmp_path: Path) -> Database:
    base = Database(f"sqlite:///{tmp_path}/import.db", KEYS, "OFF")
    METADATA.create_all(base.engine)
    return base


def failed(db: Database, files: Mapping[str, str]) -> list[str]:
    """What is reported; and nothing stands in the database."""
    with db.write() as session:
        with pytest.raises(ImportFailed) as failure:
            importing.import_all(session, files, "play", START)
        for table in (Area, Person, chats.Chat):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    return [str(row) for row in failure.value.rows]


def test_the_sample_county_in_any_order_and_twice(db: Database) -> None:
    files = {
        f"{name}.csv": (ROOT / "samples" / f"{name}.csv").read_text("utf-8") for name in ("chats", "people", "areas")
    }
    with db.write() as session:
        counts = importing.import_all(session, files, "play", START)
        assert (counts.areas, counts.people, counts.chats) == (40, 29, 13)
        assert importing.import_all(session, files, "play", START) == counts
        assert session.scalar(select(func.count()).select_from(Person)) == 29


def test_one_bad_row_and_nothing_is_imported(db: Database) -> None:
    reported = failed(db, {"a.csv": AREAS, "p.csv": PEOPLE + "乙,网格员@火星,,,\n", "c.csv": CHATS})
    assert reported == ["p.csv 第 3 行 roles：没有叫“火星”的区域"]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("甲区,grid,甲区,\n", "第 5 行 parent：上级不能是自己"),
        ("甲区,grid,没有,\n", "第 5 行 parent：没有叫“没有”的上级区域"),
        ("村,community,镇,\n", "第 5 行 name：“村”重复了，第 4 行已有"),
        ("甲区,省,村,\n", "第 5 行 level：应是 county、town、community、grid、micro 之一"),
        (",grid,村,\n", "第 5 行 name：名称是空的"),
        ("甲区,town,村,\n", "第 5 行 parent：上级“村”的级别（community）应高于本区域（town）"),
        ("甲区,grid,村,a,b\n", "第 5 行 ：列数比表头多，内容里的逗号请放在引号里"),
    ],
)
def test_bad_areas(db: Database, rows: str, problem: str) -> None:
    assert failed(db, {"a.csv": AREAS + rows}) == [f"a.csv {problem}"]


def test_parents_in_a_circle(db: Database) -> None:
    text = "name,level,parent,aliases\n甲,town,乙,\n乙,county,甲,\n"
    assert any("级别" in row or "绕成了圈" in row for row in failed(db, {"a.csv": text}))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("乙,村长@村,,,", "roles：没有“村长”这个角色"),
        ("乙,网格员,,,", "roles：“网格员”后面缺少区域，应写成 网格员@区域"),
        ("乙,,,,", "roles：角色是空的，应写成 角色@区域"),
        ("乙,网格员@村,,12ab,", "phone：电话号码不对"),
        ("甲,网格员@村,,,", "name：“甲”重复了，第 2 行已有"),
        (",网格员@村,,,", "name：姓名是空的"),
    ],
)
def test_bad_people(db: Database, row: str, problem: str) -> None:
    assert failed(db, {"a.csv": AREAS, "p.csv": PEOPLE + row}) == [f"p.csv 第 3 行 {problem}"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("群,private,村,", "kind：应是"),
        ("群,residents,火星,", "area：没有叫“火星”的区域"),
        ("群,residents,村,丙", "members：没有叫“丙”的人"),
    ],
)
def test_bad_groups(db: Database, row: str, problem: str) -> None:
    reported = failed(db, {"a.csv": AREAS, "p.csv": PEOPLE, "c.csv": CHATS + row})
    assert reported[0].startswith(f"c.csv 第 3 行 {problem}")


def test_every_bad_row_of_every_file_is_told_at_once(db: Database) -> None:
    reported = failed(db, {"a.csv": AREAS + ",grid,村,\n", "x.csv": "a,b\n1,2\n"})
    assert [row.split()[0] for row in reported] == ["x.csv", "a.csv"]


def test_households_are_only_hashes(db: Database, tmp_path: Path) -> None:
    with db.write() as session:
        importing.import_all(session, {"a": AREAS, "p": PEOPLE.replace("村-001", "金丝雀户")}, "play", START)
        person = people.named(session, "甲")
        assert person is not None
        assert person.household_digest
    db.close()
    assert "金丝雀户".encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_the_first_admin_keeps_the_imported_county(db: Database) -> None:
    with db.write() as session:
        code = actions.first_admin_code(session, START)
        assert code
        importing.import_all(session, {"a": AREAS}, "real", START)
        root = areas.named(session, "县")
        assert root is not None
        assert [area.name for area in areas.all_of(session)] == ["县", "镇", "村"]
        assert people.holders(session, [Role.ADMIN], root.id) == []
        assert actions.ROOT not in [area.name for area in areas.all_of(session)]


def test_a_name_somebody_says_of_themselves_brings_them_no_role_by_the_list(db: Database) -> None:
    with db.write() as session:
        importing.import_all(session, {"a.csv": AREAS}, "play", START)
        stranger = people.add(session, "李所长", START)
        people.identify(session, stranger, "play", "stranger", START)
        importing.import_all(session, {"p.csv": PEOPLE + "李所长,所长@县;居民@村,所长,19900000002,\n"}, "play", START)
        assert not people.holds_of(session, stranger.id)
        assert not stranger.is_registered
        importing.import_all(session, {"p.csv": PEOPLE + "李所长,居民@村,,19900000002,村-002\n"}, "play", START)
        assert not stranger.is_registered
        (chief,) = people.all_holders(session, [Role.CHIEF])
        assert chief != stranger.id


def test_who_joined_by_a_code_is_brought_up_to_date_by_the_list(db: Database) -> None:
    with db.write() as session:
        importing.import_all(session, {"a.csv": AREAS}, "play", START)
        area = areas.named(session, "县")
        assert area is not None
        chief = people.add(session, "李所长", START)
        people.identify(session, chief, "play", "chief", START)
        people.grant(session, chief.id, Role.CHIEF, area.id, START)
        importing.import_all(session, {"p.csv": PEOPLE + "李所长,所长@县,副所长,19900000002,\n"}, "play", START)
        assert (chief.title, chief.is_registered) == ("副所长", True)
