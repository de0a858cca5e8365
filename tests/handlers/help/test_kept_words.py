"""Words kept for a button: only the button shown for them records them."""

from tests.support.stage import Stage, texts


def test_an_older_button_does_not_record_what_was_said_since(stage: Stage) -> None:
    stage.say("居民甲", "隐患 大侯村口路灯坏了")
    (first,) = stage.say("居民甲", "灯杆今天下午也歪了")
    (second,) = stage.say("居民甲", "隔壁天天半夜有人吸毒")
    refused = stage.press("居民甲", first, "补进 隐1")
    assert all("已经过期" in said for said in texts(refused))
    assert any("已补充到 隐1" in said for said in texts(stage.press("居民甲", second, "补进 隐1")))


def test_nor_does_it_report_that(stage: Stage) -> None:
    (first,) = stage.say("居民甲", "大侯村口路灯不亮")
    stage.say("居民甲", "隔壁天天半夜有人吸毒")
    assert all("已经过期" in said for said in texts(stage.press("居民甲", first, "报隐患")))


def test_a_button_of_need_never_lapses(stage: Stage) -> None:
    (first, *_) = stage.say("居民甲", "有人拿刀砍人了 救命")
    stage.say("居民甲", "在大侯村3号楼")
    assert any("已记下 求1" in said for said in texts(stage.press("居民甲", first, "求助")))
