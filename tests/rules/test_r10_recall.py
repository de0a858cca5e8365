"""R10: any one officer takes back, from any state; the queue stops at once; every copy is dealt with and counted."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from jobs.channel import Limits, Unsure
from storage import bulletins, changes
from storage.bulletins import BulletinState
from storage.copies import Copy, CopyState
from storage.outbox import WAITING, CallKind, OutboxRow
from tests.support.stage import texts
from tests.support.street import DELETES, KEEPS, TELEGRAM, Street, make_street

GROUPS = int(os.environ.get("RULES_GROUPS", "12"))
"""How many more groups of residents there are."""
PACE = 10.0
ANYBODY = ("民警甲", "民警乙", "民警丙", "办案队甲", "所长", "副所长", "教导员")
CLEARED = "此前通报有误，当事人与案件无关"
PUBLIC = {"大侯村居民群", "商户群", "义警群", "大侯村网格群"}


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """The county; its own account is like Telegram."""
    for made in make_street(tmp_path):
        made.able(TELEGRAM)
        yield made


def stands(street: Street, *words: str) -> set[str]:
    """Where one of these stands, outside the talk of the author who wrote it."""
    return {one.chat for one in street.standing() if one.chat != "民警甲" and any(word in one.text for word in words)}


def adds_up(street: Street, topic: str = "bulletin:1") -> None:
    """The ledger: every copy has its end, by what was done to it, and the parts are the whole."""
    with street.stage.world.db.read() as session:
        outcome = changes.outcome(session, topic)
        states = [one.state for one in session.scalars(select(Copy).where(Copy.topic == topic))]
        waiting = session.scalars(select(OutboxRow).where(OutboxRow.topic == topic, OutboxRow.state.in_(WAITING))).all()
    assert outcome.left == 0
    assert outcome.deleted + outcome.edited + outcome.corrected + outcome.lost == outcome.total
    assert outcome.total == len([one for one in states if one is not CopyState.NEVER])
    assert CopyState.LIVE not in states
    assert not [row for row in waiting if row.kind is CallKind.SEND and row.change_id is None]


@pytest.mark.parametrize("who", ANYBODY)
def test_any_one_officer_takes_it_back_alone(street: Street, who: str) -> None:
    street.suspect()
    assert stands(street, "特征：黑色外套") >= PUBLIC
    street.say(who, "撤回 协1")
    street.later(60, 10)
    assert not stands(street, "特征：黑色外套")
    adds_up(street)


@pytest.mark.parametrize("who", ["居民甲", "网格员甲", "辅警甲", "平安办甲", "管理员"])
def test_nobody_else_does(street: Street, who: str) -> None:
    street.suspect()
    street.say(who, "撤回 协1")
    street.later(30, 10)
    assert stands(street, "特征：黑色外套") >= PUBLIC


@pytest.mark.parametrize("state", ["draft", "waiting", "approved", "live", "contested", "expired"])
def test_from_any_state(street: Street, state: str) -> None:
    if state == "approved":
        street.stage.clock.move(hours=12)
    approvers = () if state in ("draft", "waiting") else ("民警乙", "所长")
    if state == "draft":
        for words in ("协查", "柳公立字〔2026〕123号", "昨天下午3点", "水头村村口", "黑色外套、戴黑帽子", "成年"):
            street.say("民警甲", words)
        street.say("民警甲", photo=True)
        for words in ("本村", "72小时"):
            street.say("民警甲", words)
    else:
        street.suspect(approvers=approvers)
    if state == "contested":
        street.stranger("路人", "异议 协1")
    if state == "expired":
        street.stage.clock.move(hours=73)
        street.walk.pump()
    with street.stage.world.db.read() as session:
        before = bulletins.get(session, 1).state
    assert state == "contested" or before == BulletinState(state)
    street.say("民警丙", "撤回 协1")
    street.later(60, 10)
    for who in ("民警乙", "所长"):
        street.say(who, "批准 协1")
    street.say("所长", "夜间发送 协1")
    street.later(60, 10)
    with street.stage.world.db.read() as session:
        assert bulletins.get(session, 1).state is BulletinState.RECALLED
    assert not stands(street, "特征：")
    if state not in ("draft",):
        adds_up(street)


def test_the_queue_stops_at_once(street: Street) -> None:
    street.limit(Limits(per_second=PACE, in_flight=1))
    street.groups(GROUPS)
    street.suspect()
    street.later(GROUPS / PACE / 2)
    assert PUBLIC & stands(street, "特征：黑色外套") or stands(street, "特征：黑色外套")
    sent = len(street.standing("特征：黑色外套"))
    assert sent < GROUPS
    began = street.now
    street.say("教导员", "撤回 协1 认错人")
    street.later(4 * GROUPS / PACE)
    street.later(60, 5)
    assert {one.shown.chat for one in street.since(began, "sent", "特征：")} <= {"民警甲"}, "what its author wrote"
    assert not stands(street, "特征：黑色外套")
    adds_up(street)
    told = {one.shown.chat for one in street.since(began, "sent", CLEARED)} - {"教导员"}
    reached = {one.shown.chat for one in street.walk.history if one.shown.what == "sent" and "特征：" in one.shown.text}
    assert told == {chat for chat in reached if chat.endswith("群") or chat.startswith("play群")} - {"派出所警务群"}


@pytest.mark.parametrize("hours", [0, 49])
def test_every_copy_on_every_kind_of_channel(street: Street, hours: int) -> None:
    street.account("deletes", DELETES)
    street.account("keeps", KEEPS)
    kept, deleting = set(street.groups(3, "keeps")), set(street.groups(3, "deletes"))
    street.walk.console.faults["商户群"] = Unsure("no answer")
    street.suspect()
    street.say("居民戊", "协1")
    street.later(600, 60)
    street.walk.console.faults.clear()
    street.stage.clock.move(hours=hours)
    street.walk.pump()
    began = street.now
    street.say("所长", "撤回 协1 认错人")
    street.later(60, 2)
    adds_up(street)
    assert stands(street, "特征：黑色外套") <= kept | (deleting if hours else set())
    said = {one.shown.chat for one in street.since(began - timedelta(seconds=1), "sent", CLEARED)}
    assert said >= PUBLIC | kept | deleting | {"居民戊"}, "an unsure one, too"
    assert not [one for one in street.standing("特征") if one.photo and one.chat != "民警甲"]
    final = [
        one
        for one in texts([event.shown for event in street.since(began - timedelta(seconds=1))], "所长")
        if "已处理" in one
    ]
    with street.stage.world.db.read() as session:
        total = changes.outcome(session, "bulletin:1").total
    assert any(f"{total}/{total}" in one for one in final)


def test_a_search_is_taken_back_everywhere_as_well(street: Street) -> None:
    street.account("keeps", KEEPS)
    kept = set(street.groups(3, "keeps"))
    street.missing()
    street.say("居民戊", "寻1")
    street.say("民警甲", "撤回 寻1")
    street.later(60, 5)
    adds_up(street, "search:1")
    assert stands(street, "【寻人") <= kept
    assert stands(street, "已撤回") >= kept


def test_taken_back_nothing_of_it_is_sent_again(street: Street) -> None:
    street.suspect()
    street.say("所长", "撤回 协1")
    street.later(30, 10)
    began = street.now
    for who, words in (("民警甲", "补发 协1"), ("民警甲", "继续 协1"), ("民警甲", "发送 协1"), ("居民甲", "照片 协1")):
        street.say(who, words)
    street.later(120, 20)
    assert not street.since(began - timedelta(seconds=1), "sent", "特征：")
