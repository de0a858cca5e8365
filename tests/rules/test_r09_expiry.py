"""R9: everything public ends by itself: suspect 72 h, missing 7 d at most; copies closed a minute later."""

import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from handlers.bulletins import rules as bulletin_rules
from handlers.dialogue.world import Station
from handlers.searches import rules as search_rules
from jobs.channel import Limits
from storage import bulletins, changes, searches
from storage.bulletins import Bulletin, BulletinState
from storage.changes import Change, ChangeKind
from storage.chats import Chat, ChatKind
from storage.deliveries import Delivery
from storage.outbox import CallKind, OutboxRow
from storage.searches import Search, SearchState
from tests.support.street import KEEPS, TELEGRAM, Street, make_street

NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
GROUPS = int(os.environ.get("RULES_GROUPS", "12"))
STEPS = int(os.environ.get("RULES_STEPS", "40"))
"""Groups, and steps of the random history; 300 and 2000 take ten minutes."""
PACE = 10.0
TEAM = ("民警", "所长", "副所长", "教导员", "办案队", "指挥室", "派出所")
"""Who is asked for a yes, and shown what for."""
LONGEST = {"协": timedelta(hours=72), "反": timedelta(days=30), "预": timedelta(days=30)}


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """The county; its own account is like Telegram."""
    for made in make_street(tmp_path):
        made.able(TELEGRAM)
        yield made


def stands(street: Street, *words: str) -> list[str]:
    """Where one of these stands, outside the talk of the author who wrote it."""
    return [one.chat for one in street.standing() if one.chat != "民警甲" and any(word in one.text for word in words)]


def test_a_suspect_notice_is_closed_a_minute_after_72_hours(street: Street) -> None:
    street.limit(Limits(per_second=PACE, in_flight=1))
    street.groups(GROUPS)
    street.suspect()
    street.later(2 * GROUPS / PACE)
    street.later(60, 20)
    assert len(stands(street, "特征：黑色外套")) > GROUPS
    with street.stage.world.db.read() as session:
        ends = bulletins.get(session, 1).expires_at
    assert ends <= NOW + timedelta(hours=72)
    street.stage.clock.moment = ends - timedelta(seconds=1)
    street.walk.pump()
    assert stands(street, "特征：黑色外套"), "until then it stands"
    copies = len(stands(street, "特征：黑色外套"))
    street.later(2 * GROUPS / PACE)
    street.later(max(60.0, 1.1 * copies / PACE) - 2 * GROUPS / PACE, 5)
    assert not stands(street, "特征：黑色外套")
    assert not [one for one in street.standing("已结束") if one.photo]
    assert len(stands(street, "已结束，请勿再转发")) > GROUPS
    with street.stage.world.db.read() as session:
        assert changes.outcome(session, "bulletin:1").left == 0


def test_a_search_is_closed_a_minute_after_seven_days(street: Street) -> None:
    street.account("keeps", KEEPS)
    kept = set(street.groups(3, "keeps"))
    street.missing()
    street.say("居民戊", "寻1")
    street.say("所长", "复核 寻1")
    with street.stage.world.db.read() as session:
        found = searches.numbered(session, 1)
        assert found is not None
        ends = found.expires_at
    assert ends == street.now + timedelta(days=7)
    street.stage.clock.moment = ends
    street.later(60, 5)
    assert not [one for one in street.standing("王奶奶") if one.chat not in kept and "群" in one.chat]
    assert not [one for one in street.standing("【寻人") if one.photo]
    closed = set(stands(street, "已结束，请勿再转发"))
    assert closed >= {"大侯村居民群", "商户群", "义警群", "大侯村网格群", "居民戊"} | kept


def test_a_renewal_is_a_new_approval(street: Street) -> None:
    street.suspect()
    street.missing()
    street.stage.clock.move(days=7, minutes=1)
    street.later(60, 10)
    for who, words in (
        ("民警甲", "发送 协1"),
        ("所长", "批准 协1"),
        ("所长", "补发 协1"),
        ("民警甲", "扩圈 寻1"),
        ("居民甲", "核实 寻1"),
        ("居民甲", "寻1"),
        ("居民甲", "协1"),
    ):
        assert street.say(who, words)
    street.later(30, 5)
    assert not stands(street, "特征：黑色外套", "王奶奶")
    street.say("民警甲", "核实 寻1")
    street.later(30, 5)
    assert "大侯村居民群" in stands(street, "王奶奶"), "an officer's new word"


@pytest.mark.parametrize("hours", [1, 24, 72])
def test_what_its_author_wants_counts_up_to_72_hours(hours: int) -> None:
    month = timedelta(days=30)
    assert bulletin_rules.suspect_ends(NOW, timedelta(hours=hours), month) == NOW + timedelta(hours=hours)
    assert bulletin_rules.suspect_ends(NOW, month, month) == NOW + timedelta(hours=72)
    assert bulletin_rules.suspect_ends(NOW, None, month) == NOW + timedelta(hours=72)
    assert bulletin_rules.suspect_ends(NOW, None, timedelta(hours=hours)) == NOW + timedelta(hours=hours)
    assert search_rules.expiry(NOW, month) == NOW + timedelta(days=7)
    assert search_rules.expiry(NOW, timedelta(hours=hours)) == NOW + timedelta(hours=hours)


def test_no_setting_of_a_station_makes_it_longer(tmp_path: Path) -> None:
    long = Station(suspect_lives=timedelta(days=90), search_lives=timedelta(days=90))
    for street in make_street(tmp_path, long):
        street.suspect()
        street.missing()
        with street.stage.world.db.read() as session:
            assert bulletins.get(session, 1).expires_at <= street.now + timedelta(hours=72)
            search = searches.numbered(session, 1)
            assert search is not None
            assert search.expires_at <= street.now + timedelta(days=7)


def test_the_tables_know_no_notice_without_an_end() -> None:
    assert not Bulletin.__table__.c.expires_at.nullable
    assert not Search.__table__.c.expires_at.nullable


def test_nothing_public_is_ever_sent_without_an_end(street: Street) -> None:
    street.account("keeps", KEEPS)
    street.groups(3, "keeps")
    chance = random.Random(9)
    deeds = (
        lambda n: street.suspect(f"协{n}"),
        lambda n: street.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账，三天内有效"),
        lambda n: street.say("民警甲", "预警 上游泄洪，河边的人请马上撤离"),
        *(
            lambda n, who=who, words=words: street.say(who, words.format(n=n))
            for who, words in (
                ("民警甲", "发送 反1"),
                ("民警乙", "批准 反1"),
                ("民警甲", "发送 预1"),
                ("所长", "批准 预1"),
                ("民警甲", "核实 寻1"),
                ("民警甲", "扩圈 寻1"),
                ("居民丙", "异议 协1"),
                ("所长", "异议不成立 协1 没错"),
                ("居民丁", "异议 寻1"),
                ("所长", "异议不成立 寻1 没错"),
                ("居民甲", "寻1"),
                ("居民乙", "协1"),
                ("民警乙", "撤回 协1 认错人"),
                ("民警甲", "更正 反1 换一句话，不要转账"),
                ("民警甲", "找到 寻1"),
                ("民警甲", "更正 寻1 穿红棉袄"),
            )
        ),
        lambda n: street.later(3600, 1800),
    )
    street.missing()
    street.suspect()
    number = 1
    for _ in range(STEPS):
        deed = chance.choice(deeds)
        number += deed is deeds[0]
        deed(number)
    _scan(street)
    street.stage.clock.move(days=31)
    street.later(60, 10)
    with street.stage.world.db.read() as session:
        assert not session.scalars(select(Bulletin).where(Bulletin.state == BulletinState.LIVE)).all()
        assert not session.scalars(select(Search).where(Search.state == SearchState.PUBLISHED)).all()
    notices = ("特征：", "【寻人", "【反诈提醒】", "预警】")
    left = [one for one in street.standing() if one.account != "keeps" and not one.chat.startswith(TEAM)]
    said = [one for one in left if any(notice in one.text for notice in notices)]
    assert not said, "where it can be taken back nothing stands"


def _scan(street: Street) -> None:
    """Every row that leads to something public has its end, and no later one than the rule allows."""
    public = (ChatKind.RESIDENTS, ChatKind.MERCHANTS, ChatKind.VOLUNTEERS)
    with street.stage.world.db.read() as session:
        deliveries = session.scalars(select(Delivery)).all()
        assert deliveries
        assert all(one.expires_at is not None for one in deliveries)
        for one in session.scalars(select(Bulletin)).all():
            began = max(filter(None, (one.send_at, one.live_at, one.created_at)))
            assert one.expires_at <= began + LONGEST[one.kind]
        for search in session.scalars(select(Search)).all():
            assert search.expires_at <= (search.verified_at or search.created_at) + timedelta(days=7)
        closings = select(Change.id).where(Change.kind != ChangeKind.UPDATE)
        sent = (
            select(OutboxRow)
            .join(Chat, Chat.id == OutboxRow.chat_id)
            .where(Chat.kind.in_(public), OutboxRow.kind == CallKind.SEND, OutboxRow.topic.is_not(None))
        )
        rows = session.scalars(sent).all()
        ended = set(session.scalars(closings))
        assert rows
        assert not [row for row in rows if row.expires_at is None and row.change_id not in ended]
