"""Giving the database back while another thread still writes: what is under way ends first, whole."""

import threading

import pytest
from sqlalchemy import select, text

from storage import database
from storage.codes import Counter
from storage.database import Database


def test_a_transaction_under_way_ends_before_its_connection_is_closed(lite: Database) -> None:
    writing, closing, go_on = threading.Event(), threading.Event(), threading.Event()
    faults: list[BaseException] = []

    def write() -> None:
        try:
            with lite.write() as session:
                session.add(Counter(name="甲", last=1))
                session.flush()
                writing.set()
                assert go_on.wait(10)
                session.execute(text("SELECT 1"))
        except BaseException as error:
            faults.append(error)

    def close() -> None:
        closing.set()
        lite.close()

    writer, closer = threading.Thread(target=write), threading.Thread(target=close)
    writer.start()
    assert writing.wait(10)
    closer.start()
    assert closing.wait(10)
    closer.join(0.2)
    waited = closer.is_alive()
    go_on.set()
    writer.join(10)
    closer.join(10)
    assert waited, "it was closed under the statement"
    assert faults == []
    with lite.read() as session:
        assert session.scalars(select(Counter.last)).all() == [1]


def test_what_does_not_end_in_time_keeps_its_connection(lite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "TO_END", 0.01)
    with lite.write() as session:
        session.add(Counter(name="甲", last=1))
        lite.close()
        session.add(Counter(name="乙", last=2))
    with lite.read() as session:
        assert sorted(session.scalars(select(Counter.last))) == [1, 2]
