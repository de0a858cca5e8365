"""R1: every record has one purpose of a closed list; opinion, petition, assembly, belief, ethnicity are no categories.

What is new is asked, too: a table without a row, a list, a column, a command or a sentence with such a word fails here.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Column, Date, Enum, Table, bindparam, insert
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.types import JSON, Boolean, LargeBinary, String

from handlers.dialogue.wording import text
from handlers.incidents import actions as incidents_actions
from handlers.reading.civic import petition
from handlers.reading.normal import fold
from storage import incidents
from storage.database import Database, Moment
from storage.incidents import IncidentKind
from storage.purposes import TABLES, Always, ByTopic, PartOf, Plumbing, Purpose, Said
from storage.tables import METADATA
from tests.rules import scanning
from tests.support.stage import KEYS, Stage, texts

LIST = {"service", "safety", "rescue", "crime", "missing", "fraud", "warning", "reminder", "membership"}
"""Written out anew: whoever adds a purpose changes this line, too, and reads the rule above."""

LATIN = frozenset(
    "opinion petition petitioner protest assembly demonstration belief believer religion religious faith church ethnic "
    "ethnicity race nation nationality minority native political politics party dissent sentiment mood loyalty "
    "stability unrest ideology".split()
)
CHINESE = re.compile(
    r"舆情|舆论|言论|思想动态|意见领袖|上访|信访|访民|请愿|集会|游行|示威|聚众|维稳|稳控|重点人|不放心|"
    r"民族|少数族|籍贯|信仰|宗教|教派|教徒|信教|邪教|政治|党派"
)
REFUSED = {
    ("handlers.bulletins.gate.Lack", "ethnicity"): "why a notice is refused: it describes somebody by ethnicity",
    ("handlers.bulletins.gate.Lack", "native"): "why a notice is refused: it describes somebody by native place",
    ("handlers.bulletins.gate.Lack", "faith"): "why a notice is refused: it describes somebody by belief",
}
"""Names that stand there to refuse just this."""
POINTS_ELSEWHERE = {
    "help.petition": "tells where a petition belongs",
    "incidents.petition": "tells that none is kept here",
    "bulletins.suspect.marks.ask": "asks to leave it out",
}
SAYS_NO = re.compile(r"不能用[^，。]*来描述人")


def bad(name: str) -> bool:
    """Whether a name of the program sorts by what is nobody's matter."""
    return bool(LATIN.intersection(scanning.parts(name)) or CHINESE.search(name))


def with_purpose() -> list[Table]:
    """The tables whose rows say their purpose."""
    return [METADATA.tables[name] for name, kept in TABLES.items() if isinstance(kept, Said)]


def test_the_list_is_closed() -> None:
    assert {one.value for one in Purpose} == LIST
    with pytest.raises(ValueError, match="petition"):
        Purpose("petition")


def test_every_table_is_kept_for_something() -> None:
    assert set(METADATA.tables) == set(TABLES), "say in storage/purposes.py what a new table is kept for"


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_is_bound_to_what_it_is_kept_for(name: str) -> None:
    table, kept = METADATA.tables[name], TABLES[name]
    own = [column for column in table.columns if is_purpose(column)]
    if isinstance(kept, Said):
        assert [column.name for column in own] == ["purpose"], "one purpose, neither none nor two"
        assert not own[0].nullable
        return
    assert own == [], "a table that says its purpose is Said"
    if isinstance(kept, PartOf):
        assert not isinstance(TABLES[kept.table], Plumbing)
        keys = [key for key in table.foreign_keys if key.column.table.name == kept.table]
        assert any(not key.parent.nullable for key in keys), f"nothing binds it to {kept.table}"
    elif isinstance(kept, ByTopic):
        assert not table.columns["topic"].nullable
    elif isinstance(kept, Plumbing):
        assert len(kept.reason) > 10
    else:
        assert isinstance(kept, Always)


def is_purpose(column: Column[Any]) -> bool:
    """Whether a column holds a purpose of the list."""
    return isinstance(column.type, Enum) and column.type.enum_class is Purpose


def test_a_column_called_purpose_is_one() -> None:
    named = {table.name for table in METADATA.tables.values() for one in table.columns if "purpose" in one.name}
    assert named - {"forwards"} == {table.name for table in with_purpose()}
    assert "purpose" in TABLES["forwards"].reason  # type: ignore[union-attr]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Database]:  # noqa: ANN401 - pytest's own
    """An empty database with today's tables."""
    on_postgres = request.param == "postgresql"
    db = Database(request.getfixturevalue("postgres_url") if on_postgres else f"sqlite:///{tmp_path}/r1.db", KEYS)
    METADATA.create_all(db.engine)
    yield db
    db.close()


def row_of(table: Table) -> dict[str, object]:
    """A value for every column that must have one."""
    return {one.name: value_of(one) for one in table.columns if not one.nullable}


def value_of(column: Column[Any]) -> object:
    """Any value of a column's type."""
    kind = column.type
    if isinstance(kind, Enum):
        return kind.enums[0]
    if isinstance(kind, Moment):
        return "2026-11-18 10:20:00"
    if isinstance(kind, Date):
        return "2026-11-18"
    if isinstance(kind, LargeBinary):
        return b"x"
    if isinstance(kind, JSON):
        return "[]"
    if isinstance(kind, Boolean):
        return False
    return "x" if isinstance(kind, String) else 1


@pytest.mark.parametrize("wanted", ["petition", "opinion", "", "SERVICE", "service "])
def test_the_database_refuses_what_is_not_on_the_list(database: Database, wanted: str) -> None:
    """Whoever writes: plain SQL goes round the program, not round the table."""
    for table in with_purpose():
        refused = failure(database, table, wanted)
        assert refused is not None, table.name
        assert f"ck_{table.name}_purpose" in refused, table.name
        welcome = failure(database, table, "service")
        assert welcome is None or "ck_" not in welcome, "the same row with a purpose of the list"


def failure(database: Database, table: Table, purpose: str) -> str | None:
    """What the database says to such a row; nothing is kept."""
    values = {**row_of(table), "purpose": purpose}
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(f":{name}" for name in values)
    statement = sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})')  # noqa: S608 - our own names
    with database.engine.connect() as connection:
        moves = connection.begin()
        try:
            connection.execute(statement, values)
        except DBAPIError as error:
            return str(error.orig)
        finally:
            moves.rollback()
    return None


def test_the_type_refuses_what_is_not_on_the_list(database: Database) -> None:
    for table in with_purpose():
        checks = [one.name for one in table.constraints if isinstance(one, CheckConstraint)]
        assert f"ck_{table.name}_purpose" in {str(one) for one in checks}
        with pytest.raises(StatementError, match="petition"), database.write() as session:
            session.execute(insert(table).values(purpose=bindparam("why")), {"why": "petition"})


def test_what_a_kind_is_kept_for_is_said_once() -> None:
    assert set(incidents_actions.PURPOSES) == set(IncidentKind)
    assert all(isinstance(one, Purpose) for one in incidents_actions.PURPOSES.values())


def test_no_list_column_command_or_choice_sorts_people_by_it() -> None:
    found = {(where, name.lower()) for where, name in scanning.categories() if bad(name)}
    assert found == set(REFUSED), "what is nobody's matter is no category"


def test_no_sentence_speaks_of_it_but_to_refuse_it() -> None:
    said = scanning.sentences()
    assert len(said) > 500
    found = {key for key, words in said.items() if CHINESE.search(words) and not SAYS_NO.search(words)}
    assert found == set(POINTS_ELSEWHERE)


@pytest.mark.parametrize(
    "name", ["信访", "Petition", "belief_code", "ethnicGroup", "重点人员", "is_believer", "维稳", "political_mood"]
)
def test_the_scan_would_see_it(name: str) -> None:
    assert bad(name)


@pytest.mark.parametrize("name", ["防火", "partner", "nearest", "remind", "grace_until", "nationwide", "surface"])
def test_the_scan_sees_nothing_else(name: str) -> None:
    assert not bad(name)


PETITIONS = [
    "老李准备去上访",
    "有人要进京访",
    "我要信访",
    "村里人写了联名信",
    "她是访民",
    "他们在县里请愿",
    "有人要闹访",
    "一群人要示威",
]
PLACES = [
    "信访局门口路灯坏了",
    "信访大厅漏水",
    "信访办旁边着火",
    "老李来访问",
    "上门走访",
    "访客太多",
    "家访学生",
    "非访客车辆堵门",
    "集体访谈室的门坏了",
]


@pytest.mark.parametrize("words", PETITIONS)
@pytest.mark.parametrize("word", ["上报", "隐患", "线索", "代报"])
def test_a_petition_becomes_no_record(stage: Stage, word: str, words: str) -> None:
    before = rows(stage)
    shown = texts(stage.say("居民甲", f"{word} {words}"))
    assert shown == [stage.world.words.render(text("incidents.petition"))]
    assert "12345" in shown[0]
    assert rows(stage) == before


def rows(stage: Stage) -> int:
    """How many incidents there are."""
    with stage.world.db.read() as session:
        return session.query(incidents.Incident).count()


@pytest.mark.parametrize("words", PLACES)
def test_a_place_or_a_visit_is_none(stage: Stage, words: str) -> None:
    assert not petition(fold(words))
    assert "已记下" in texts(stage.say("居民甲", f"隐患 {words}"))[0] or rows(stage) == 1


@pytest.mark.parametrize("words", ["求助 上访回来的老人找不到家了", "上报 上访的人打起来了，有人流血"])
def test_help_comes_first(stage: Stage, words: str) -> None:
    shown = texts(stage.say("居民甲", words))
    assert "120" in shown[0]
    assert rows(stage) == 1


@pytest.mark.parametrize("words", PETITIONS)
def test_words_without_a_command_are_pointed_elsewhere_and_forgotten(stage: Stage, words: str) -> None:
    assert texts(stage.say("居民甲", words)) == [stage.world.words.render(text("help.petition"))]
    with stage.world.db.read() as session:
        assert session.execute(sql("SELECT count(*) FROM forms")).scalar() == 0
