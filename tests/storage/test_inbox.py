"""A message is kept once, answered once, and given up only after its last try."""

from datetime import timedelta

import pytest

from storage import inbox
from storage.database import Database
from storage.inbox import InboxRow, InboxState, Kept
from storage.sealing import Erased
from tests.support.stage import START


def _add(db: Database, key: str, queue: str = "q") -> int | None:
    with db.write() as session:
        return inbox.add(session, "a", key, queue, f"words of {key}".encode(), START)


def test_a_repeat_is_recognised_for_ever(db: Database) -> None:
    first = _add(db, "1")
    assert first is not None
    assert _add(db, "1") is None
    with db.write() as session:
        assert inbox.finish(session, first, START)
    assert _add(db, "1") is None


def test_many_are_kept_at_once_and_a_repeat_among_them_is_none(db: Database) -> None:
    known = _add(db, "1")
    with db.write() as session:
        keys = ("0", "1", "2", "2")
        inbox.add_all(session, [Kept("a", key, "q", f"words of {key}".encode()) for key in keys], START)
    with db.read() as session:
        rows = session.query(InboxRow).order_by(InboxRow.id).all()
        assert [row.platform_key for row in rows] == ["1", "0", "2"]
        assert rows[0].id == known
        assert [inbox.payload_of(session, row) for row in rows] == [b"words of 1", b"words of 0", b"words of 2"]
        assert {row.state for row in rows} == {InboxState.NEW}


def test_a_queue_is_answered_in_order_and_each_message_once(db: Database) -> None:
    ids = [_add(db, str(number)) for number in range(3)]
    _add(db, "other", "q2")
    with db.read() as session:
        assert list(inbox.waiting_queues(session)) == ["q", "q2"]
    for expected in ids:
        with db.write() as session:
            row = inbox.try_next(session, "q")
            assert row is not None
            assert (row.id, row.tries) == (expected, 1)
            assert inbox.finish(session, row.id, START)
            assert not inbox.finish(session, row.id, START)
    with db.write() as session:
        assert inbox.try_next(session, "q") is None
        assert list(inbox.waiting_queues(session)) == ["q2"]


def test_words_are_sealed_and_gone_when_answered(db: Database) -> None:
    row_id = _add(db, "1")
    with db.write() as session:
        row = session.get_one(InboxRow, row_id)
        assert row.payload is not None
        assert b"words" not in row.payload
        assert inbox.payload_of(session, row) == b"words of 1"
        inbox.finish(session, row.id, START)
        session.refresh(row)
        assert row.payload is None
        with pytest.raises(Erased):
            inbox.payload_of(session, row)


def test_tries_are_counted_apart_and_a_message_set_aside_keeps_its_words_for_a_while(db: Database) -> None:
    row_id = _add(db, "1")
    assert row_id is not None
    for expected in (1, 2, 3):
        with db.write() as session:
            row = inbox.try_next(session, "q")
            assert row is not None
            assert (row.id, row.tries) == (row_id, expected)
    with db.write() as session:
        assert inbox.set_aside(session, row_id, START)
        assert not inbox.set_aside(session, row_id, START)
        assert inbox.try_next(session, "q") is None
        assert inbox.payload_of(session, session.get_one(InboxRow, row_id, populate_existing=True)) == b"words of 1"
        assert inbox.drop_aside(session, START) == 0
        assert inbox.drop_aside(session, START + timedelta(days=8)) == 1
    with db.read() as session:
        row = session.get_one(InboxRow, row_id)
        assert row.state is InboxState.ASIDE
        assert row.payload is None
