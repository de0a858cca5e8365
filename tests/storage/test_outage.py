"""A database that takes nothing is noticed, whatever the reason, and so is the end of it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from storage import alarms, outage
from storage.alarms import Alarm
from storage.database import Database
from storage.outage import why_failed
from tests.support.stage import START


def fill(db: Database) -> None:
    """Write more than the disk holds."""
    with db.write() as session:
        session.execute(text(f"PRAGMA max_page_count={session.scalar(text('PRAGMA page_count'))}"))
        session.add_all([Alarm(name=f"{number}" + "x" * 60, number=1, began_at=START) for number in range(500)])


def test_a_full_disk(lite: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        with pytest.raises(OperationalError, match="full"):
            fill(lite)
    with lite.write() as session:
        alarms.beat(session, START)
    assert lite.outage.lasts, "what is small may still find room"
    assert lite.outage.take_over() is None
    monkeypatch.setattr(outage, "CALM", 0.0)
    with lite.write() as session:
        alarms.beat(session, START)
    assert not lite.outage.lasts
    over = lite.outage.take_over()
    assert over is not None
    assert (over.why, over.failed) == ("full", 3)
    assert lite.outage.take_over() is None
    lines = [record.message for record in caplog.records if record.name == "wangge.database"]
    assert len(lines) == 2, "said once, and once when it is over"


def test_what_is_wrong_with_a_statement_is_no_outage(db: Database) -> None:
    with pytest.raises(IntegrityError), db.write() as session:
        session.add_all([Alarm(name="a", began_at=START), Alarm(name="a", began_at=START)])
    with pytest.raises(ZeroDivisionError), db.write():
        _ = 1 / 0
    assert not db.outage.lasts


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OperationalError("", {}, Exception("database is locked")), "locked"),
        (OperationalError("", {}, Exception("could not extend file: No space left on device")), "full"),
        (OperationalError("", {}, Exception("server closed the connection unexpectedly")), "lost"),
        (OSError("disk"), "lost"),
        (DataError("", {}, Exception("too long")), None),
        (ValueError(), None),
    ],
)
def test_why(error: Exception, why: str | None) -> None:
    assert why_failed(error) == why


def test_an_alarm_begins_and_ends_once(db: Database) -> None:
    for number in (1, 2):
        with db.write() as session:
            assert alarms.begin(session, "urgent:a", START, START) == number
            assert alarms.begin(session, "urgent:a", START, START) is None
            assert list(alarms.lasting(session)) == ["urgent:a"]
        with db.write() as session:
            alarms.beat(session, START)
            assert alarms.end(session, "urgent:a", START)
            assert not alarms.end(session, "urgent:a", START)
            assert alarms.lasting(session) == {}
