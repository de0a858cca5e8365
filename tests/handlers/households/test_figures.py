"""What ten households count: alarms that were some, and households that answered in time."""

from datetime import timedelta

from handlers.households.figures import FIGURES
from handlers.weekly.rules import Amount
from storage import areas
from tests.support.dialogues import CODE
from tests.support.figures import counted
from tests.support.stage import Stage


def of_week(stage: Stage) -> dict[str, Amount]:
    with stage.world.db.read() as session:
        village = areas.named(session, "大侯村")
        assert village is not None
        within, now = areas.subtree(session, village.id), stage.world.now()
        week = now - timedelta(days=7), now + timedelta(seconds=1)
        return {one.name: counted(session, one.name, within, *week) for one in FIGURES}


def test_slips_count_nowhere_and_late_answers_are_none(stage: Stage) -> None:
    founded = stage.say("网格员甲", "十户 新建 和平街东段")
    code = next(found.group() for one in founded if (found := CODE.search(one.text)))
    for who, called in (("商户甲", "李记面馆"), ("居民甲", "理发店"), ("居民乙", "百货店")):
        stage.say(who, f"十户 加入 {code} {called}")
    stage.say("商户甲", "十户 点着玩")
    stage.say("居民甲", "十户 收到")
    stage.say("商户甲", "十户 误报")
    assert of_week(stage) == {"alarms": Amount(0), "alarms_answered": Amount(0, 0)}
    stage.say("商户甲", "十户 有人砸门")
    stage.say("居民甲", "十户 收到")
    stage.later(minutes=4)
    stage.say("居民乙", "十户 收到")
    stage.say("民警甲", "十户 解除 联2")
    assert of_week(stage) == {"alarms": Amount(1), "alarms_answered": Amount(1, 2)}


def test_who_leaves_the_bot_leaves_the_unit(stage: Stage) -> None:
    founded = stage.say("网格员甲", "十户 新建 和平街东段")
    code = next(found.group() for one in founded if (found := CODE.search(one.text)))
    stage.say("居民甲", f"十户 加入 {code} 理发店")
    stage.say("居民甲", "删除我")
    stage.say("居民甲", "删除我 确定")
    (shown, *_) = stage.say("网格员甲", "十户 看 1")
    assert "户数 0" in shown.text
    assert "理发店" not in shown.text
