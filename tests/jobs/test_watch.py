"""Alarms: the administrators hear once that messages do not get out, and once that they do again."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from handlers.dialogue.message import Outgoing
from jobs import watch
from storage import chats, contents, lags, outage, outbox
from storage.alarms import Alarm
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState, Waits
from tests.support.stage import Stage

ADMINS = "管理员群"


class Steady:
    """A steady clock and the world's, moved together."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.moment = stage, 0.0

    def pass_(self, seconds: float) -> list[str]:
        """Let seconds go by, one at a time, looking each time; what was queued for the administrators."""
        before = told(self.stage)
        for _ in range(round(seconds)):
            self.stage.clock.move(seconds=1)
            self.moment += 1
            watch.tick(self.stage.world, lambda: self.moment)
        return told(self.stage)[len(before) :]


def told(stage: Stage) -> list[str]:
    """What was ever queued for the administrators' group, in order."""
    with stage.world.db.read() as session:
        group = chats.at(session, "play", ADMINS)
        assert group is not None
        rows = session.scalars(select(OutboxRow).where(OutboxRow.chat_id == group.id).order_by(OutboxRow.id)).all()
        return [Outgoing.from_bytes(contents.payload_of(session, row.content_id or 0) or b"").text for row in rows]


def wait(stage: Stage, lane: Lane, chat: str = "大侯村居民群", **values: object) -> int:
    """Queue a call that nobody makes."""
    with stage.world.db.write() as session:
        found = chats.at(session, "play", chat)
        assert found is not None
        content = contents.keep(session, Outgoing("寻找老人").to_bytes(), (), stage.world.now())
        row_id = outbox.put(session, found, f"{lane} {chat} {values}", stage.world.now(), lane=lane, content_id=content)
        assert row_id is not None
        if values:
            session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(**values))
        return row_id


def sent(stage: Stage, row_id: int) -> None:
    """The call was taken."""
    now = stage.world.now()
    with stage.world.db.write() as session:
        session.execute(
            update(OutboxRow).where(OutboxRow.id == row_id).values(state=OutboxState.SENT, sending_at=now, done_at=now)
        )


def end_all(stage: Stage) -> None:
    """Everything queued was taken."""
    with stage.world.db.read() as session:
        ids = session.scalars(select(OutboxRow.id).where(OutboxRow.state == OutboxState.QUEUED)).all()
    for row_id in ids:
        sent(stage, row_id)


@pytest.mark.parametrize("lane", [Lane.RECALL_PERSON, Lane.LIFE, Lane.SUSPECT])
def test_an_urgent_call_that_does_not_leave_is_told_once_and_once_when_it_is_over(
    both_stages: Stage, lane: Lane
) -> None:
    stage, steady = both_stages, Steady(both_stages)
    steady.pass_(2)
    wait(stage, lane)
    assert steady.pass_(10) == []
    (alarm,) = steady.pass_(6)
    assert "【告警】" in alarm
    assert "wangge check" in alarm
    assert steady.pass_(120) == []
    watch._PATIENCE.clear()
    assert steady.pass_(60) == [], "no restart repeats it"
    end_all(stage)
    (over,) = steady.pass_(20)
    assert "【恢复】" in over
    end_all(stage)
    assert steady.pass_(120) == []
    with stage.world.db.read() as session:
        (row,) = session.scalars(select(Alarm)).all()
        assert (row.name, row.number) == ("urgent:play", 1)
        assert row.over_at is not None
    wait(stage, lane, "幸福社区居民群")
    assert len(steady.pass_(20)) == 1, "another trouble is told anew"


def test_nothing_sent_for_a_minute_while_something_waits(stage: Stage) -> None:
    steady = Steady(stage)
    wait(stage, Lane.BULK)
    assert steady.pass_(60) == []
    (alarm,) = steady.pass_(10)
    assert "一条消息也发不出去" in alarm
    end_all(stage)
    (over,) = steady.pass_(20)
    assert "又能发消息了" in over


def test_a_slow_broadcast_is_no_trouble(stage: Stage) -> None:
    steady = Steady(stage)
    rows = [wait(stage, Lane.BULK, rank=1, reply_to=str(number)) for number in range(6)]
    for row_id in rows:
        sent(stage, row_id)
        assert steady.pass_(50) == []


@pytest.mark.parametrize("waits", [Waits.CHAT, Waits.ROOM, Waits.MEDIUM, Waits.PAUSED])
def test_what_could_not_go_is_no_trouble(stage: Stage, waits: Waits) -> None:
    steady = Steady(stage)
    wait(stage, Lane.LIFE, waits=waits)
    assert steady.pass_(120) == []


def test_what_was_put_off_is_a_trouble_ten_seconds_after_its_moment(stage: Stage) -> None:
    steady = Steady(stage)
    wait(stage, Lane.LIFE, waits=Waits.TIME, not_before=stage.world.now() + timedelta(seconds=60))
    assert steady.pass_(70) == []
    assert len(steady.pass_(5)) == 1


def test_a_clock_that_leaps_is_no_trouble(stage: Stage) -> None:
    steady = Steady(stage)
    row_id = wait(stage, Lane.LIFE)
    stage.clock.move(hours=1)
    assert steady.pass_(2) == []
    sent(stage, row_id)
    assert steady.pass_(60) == []


def test_a_look_locks_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    wait(stage, Lane.BULK)

    def never() -> None:
        raise AssertionError("a look wrote")

    monkeypatch.setattr(stage.world.db, "write", never)
    assert watch.tick(stage.world, lambda: 0.0) == 0


def test_a_database_that_took_nothing_is_told_once_it_does(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "CALM", 0.0)
    steady = Steady(stage)
    for why in ("database or disk is full", "database is locked"):
        with pytest.raises(OperationalError), stage.world.db.write():
            raise OperationalError("INSERT", {}, Exception(why))
    assert steady.pass_(5) == []
    wait(stage, Lane.REPLY)
    (said,) = steady.pass_(2)
    assert "磁盘满了" in said
    assert "不会丢" in said
    with pytest.raises(OperationalError), stage.world.db.write():
        raise OperationalError("INSERT", {}, Exception("database is locked"))
    wait(stage, Lane.REMINDER)
    end_all(stage)
    assert steady.pass_(30) == [], "not told again within ten minutes"


def test_ages_and_counts(both_stages: Stage) -> None:
    stage = both_stages
    wait(stage, Lane.LIFE)
    stage.clock.move(seconds=30)
    wait(stage, Lane.LIFE, rank=2)
    wait(stage, Lane.BULK, waits=Waits.TIME, not_before=stage.world.now() - timedelta(seconds=7))
    wait(stage, Lane.BULK, waits=Waits.CHAT)
    now = stage.world.now()
    with stage.world.db.read() as session:
        since = lags.ready_since(session, "play", Lane, now)
        assert {lane: (now - moment).total_seconds() for lane, moment in since.items()} == {Lane.LIFE: 30, Lane.BULK: 7}
        assert {(one.lane, one.waits): one.number for one in lags.queued(session)} == {
            (Lane.LIFE, None): 2,
            (Lane.BULK, Waits.TIME): 1,
            (Lane.BULK, Waits.CHAT): 1,
        }
        assert lags.last_sent(session, "play") is None
        assert lags.unsure(session) == {}
        assert lags.oldest_message(session) is None
