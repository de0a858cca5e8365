"""What is too long, told by nobody, or asked of a stranger."""

from tests.support.stage import Stage, texts


def test_what_is_too_long_is_said_kindly(stage: Stage) -> None:
    long = "纠纷 张三和李四因为院墙" + "很高" * 600
    assert any("1000 字以内" in one for one in texts(stage.say("网格员甲", long)))
    stage.say("网格员甲", "纠纷 张三和李四因为院墙，大侯村")
    stage.say("网格员甲", "当场 纠1")
    for said in ("调解记", "达成"):
        assert any("1000 字以内" in one for one in texts(stage.say("网格员甲", f"{said} 纠1 " + "谈了" * 600)))
    stage.say("居民甲", "纠纷 张三和李四因为院墙，大侯村")
    assert any("1000 字以内" in one for one in texts(stage.say("居民甲", "补充 纠2 " + "又来" * 600)))
    assert any("请写上" in one for one in texts(stage.say("居民甲", "补充 纠2")))


def test_the_only_one_in_hand_needs_no_number(stage: Stage) -> None:
    stage.say("网格员甲", "纠纷 张三和李四因为院墙，大侯村")
    stage.say("网格员甲", "当场 纠1")
    assert any("已记下" in one for one in texts(stage.say("网格员甲", "/调解记 上门谈了一次")))
    stage.say("网格员甲", "纠纷 王五和赵六因为水渠，大侯村")
    stage.say("网格员甲", "当场 纠2")
    assert any("请说明是哪一件" in one for one in texts(stage.say("网格员甲", "/调解记 上门谈了一次")))


def test_where_it_can_be_referred_to_is_offered_once(stage: Stage) -> None:
    stage.say("网格员甲", "纠纷 张三和李四因为院墙，大侯村")
    stage.say("网格员甲", "当场 纠1")
    offered = [label for one in stage.say("网格员甲", "转办 纠1") for label, _ in one.buttons]
    assert offered.count("司法所") == 1
    assert {"调解员甲", "司法所", "人民法庭", "劳动监察大队"} <= set(offered)
    assert len(offered) <= 8


def test_words_that_only_look_like_a_command_are_talk(stage: Stage) -> None:
    for said in (
        "跟踪我的人又来了",
        "当场就吵起来了",
        "升级系统了吗",
        "调解员来了没有",
        "纠纷太多了怎么办",
        "警务室在哪",
    ):
        shown = texts(stage.say("居民甲", said), "居民甲")
        assert not any("这一步要由" in one or "（1/4）" in one or "请说明是哪一件" in one for one in shown), said


def test_the_word_may_stand_against_the_names(stage: Stage) -> None:
    assert any("已登记 纠1" in one for one in texts(stage.say("居民甲", "纠纷张三和李四因为院墙吵架，大侯村")))
