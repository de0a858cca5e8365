"""审计: the auditor and the admins see whether the chain is whole; what they pasted is compared."""

import pytest
from sqlalchemy import text

from handlers.audit import rules
from storage import audit
from storage.audited import SORTS
from tests.support.stage import Stage, texts, words


def one(stage: Stage, asked: str, who: str = "审计员") -> str:
    """The one answer to somebody."""
    (said,) = texts(stage.say(who, asked), who)
    return said


def test_how_the_chain_stands(stage: Stage) -> None:
    stage.say("管理员", "发码 网格员 大侯村 1")
    with stage.world.db.read() as session:
        head = audit.head(session)
    for asked in ("审计", "审计 核", "审计核", "/审计 核对"):
        said = one(stage, asked)
        assert said.startswith(f"审计链核对过，没有发现改动。共 {head.count} 条，校验码前 8 位 {head.hash[:8]}。")
        assert "还没有存证" in said
        assert f"人员、角色和群的变动 {head.count} 条" in said
    stage.clock.move(days=2)
    assert "没有新的记录" in one(stage, "审计", "管理员")


def test_an_anchor_that_was_pasted_is_compared(stage: Stage) -> None:
    with stage.world.db.read() as session:
        head = audit.head(session)
    assert "和您给的 1 个存证一致" in one(stage, f"审计 {head.count}:{head.hash}")
    assert "和您给的 1 个存证一致" in one(stage, f"审计 {head.count}：{head.hash[:8].upper()}")
    assert f"第 {head.count} 条和存证不一致" in one(stage, f"审计 {head.count}:{'0' * 64}")
    assert f"存证里有第 {head.count + 1} 条" in one(stage, f"审计 {head.count + 9}:{head.hash}")


def test_what_was_changed_is_named(stage: Stage) -> None:
    with stage.world.db.write() as session:
        session.execute(text("UPDATE audit SET topic = 'search:9' WHERE id = 5"))
    said = one(stage, "审计")
    assert "第 5 条记录被改过" in said
    assert "马上告诉所领导和网管" in said


@pytest.mark.parametrize("who", ["居民甲", "网格员甲", "民警甲", "所长"])
def test_nobody_else_learns_anything(stage: Stage, who: str) -> None:
    said = one(stage, "审计", who)
    assert "审计员、管理员来做" in said
    assert "条" not in said


def test_it_is_not_answered_before_others(stage: Stage) -> None:
    assert texts(stage.say("管理员", "/审计", "大侯村网格群")) != []
    assert not any("核对过" in said for said in texts(stage.say("管理员", "/审计", "大侯村网格群")))
    assert any("核对过" in said for said in texts(stage.say("管理员", "/审计", "管理员群")))


def test_reading_anchors() -> None:
    assert rules.read_anchors("") == []
    assert rules.read_anchors("12:1a2b3c4") == []
    assert rules.read_anchors("x12:1a2b3c4d5") == []
    assert rules.read_anchors(f"【审计存证】11月19日 08:00\n30:{'Ab' * 32}") == [(30, "ab" * 32)]
    assert rules.read_anchors("３０：１ａ２ｂ３ｃ４ｄ，7:ffffffff") == [(30, "1a2b3c4d"), (7, "ffffffff")]


def test_whatever_is_counted_or_found_has_words() -> None:
    known = set(words().sentences)
    assert {f"audit.sort.{sort}" for sort in (*SORTS, "other")} <= known
    assert {f"audit.why.{why}" for why in ("lost", "changed", "unbound", "end", "anchor", "cut")} <= known
