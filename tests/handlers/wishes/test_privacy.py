"""Who wished it and where: in no group, and with nobody but who claimed it, who told it and who phones."""

from storage import areas
from tests.support.figures import counted
from tests.support.stage import Stage

SECRETS = ("鞠雀仁", "13877665544", "402")


def test_no_group_and_nobody_but_the_helper_reads_who_it_is(stage: Stage) -> None:
    since = stage.world.now()
    shown = []
    for who, words, chat in (
        ("居民甲", "心愿 我叫鞠雀仁，厨房灯坏了，水头村上街微网格3号楼2单元402，电话13877665544", None),
        ("义警甲", "认领 愿1", "大侯村网格群"),
        ("网格员甲", "进度 愿1", None),
        ("义警甲", "补充 愿1 鞠雀仁家我周六去", None),
        ("民警甲", "待办", "大侯村网格群"),
        ("义警甲", "心愿 愿1 做好了 402的灯好了", None),
        ("居民甲", "心愿 愿1 办好了", None),
        ("网格员甲", "心愿", None),
    ):
        shown += stage.say(who, words, chat)
    shown += stage.later(days=30)
    knowing = {one.chat for one in shown if any(secret in one.text for secret in SECRETS)}
    assert knowing == {"义警甲", "居民甲"}
    with stage.world.db.read() as session:
        everywhere = [one.id for one in areas.all_of(session)]
        told = counted(session, "wishes", everywhere, since, stage.world.now())
        assert (told.n, told.of) == (1, 1)
        assert counted(session, "wishes", [], since, stage.world.now()).of == 0


def test_my_data_and_erasing_know_a_wish(stage: Stage) -> None:
    stage.say("居民甲", "心愿 想学用手机")
    assert any("愿1" in one.text and "等人认领" in one.text for one in stage.say("居民甲", "我的数据"))
    stage.say("居民甲", "删除我 确定")
    assert any("没有查到" in one.text for one in stage.say("居民甲", "进度 愿1"))


def test_an_edit_counts_until_it_is_claimed(stage: Stage) -> None:
    stage.say("居民甲", "心愿 想学用手机", message_id="w1")
    shown = stage.say("居民甲", "心愿 厨房的灯坏了", kind="edited", message_id="w1")
    assert any(one.chat == "大侯村网格群" and "修修补补" in one.text and "灯坏了" in one.text for one in shown)
    stage.say("义警甲", "认领 愿1", "大侯村网格群")
    shown = stage.say("居民甲", "心愿 厨房的灯坏了，周末来", kind="edited", message_id="w1")
    assert any(one.chat == "义警甲" and "周末来" in one.text for one in shown)
