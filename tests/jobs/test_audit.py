"""Anchors: the end of the chain goes out once a day, whatever restarts or clocks do, to somebody who can keep it."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import delete, select, text

from jobs import audit as job
from storage import audit, chats, people
from storage.chats import ChatKind
from storage.people import Role
from tests.support.stage import Stage, texts

ADMINS = "管理员群"


@pytest.fixture
def anchored(both_stages: Stage) -> Stage:
    """A stage whose chain is handed out at eight."""
    both_stages.world.station = replace(both_stages.world.station, anchor_at=time(8))
    return both_stages


def kept(stage: Stage) -> list[tuple[str, int, str, bool]]:
    """Every anchor of the database."""
    with stage.world.db.read() as session:
        return [(one.day, one.count, one.hash, one.posted) for one in audit.anchors(session)]


def test_the_end_of_the_chain_is_handed_out_at_eight(anchored: Stage) -> None:
    assert anchored.play.pump() == [], "the chain began after today's eight o'clock"
    assert texts(anchored.later(hours=21, minutes=39), ADMINS) == []
    (shown,) = [one for one in anchored.later(minutes=1) if one.chat == ADMINS]
    with anchored.world.db.read() as session:
        head = audit.head(session)
    assert head.count > 0
    assert shown.text.splitlines()[-1] == f"{head.count}:{head.hash}"
    assert f"前 8 位 {head.hash[:8]}" in shown.text
    assert "11月19日 08:00" in shown.text
    assert "没有发现改动" in shown.text
    assert kept(anchored) == [("2026-11-19", head.count, head.hash, True)]
    assert "和您给的 1 个存证一致" in texts(anchored.press("审计员", shown, "核对一次"), ADMINS)[0]


def test_once_a_day_after_restarts_and_on_clocks_that_move(anchored: Stage) -> None:
    anchored.later(days=1)
    for span in ({"seconds": 1}, {"hours": -2}, {"hours": 3}, {"hours": -1}, {"hours": 19, "minutes": 38}):
        assert texts(anchored.later(**span), ADMINS) == []
        assert job.tick(anchored.world) == 0
    assert len(texts(anchored.later(hours=3), ADMINS)) == 1
    assert [day for day, *_ in kept(anchored)] == ["2026-11-19", "2026-11-20"]


def test_a_day_nobody_was_there_is_made_up_for_by_one_message(anchored: Stage) -> None:
    anchored.later(days=1)
    assert len(texts(anchored.later(days=4, hours=-3), ADMINS)) == 1
    assert [day for day, *_ in kept(anchored)] == ["2026-11-19", "2026-11-22"]


def test_two_processes_hand_it_out_once(anchored: Stage) -> None:
    anchored.clock.move(days=1)
    with anchored.world.db.write() as session:
        assert audit.anchor(session, "2026-11-19", anchored.world.now()) is not None
        assert audit.anchor(session, "2026-11-19", anchored.world.now()) is None
    assert job.tick(anchored.world) == 0


def test_without_a_group_of_admins_it_goes_to_the_admins_themselves(anchored: Stage) -> None:
    with anchored.world.db.write() as session:
        for chat in chats.groups(session, (ChatKind.ADMINS,)):
            chats.unbind(session, chat, anchored.world.now())
        admins = people.all_holders(session, (Role.ADMIN,))
    shown = [one for one in anchored.later(days=1) if "审计存证" in one.text]
    assert [one.chat for one in shown] == ["管理员"]
    assert len(admins) == 1


def test_where_nobody_can_be_told_it_is_kept_and_said_so(anchored: Stage) -> None:
    with anchored.world.db.write() as session:
        for chat in chats.groups(session, (ChatKind.ADMINS,)):
            chats.unbind(session, chat, anchored.world.now())
        session.execute(delete(people.RoleGrant).where(people.RoleGrant.role == Role.ADMIN))
    assert [one for one in anchored.later(days=1) if "审计存证" in one.text] == []
    assert [posted for *_, posted in kept(anchored)] == [False]


def test_an_empty_chain_has_nothing_to_hand_out(anchored: Stage) -> None:
    with anchored.world.db.write() as session:
        session.execute(text("DELETE FROM audit"))
        session.execute(text("DELETE FROM audit_head"))
    assert texts(anchored.later(days=1), ADMINS) == []


def test_a_broken_chain_is_said_aloud_instead(anchored: Stage) -> None:
    with anchored.world.db.write() as session:
        session.execute(text("UPDATE audit SET actor_id = 9 WHERE id = 3"))
    (said,) = texts(anchored.later(days=1), ADMINS)
    assert "第 3 条记录被改过" in said
    assert "没有发现改动" not in said
    with anchored.world.db.read() as session:
        assert session.scalar(select(audit.AuditEntry.actor_id).where(audit.AuditEntry.id == 3)) == 9


def test_the_hour_is_the_stations_own(anchored: Stage) -> None:
    anchored.world.station = replace(anchored.world.station, anchor_at=time(17, 30))
    assert texts(anchored.later(hours=7, minutes=9), ADMINS) == []
    (said,) = texts(anchored.later(minutes=1), ADMINS)
    assert "11月18日 17:30" in said
    assert anchored.world.now().time() >= time(17, 30)
    assert timedelta(0) <= anchored.world.now() - anchored.world.now().replace(hour=17, minute=30) < timedelta(hours=1)
