"""Prepared statements do what the ORM does, and keep quiet about values."""

import contextlib
from datetime import UTC

import pytest
from sqlalchemy import bindparam, event, or_, select
from sqlalchemy.exc import IntegrityError, NoResultFound

from storage import areas, chats, codes, prepared
from storage.areas import Level
from storage.chats import Chat, ChatKind, ChatState
from storage.codes import Counter
from storage.database import Database, insert_once
from storage.prepared import Among, Prepared, savepoint
from tests.support.stage import START

BY_NAME = Prepared(select(Chat.__table__).where(Chat.platform_id == bindparam("named")))


def _chat(db: Database, name: str = "-1") -> int:
    with db.write() as session:
        return chats.add(session, "telegram", name, ChatKind.RESIDENTS, START, title="居民群").id


def test_an_object_is_the_one_the_orm_would_give(db: Database) -> None:
    chat_id = _chat(db)
    with db.write() as session:
        ours = BY_NAME.entity(session, Chat, named="-1")
        assert ours is not None
        assert session.get(Chat, chat_id) is ours, "known to the session"
        assert (ours.kind, ours.state, ours.created_at) == (ChatKind.RESIDENTS, ChatState.OPEN, START)
        assert ours.created_at.tzinfo is UTC
        ours.title = "改了"
    with db.read() as session:
        theirs = session.get_one(Chat, chat_id)
        looked = BY_NAME.entity(session, Chat, named="-1")
        assert looked is not None
        columns = Chat.__table__.c.keys()
        assert [getattr(looked, one) for one in columns] == [getattr(theirs, one) for one in columns]
        assert looked.title == "改了"
        assert BY_NAME.entity(session, Chat, named="-1") is looked
        assert BY_NAME.entity(session, Chat, named="-2") is None


def test_any_number_of_ids_is_one_value(db: Database) -> None:
    ids = [_chat(db, str(-number)) for number in range(1, 8)]
    title = Chat.platform_id == bindparam("named")
    among = Prepared(select(Chat.id).where(Among(Chat.id, "ids"), Chat.state == ChatState.OPEN).order_by(Chat.id))
    either = Prepared(select(Chat.id).where(or_(Among(Chat.id, "ids"), title)).order_by(Chat.id))
    with db.read() as session:
        assert among.all(session, ids=ids[2:5]) == [(one,) for one in ids[2:5]]
        assert among.all(session, ids=[]) == []
        assert among.all(session, ids={ids[0], 10**6}) == [(ids[0],)]
        assert among.all(session, ids=range(100_000)) == [(one,) for one in ids]
        assert either.all(session, ids=ids[:1], named="-7") == [(ids[0],), (ids[6],)]
        with pytest.raises(ValueError, match="invalid literal"):
            among.all(session, ids=["1) OR (1=1"])


def test_what_the_session_holds_back_is_seen(db: Database) -> None:
    _chat(db)
    with db.write() as session:
        known = BY_NAME.entity(session, Chat, named="-1")
        assert known is not None
        known.platform_id = "-7"
        assert BY_NAME.entity(session, Chat, named="-7") is known


def test_an_absent_row_and_its_error(db: Database) -> None:
    with db.read() as session:
        assert prepared.get(session, Chat, 9) is None
        with pytest.raises(NoResultFound):
            prepared.get_one(session, Chat, 9)


def test_a_column_nobody_names_gets_its_default(db: Database) -> None:
    insert = Prepared.insert(Counter, ("name",))
    with db.write() as session:
        assert insert.scalar(session, name="甲") is not None
        assert codes.last_number(session, "甲") == 0
        assert insert_once(session, Counter, {"name": "甲"}) is None


def test_an_error_is_sqlalchemys_and_repeats_no_value(db: Database) -> None:
    insert = Prepared.insert(Counter, ("name",))

    def twice() -> None:
        with db.write() as session:
            insert.run(session, name="居民甲")
            insert.run(session, name="居民甲")

    with pytest.raises(IntegrityError) as failed:
        twice()
    assert "居民甲" not in str(failed.value.statement) + str(failed.value.params)
    with db.write() as session:
        assert insert.scalar(session, name="居民甲") is not None, "nothing of the failed transaction stands"


def test_whoever_listens_hears_of_every_statement(db: Database) -> None:
    heard: list[tuple[str, object]] = []
    event.listen(
        db.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, sql, values, _context, _many: heard.append((sql, values)),
    )
    with db.read() as session:
        BY_NAME.first(session, named="秘密")
    assert [values for sql, values in heard if "chats" in sql] == [()]


def test_what_fails_behind_a_savepoint_leaves_nothing(db: Database) -> None:
    with db.write() as session:
        codes.next_number(session, "报")
        with contextlib.suppress(LookupError), savepoint(session):
            codes.next_number(session, "报")
            session.add(Counter(name="隐", last=5))
            raise LookupError
        with savepoint(session):
            session.add(Counter(name="求", last=7))
        assert codes.next_number(session, "报") == 2
    with db.read() as session:
        assert [codes.last_number(session, one) for one in "报隐求"] == [2, 0, 7]


def test_a_change_of_areas_by_another_process_is_seen(db: Database) -> None:
    with db.write() as session:
        county = areas.add(session, "望河县", Level.COUNTY, None)
        areas.add(session, "柳溪镇", Level.TOWN, county)
    with db.read() as session:
        before = areas.tree(session)
        assert [one.name for one in areas.all_of(session)] == ["望河县", "柳溪镇"]
    with db.read() as session:
        assert areas.tree(session) is before, "not read again while nothing has changed"
    other = Database(db.url, db.keys)
    with other.write() as session:
        areas.add(session, "柳溪镇", Level.TOWN, areas.named(session, "望河县"), ["柳溪", "老柳溪"])
    other.close()
    with db.read() as session:
        assert areas.all_of(session)[1].aliases == ["柳溪", "老柳溪"]


def test_a_change_of_areas_that_is_undone_is_forgotten(db: Database) -> None:
    with db.write() as session:
        areas.add(session, "望河县", Level.COUNTY, None)
    with contextlib.suppress(LookupError), db.write() as session:
        areas.add(session, "柳溪镇", Level.TOWN, areas.named(session, "望河县"))
        assert len(areas.all_of(session)) == 2
        raise LookupError
    with db.read() as session:
        assert [one.name for one in areas.all_of(session)] == ["望河县"]


def test_times_are_aware_in_and_out(db: Database) -> None:
    insert = Prepared.insert(Chat, ("account", "platform_id", "kind", "created_at", "changed_at"))
    naive = {"created_at": START.replace(tzinfo=None), "changed_at": START}
    with db.write() as session, pytest.raises(ValueError, match="time zone"):
        insert.run(session, account="telegram", platform_id="-4", kind=ChatKind.RESIDENTS, **naive)
