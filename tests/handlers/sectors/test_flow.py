"""What stays of a search by sectors and what goes, what groups read, what is counted; a search that expires."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.console import Shown
from handlers.weekly.rules import Amount
from storage import areas, sectors
from storage.sectors import Outing, Searcher, Sector
from tests.support.figures import counted
from tests.support.stage import Stage, make_stage

FAMILY = (
    "寻人 我奶奶王秀英，78岁，今天早上8点从大侯村走失，穿蓝棉袄，白头发",
    "老年痴呆",
    "没有照片",
    "同意发布",
)
PEOPLE = ("网格员甲", "义警甲", "辅警甲")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    yield from make_stage(tmp_path, None)


def begun(stage: Stage) -> list[Shown]:
    """A search is published and divided, three people are out."""
    shown = []
    for one in FAMILY:
        shown += stage.say("居民甲", one)
    shown += stage.say("民警甲", "核实 寻1")
    shown += stage.say("民警甲", "分片 寻1 确定")
    for number, who in enumerate(PEOPLE, 1):
        shown += stage.say(who, "签到 寻1")
        shown += stage.say(who, f"领片 寻1 片{number}")
    shown += stage.say("辅警甲", "搜完 寻1 没有发现")
    return shown


def test_groups_read_counts_and_nobodys_name(stage: Stage) -> None:
    shown = begun(stage)
    shown += stage.later(minutes=30)
    shown += stage.say("民警甲", "找到 寻1")
    shown += stage.later(hours=2)
    for who in PEOPLE:
        shown += stage.say(who, "已返回 寻1")
    groups = [one for one in shown if one.chat.endswith("群")]
    assert len(groups) > 20
    assert not [one for one in groups if any(name in one.text for name in (*PEOPLE, "199"))]
    alone = [one for one in shown if one.chat in PEOPLE]
    assert not [one for one in alone if any(name in one.text for name in PEOPLE)]


def test_who_was_where_is_gone_a_day_after_all_are_back(stage: Stage) -> None:
    begun(stage)
    stage.say("民警甲", "找到 寻1")
    stage.later(hours=30)
    with stage.world.db.read() as session:
        assert len(session.scalars(select(Searcher)).all()) == 3, "while somebody is out nobody is forgotten"
    for who in PEOPLE:
        stage.say(who, "已返回 寻1")
    stage.later(hours=23)
    with stage.world.db.read() as session:
        assert len(session.scalars(select(Searcher)).all()) == 3
    stage.later(hours=2)
    with stage.world.db.read() as session:
        outing = session.scalars(select(Outing)).one()
        rows = session.scalars(select(Sector)).all()
        assert session.scalars(select(Searcher)).all() == []
        assert (outing.joined, outing.leader_id, outing.line, outing.next_at) == (3, None, None, None)
        assert [one.note for one in rows] == [None] * len(rows)
        assert len([one for one in rows if one.done_at is not None]) == 1


def test_a_search_that_expires_calls_everybody_back(stage: Stage) -> None:
    begun(stage)
    shown = stage.later(days=7, minutes=1)
    for who in PEOPLE:
        assert [one for one in shown if one.chat == who and "收队了" in one.text]


def test_what_is_counted(stage: Stage) -> None:
    begun(stage)
    now = stage.world.now()
    span = (now - timedelta(days=1), now + timedelta(days=1))
    stage.say("民警甲", "找到 寻1")
    with stage.world.db.read() as session:
        whole, other = areas.named(session, "望河县"), areas.named(session, "石桥镇")
        assert whole is not None
        assert other is not None
        inside, elsewhere = areas.subtree(session, whole.id), areas.subtree(session, other.id)
        assert counted(session, "searches", inside, *span) == Amount(1)
        assert counted(session, "searches_found", inside, *span) == Amount(1, 1)
        assert counted(session, "searchers", inside, *span) == Amount(3)
        assert counted(session, "searchers", elsewhere, *span) == Amount(0)
        assert [one.number for one in sectors.searchers_of(session, session.scalars(select(Outing)).one())] == [1, 2, 3]
