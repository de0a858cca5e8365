"""Reminders: bounds, owners who are gone, groups, and that nothing readable lies in the database."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.dialogue.access import Refusal
from handlers.dialogue.scene import Actor, actor_of
from handlers.reminders import actions, rules
from handlers.reminders.rules import Plan
from storage import chats, people, reminders
from storage.chats import Chat, ChatState
from storage.people import Role, RoleGrant
from storage.reminders import Reminder, ReminderState
from tests.support.stage import Stage


def own(stage: Stage, name: str) -> tuple[Actor, Chat]:
    """A person as actor, and their private chat."""
    with stage.world.db.read() as session:
        person = people.named(session, name)
        assert person is not None
        chat = chats.private_of(session, person.id)
        assert chat is not None
        return actor_of(session, person.id), chat


def test_fifty_at_most(stage: Stage) -> None:
    actor, chat = own(stage, "居民甲")
    now = stage.world.now()
    with stage.world.db.write() as session:
        for _ in range(rules.MOST_ACTIVE):
            actions.set_(session, actor, chat, "量血压", Plan(now + timedelta(hours=1)), stage.world.station, now)
        with pytest.raises(Refusal) as refused:
            actions.set_(session, actor, chat, "量血压", Plan(now + timedelta(hours=1)), stage.world.station, now)
    assert refused.value.text.key == "reminder.too_many"


def test_two_hundred_characters_at_most(stage: Stage) -> None:
    assert "200 字以内" in stage.say("居民甲", "提醒 明天9点 " + "量" * 201)[0].text
    assert "量" * 200 in stage.say("居民甲", "提醒 明天9点 " + "量" * 200)[0].text


def test_whoever_left_is_not_reminded(both_stages: Stage) -> None:
    stage = both_stages
    stage.say("居民甲", "提醒 明天9点 量血压")
    _, chat = own(stage, "居民甲")
    with stage.world.db.write() as session:
        chats.set_state(session, chat.id, ChatState.GONE, stage.world.now())
    assert stage.later(days=1) == []
    with stage.world.db.read() as session:
        row = session.scalars(select(Reminder)).one()
        assert (row.state, row.next_at, row.fired) == (ReminderState.CANCELLED, None, 0)


def test_a_group_is_not_reminded_by_one_who_no_longer_works_there(stage: Stage) -> None:
    assert "本群提醒" in stage.say("网格员甲", "提醒 每天晚上8点 巡逻", "大侯村网格群")[0].text
    actor, _ = own(stage, "网格员甲")
    with stage.world.db.write() as session:
        for grant in session.scalars(select(RoleGrant).where(RoleGrant.person_id == actor.id)):
            grant.role = Role.RESIDENT
    assert stage.later(hours=10) == []


def test_a_broken_one_holds_up_no_other(stage: Stage) -> None:
    stage.say("居民甲", "提醒 明天9点 量血压")
    stage.say("居民甲", "提醒 明天9点 买菜")
    with stage.world.db.write() as session:
        first = session.scalars(select(Reminder).order_by(Reminder.id)).first()
        assert first is not None
        first.text = b"\x00" * 40
    shown = stage.later(days=1)
    assert [one.chat for one in shown] == ["居民甲"]
    assert "买菜" in shown[0].text


def test_only_once_however_often_it_ticks(stage: Stage) -> None:
    stage.say("居民甲", "30分钟后提醒我关水")
    assert len(stage.later(minutes=30)) == 1
    assert stage.later(minutes=0) == []
    assert stage.later(days=2) == []


def test_late_only_after_a_minute(stage: Stage) -> None:
    stage.say("居民甲", "30分钟后提醒我关水")
    assert "迟到" not in stage.later(minutes=31)[0].text
    stage.say("居民甲", "30分钟后提醒我关水")
    assert "（迟到，应于 星期三" in stage.later(minutes=32)[0].text


def test_put_off_a_repeating_one(stage: Stage) -> None:
    stage.say("居民甲", "提醒 每天早上8点 吃药")
    ring = stage.later(hours=21, minutes=40)[0]
    stage.press("居民甲", ring, "一小时后")
    with stage.world.db.read() as session:
        rows = session.scalars(select(Reminder).order_by(Reminder.id)).all()
        assert [bool(row.repeat) for row in rows] == [True, False]
        assert rows[0].next_at is not None
        assert rows[1].next_at is not None
        assert rows[0].next_at - rows[1].next_at == timedelta(hours=23)


def test_what_it_says_is_sealed_and_goes(stage: Stage) -> None:
    canary = "金丝雀花园浇水"
    stage.say("居民甲", f"提醒 明天9点 {canary}")
    stage.later(days=1)
    stage.later(days=9)
    with stage.world.db.write() as session:
        row = session.scalars(select(Reminder)).one()
        assert (row.state, reminders.text_of(session, row)) == (ReminderState.DONE, "")
    folder = Path(stage.world.db.url.removeprefix("sqlite:///")).parent
    raw = b"".join(path.read_bytes() for path in folder.iterdir())
    assert canary.encode() not in raw
