"""The progress message: its edits keep their distance, one waits at most, and its end is never lost."""

import itertools
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.dialogue import scene
from handlers.dialogue.message import Outgoing
from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from handlers.publishing import actions, operating, records, rules
from jobs.channel import FOREVER
from storage import accounts, bulletins, chats, claims, contents, deliveries, people, waiting
from storage.bulletins import BulletinKind, BulletinState
from storage.chats import ChatKind
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState
from storage.purposes import Purpose
from tests.support import chain
from tests.support.stage import Stage

RATE = 30


def _begin(stage: Stage, groups: int, report_to: str | None = None) -> int:
    """A bulletin on its way to so many new groups; its delivery's id. `report_to`: a group's title, else privately."""
    now = stage.world.now()
    with stage.world.db.write() as session:
        accounts.note(session, "play", now, edits=FOREVER, deletes=None, writes_first=True, per_second=RATE)
        officer = people.named(session, "民警甲")
        assert officer is not None
        targets = [
            chats.add(session, "play", f"群{n}", ChatKind.RESIDENTS, now, title=f"群{n}", area_id=1).id
            for n in range(groups)
        ]
        bulletin = bulletins.add(
            session, BulletinKind.FRAUD, Purpose.FRAUD, 1, officer.id, {"text": "防骗"}, targets, now,
            expires_at=now + timedelta(days=7),
        )  # fmt: skip
        bulletin.state = BulletinState.LIVE
        shown_in = chats.private_of(session, officer.id) if report_to is None else chats.at(session, "play", report_to)
        assert shown_in is not None
        return actions.publish(
            session,
            stage.world.words,
            topic=bulletin.topic,
            name=f"{bulletin.topic}:x",
            lane=Lane.BULK,
            notice=Say(said("防骗")),
            targets=targets,
            now=now,
            report_to=shown_in.id,
        )


def _tick(stage: Stage, calls: int) -> None:
    """One second goes by: so many calls are made, whatever may leave."""
    now = stage.world.now()
    with stage.world.db.write() as session:
        waiting.bring_due(session, "play", now)
        for one in claims.front(session, "play", calls):
            assert claims.claim(session, one.id, 1, now, one.kind) is not None
            claims.settle(session, one.id, 1, OutboxState.SENT, now)
    with stage.world.db.write() as session:
        actions.advance(session, stage.world.words, now)
    stage.clock.move(seconds=1)


def _edits(stage: Stage, delivery_id: int) -> list[tuple[datetime, str]]:
    """When the progress message left, and with which words."""
    with stage.world.db.read() as session:
        rows = session.scalars(
            select(OutboxRow)
            .where(OutboxRow.slot == f"delivery:{delivery_id}", OutboxRow.sending_at.is_not(None))
            .order_by(OutboxRow.id)
        ).all()
        found = []
        for row in rows:
            payload = contents.payload_of(session, row.content_id or 0)
            assert payload is not None
            assert row.sending_at is not None
            found.append((row.sending_at, Outgoing.from_bytes(payload).text))
        return found


@pytest.mark.parametrize(("report_to", "apart"), [(None, rules.PRIVATE_EVERY), ("派出所警务群", rules.GROUP_EVERY)])
def test_edits_keep_their_distance_on_a_clock_that_moves(
    both_stages: Stage, report_to: str | None, apart: timedelta
) -> None:
    delivery = _begin(both_stages, 900, report_to)
    for _ in range(60):
        _tick(both_stages, RATE)
    edits = _edits(both_stages, delivery)
    moments = [at for at, _ in edits]
    assert all(later - earlier >= apart for earlier, later in itertools.pairwise(moments))
    assert len(edits) >= 3
    assert edits[-1][1] == "反1 已发完：900/900 个群都收到了。" + chain.head(both_stages)
    assert "还要约 " in edits[0][1]


def test_at_most_one_edit_waits_while_nothing_leaves(stage: Stage) -> None:
    delivery = _begin(stage, 300)
    for _ in range(30):
        _tick(stage, 0)
    with stage.world.db.read() as session:
        waiting = session.scalars(
            select(OutboxRow).where(OutboxRow.slot == f"delivery:{delivery}", OutboxRow.state == OutboxState.QUEUED)
        ).all()
        assert len(waiting) == 1
        all_rows = session.scalars(select(OutboxRow).where(OutboxRow.slot == f"delivery:{delivery}")).all()
        assert len(all_rows) == 1


def test_a_pause_and_a_stop_are_shown_though_an_edit_has_just_left(stage: Stage) -> None:
    delivery = _begin(stage, 300)
    for _ in range(5):
        _tick(stage, RATE)
    _operate(stage, "pause")
    _operate(stage, "resume")
    _operate(stage, "stop")
    for _ in range(8):
        _tick(stage, RATE)
    edits = _edits(stage, delivery)
    moments = [at for at, _ in edits]
    assert all(later - earlier >= rules.PRIVATE_EVERY for earlier, later in itertools.pairwise(moments))
    assert "已停发" in edits[-1][1]
    assert chain.head(stage) in edits[-1][1]


def _operate(stage: Stage, what: str) -> None:
    with stage.world.db.write() as session:
        officer = people.named(session, "民警甲")
        assert officer is not None
        record = records.of_topic(session, "bulletin:1")
        assert record is not None
        do = {"pause": operating.pause, "resume": operating.resume, "stop": operating.stop}[what]
        do(session, stage.world.words, scene.actor_of(session, officer.id), record, stage.world.now())


def test_what_comes_back_from_the_wire_after_a_pause_stays_here(both_stages: Stage) -> None:
    delivery = _begin(both_stages, 60)
    now = both_stages.world.now()
    with both_stages.world.db.write() as session:
        flying = claims.front(session, "play", 1)[0]
        assert claims.claim(session, flying.id, 1, now, flying.kind) is not None
    _operate(both_stages, "pause")
    with both_stages.world.db.write() as session:
        claims.postpone(session, flying.id, 1, "platform down", now, not_before=now + timedelta(seconds=2))
    for _ in range(5):
        _tick(both_stages, RATE)
    with both_stages.world.db.read() as session:
        sent = session.scalars(
            select(OutboxRow.id).where(OutboxRow.delivery_id == delivery, OutboxRow.state == OutboxState.SENT)
        ).all()
        assert sent == []
    _operate(both_stages, "resume")
    for _ in range(5):
        _tick(both_stages, RATE)
    with both_stages.world.db.read() as session:
        assert _tally_sent(session, delivery) == 60


def _tally_sent(session: Session, delivery_id: int) -> int:
    rows = session.scalars(
        select(OutboxRow.id).where(OutboxRow.delivery_id == delivery_id, OutboxRow.state == OutboxState.SENT)
    )
    return len(rows.all())


def test_the_estimate_follows_the_pace_where_it_is_slower_than_the_limit(stage: Stage) -> None:
    delivery = _begin(stage, 1000)
    for _ in range(20):
        _tick(stage, 4)
    last = _edits(stage, delivery)[-1][1]
    assert "还要约 4 分钟" in last or "还要约 5 分钟" in last
    for _ in range(8):
        _tick(stage, 0)
    with stage.world.db.read() as session:
        assert deliveries.get(session, delivery).reported is not None


def test_progress_of_a_recalled_notice_says_that_it_was_stopped(stage: Stage) -> None:
    delivery = _begin(stage, 300)
    for _ in range(5):
        _tick(stage, RATE)
    with stage.world.db.write() as session:
        actions.take_back(
            session, stage.world.words, topic="bulletin:1", closing=said("已撤回"), lane=Lane.RECALL,
            now=stage.world.now(),
        )  # fmt: skip
    for _ in range(5):
        _tick(stage, RATE)
    assert "已停发" in _edits(stage, delivery)[-1][1]
