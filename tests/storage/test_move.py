"""Moving a world: every row arrives as it was; a broken move is known for one, and a changed row is found."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from storage import leases, move, people, upgrade
from storage.database import Database
from storage.keys import DataKey
from storage.tables import METADATA
from tests.support.filling import fill_every_table
from tests.support.stage import KEYS, Stage

NOW = datetime(2026, 11, 18, 2, 20, tzinfo=UTC)


def dated(db: Database) -> Database:
    """The database of a stage with its version noted, as if its tables were made step by step."""
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": upgrade.HEAD})
    return db


@pytest.fixture(params=["sqlite to postgresql", "postgresql to sqlite"])
def both_ways(request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str) -> Iterator[tuple[Database, Database]]:
    """A source with rows in every table and an empty target."""
    pair = Database(f"sqlite:///{tmp_path}/w.db", KEYS), Database(postgres_url, KEYS)
    source, target = pair if request.param == "sqlite to postgresql" else pair[::-1]
    fill_every_table(source, 7)
    yield source, target
    source.close()
    target.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with three rows in every table, to be copied."""
    path = tmp_path_factory.mktemp("filled") / "w.db"
    db = Database(f"sqlite:///{path}", KEYS, "OFF")
    fill_every_table(db, 7, 3)
    db.settle()
    db.close()
    return path


@pytest.fixture
def twins(filled: Path, tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """Two databases that are equal."""
    pair = [Database(f"sqlite:///{shutil.copy(filled, tmp_path / name)}", KEYS, "OFF") for name in ("a.db", "b.db")]
    yield pair[0], pair[1]
    for db in pair:
        db.close()


@pytest.fixture
def target(postgres_url: str) -> Iterator[Database]:
    """An empty PostgreSQL database."""
    db = Database(postgres_url, KEYS)
    yield db
    db.close()


def content(db: Database) -> dict[str, list[str]]:
    """Every row of every table."""
    with db.read() as session:
        return {
            table.name: sorted(repr(sorted(row.items())) for row in session.execute(select(table)).mappings())
            for table in METADATA.sorted_tables
        }


def test_every_row_arrives_as_it_was(both_ways: tuple[Database, Database]) -> None:
    source, target = both_ways
    before, heard = content(source), []
    assert all(before.values())
    checked = move.move(source, target, lambda table, done, of: heard.append((table, done, of)))
    assert content(target) == before == content(source)
    assert {one.table: one.rows for one in checked} == {name: len(rows) for name, rows in before.items()}
    assert {(table, done) for table, done, of in heard if done == of} == {(one.table, one.rows) for one in checked}
    assert not move.broken_off(target)
    with target.write() as session:
        assert people.add(session, "新来的", NOW).id == len(before["people"]) + 1


def test_both_databases_give_the_same_digests(both_ways: tuple[Database, Database], tmp_path: Path) -> None:
    source, target = both_ways
    third = Database(f"sqlite:///{tmp_path}/third.db", KEYS)
    assert move.move(source, target) == move.move(target, third)
    third.close()


def test_a_world_that_was_lived_in(stage: Stage, target: Database) -> None:
    stage.say("居民甲", "线索 村口有人卖假药", "大侯村居民群")
    stage.later(seconds=60)
    move.move(dated(stage.world.db), target)
    assert content(target) == content(stage.world.db)


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_a_changed_row_is_found_in_any_table(table: Table, twins: tuple[Database, Database]) -> None:
    keys = list(table.primary_key.columns)
    nullable = [column for column in table.columns if column.nullable and not column.foreign_keys]
    with twins[1].engine.connect() as connection:
        upgrade.pragma(connection, "foreign_keys=OFF")
        last = connection.execute(select(table).order_by(*keys)).mappings().all()[-1]
        this = [column == last[column.name] for column in keys]
        changes = {column.name: None for column in nullable if last[column.name] is not None}
        connection.execute(update(table).where(*this).values(changes) if changes else delete(table).where(*this))
        connection.commit()
    with move.still(twins[0]) as old, pytest.raises(move.Differs) as caught:
        move.compare(old, twins[1])
    assert caught.value.table == table.name


def test_a_row_too_many_is_found(twins: tuple[Database, Database]) -> None:
    with twins[1].engine.begin() as connection:
        connection.execute(insert(DataKey).values(id="one more", wrapped=b"w", created_at=NOW))
    with move.still(twins[0]) as old, pytest.raises(move.Differs) as caught:
        move.compare(old, twins[1])
    assert (caught.value.table, caught.value.key) == ("data_keys", None)


def test_a_broken_move_is_known_and_started_over(
    both_ways: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = both_ways
    copy, copied = move._copy, 0

    def breaks(old: Connection, new: Connection, table: Table, told: move.Told) -> None:
        nonlocal copied
        copied += 1
        if copied == 12:
            raise KeyboardInterrupt
        copy(old, new, table, told)

    monkeypatch.setattr(move, "_copy", breaks)
    with pytest.raises(KeyboardInterrupt):
        move.move(source, target)
    assert move.broken_off(target)
    copied = 100
    move.move(source, target)
    assert not move.broken_off(target)
    assert content(target) == content(source)
    with target.engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(text("INSERT INTO content_media (content_id, medium_id) VALUES (99, 99)"))


def test_a_target_that_holds_something_is_left_alone(both_ways: tuple[Database, Database]) -> None:
    source, target = both_ways
    upgrade.upgrade(target)
    with pytest.raises(move.NotEmpty):
        move.move(source, target)


def test_a_world_at_work_is_not_moved(both_ways: tuple[Database, Database]) -> None:
    source, target = both_ways
    with source.write() as session:
        now = datetime.now(UTC)
        leases.take(session, "drain:telegram", "me", now, now + timedelta(seconds=3))
    with pytest.raises(move.InUse, match="drain:telegram"):
        move.move(source, target)
    with source.write() as session:
        leases.give_back(session, "drain:telegram", "me", now)
    move.move(source, target)


def test_nobody_writes_into_the_source_meanwhile(both_ways: tuple[Database, Database]) -> None:
    source, _ = both_ways
    other = Database(source.url, KEYS)
    with move.still(source) as old, other.engine.connect() as connection:
        move.refuse_in_use(old)
        if connection.dialect.name == "sqlite":
            upgrade.pragma(connection, "busy_timeout=1")
        else:
            connection.execute(text("SET lock_timeout = 1"))
        with pytest.raises(OperationalError):
            connection.execute(text("UPDATE people SET erased_at = NULL"))
    other.close()


def test_an_old_source_is_brought_up_to_date_first(tmp_path: Path) -> None:
    source, target = (Database(f"sqlite:///{tmp_path}/{name}.db", KEYS) for name in ("old", "new"))
    with pytest.raises(move.OldSource):
        move.move(source, target)
    for db in (source, target):
        db.close()


def test_a_row_the_target_does_not_take_is_named(tmp_path: Path, target: Database) -> None:
    source = Database(f"sqlite:///{tmp_path}/w.db", KEYS)
    fill_every_table(source, 7)
    with source.engine.begin() as connection:
        connection.execute(text("UPDATE areas SET name = :nul WHERE id = 5"), {"nul": "a\0b"})
    with pytest.raises(move.BadRow) as caught:
        move.move(source, target)
    assert (caught.value.table, caught.value.key) == ("areas", (5,))
    assert move.broken_off(target)
    source.close()


def test_a_reference_to_nothing_is_named(tmp_path: Path, target: Database) -> None:
    source = Database(f"sqlite:///{tmp_path}/w.db", KEYS)
    fill_every_table(source, 7)
    with source.engine.connect() as connection:
        upgrade.pragma(connection, "foreign_keys=OFF")
        with connection.begin():
            connection.execute(text("UPDATE outbox SET content_id = 9999 WHERE id = 5"))
    with pytest.raises(move.BadRow) as caught:
        move.move(source, target)
    assert caught.value.table == "outbox"
    source.close()


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(), st.datetimes()
)


@given(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), st.dictionaries(st.sampled_from("abc"), VALUES))
def test_different_rows_have_different_digests(one: dict[str, object], other: dict[str, object]) -> None:
    same = {name: move.plain(value) for name, value in one.items()} == {
        name: move.plain(value) for name, value in other.items()
    }
    assert (move.row_digest(one) == move.row_digest(other)) is same


def test_a_kind_of_value_no_column_has() -> None:
    with pytest.raises(TypeError):
        move.plain(object())


def test_the_count_of_the_stage_is_what_is_told(stage: Stage, tmp_path: Path) -> None:
    target = Database(f"sqlite:///{tmp_path}/t.db", KEYS)
    with stage.world.db.read() as session:
        said = session.scalar(select(func.count()).select_from(METADATA.tables["people"]))
    assert {one.table: one.rows for one in move.move(dated(stage.world.db), target)}["people"] == said
    target.close()
