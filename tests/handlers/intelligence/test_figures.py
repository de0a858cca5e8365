"""What intelligence counts; and what of a tip's study nobody else reads."""

from datetime import timedelta

from sqlalchemy import select

from handlers.intelligence.figures import FIGURES
from handlers.weekly.rules import Amount
from storage import areas
from storage.intelligence import Study
from tests.support.figures import counted
from tests.support.stage import Stage


def of_week(stage: Stage, days: int = 7) -> dict[str, Amount]:
    with stage.world.db.read() as session:
        village = areas.named(session, "大侯村")
        assert village is not None
        within, now = areas.subtree(session, village.id), stage.world.now()
        week = now - timedelta(days=days), now + timedelta(seconds=1)
        return {one.name: counted(session, one.name, within, *week) for one in FIGURES}


def test_what_is_opened_again_counts_no_more_and_late_answers_are_not_in_time(stage: Stage) -> None:
    for words in ("线索 水头村有人偷电瓶", "线索 大侯村小卖部卖假酒", "线索 大侯村后山倒垃圾"):
        stage.say("居民甲", words)
    stage.say("居民甲", "撤销 线3")
    stage.say("民警甲", "查实 线1 已处理")
    stage.say("民警甲", "答复 线1 第1稿")
    now = of_week(stage)
    assert now == {"tips": Amount(2), "tips_verified": Amount(1, 1), "tips_answered": Amount(0, 0)}
    stage.later(days=8)
    stage.say("民警甲", "查否 线2 是真酒")
    stage.say("民警甲", "答复 线2 第1稿")
    later = of_week(stage, days=9)
    assert later == {"tips": Amount(2), "tips_verified": Amount(1, 2), "tips_answered": Amount(1, 2)}
    stage.say("民警甲", "重开 线1")
    assert of_week(stage, days=9)["tips_verified"] == Amount(0, 1)


def test_after_its_time_the_words_are_gone_and_the_verdict_stays(stage: Stage) -> None:
    stage.say("居民甲", "线索 水头村有人偷电瓶")
    stage.say("民警甲", "研判 线1 像是熟人")
    stage.say("民警甲", "查实 线1 已处理")
    stage.say("民警甲", "答复 线1 第1稿")
    stage.later(days=120)
    stage.later(minutes=11)
    with stage.world.db.read() as session:
        (row,) = session.scalars(select(Study)).all()
        assert row.assessment is None
        assert row.answer is None
        assert row.verdict == "查实"
