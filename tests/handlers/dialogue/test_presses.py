"""Presses that mean nothing any more are answered all the same; a channel without buttons takes numbers."""

from dataclasses import replace

from handlers.dialogue.gate import Gate
from handlers.dialogue.message import Quoted
from jobs.channel import Capabilities
from tests.support.stage import Stage, texts

GROUP = "大侯村居民群"
OLD = Quoted("1", from_bot=True, text="旧")


def test_a_button_that_means_nothing_is_answered_in_a_group_without_a_word_to_all(stage: Stage) -> None:
    old = stage.world.words.sentences["form.old_button"]
    (shown,) = stage.play.say("居民甲", "早已没有的命令", GROUP, kind="button", reply_to=OLD)
    assert (shown.what, shown.text) == ("answer", old)


def test_a_made_up_button_is_answered_the_same_and_folded_when_pressed_on_and_on(stage: Stage) -> None:
    stage.world.gate = Gate()
    old = stage.world.words.sentences["form.old_button"]
    answers = [stage.play.say("居民甲", "", GROUP, kind="button", reply_to=OLD) for _ in range(40)]
    assert [texts(one) for one in answers[:20]] == [[old]] * 20
    said = texts([shown for one in answers[20:] for shown in one])
    assert len(said) == 1
    assert "消息较多，已收到" in said[0]


def test_privately_it_is_said_as_well(stage: Stage) -> None:
    old = stage.world.words.sentences["form.old_button"]
    shown = stage.play.say("居民甲", "早已没有的命令", kind="button", reply_to=OLD)
    assert sorted((one.what, one.text) for one in shown) == [("answer", old), ("sent", old)]


def test_a_question_answered_before_takes_no_second_press(stage: Stage) -> None:
    old = stage.world.words.sentences["form.old_button"]
    asked = stage.say("居民甲", "提醒 交电费")[0]
    stage.press("居民甲", asked, "取消")
    assert old in texts(stage.press("居民甲", asked, asked.buttons[0][0]))


def test_where_there_are_no_buttons_a_number_does(stage: Stage) -> None:
    can: Capabilities = stage.play.console.can
    stage.play.console.can = replace(can, buttons=False)
    (shown,) = stage.say("居民甲", "提醒 交电费")
    assert shown.buttons == ()
    assert "回复 1 一小时后" in shown.text
    assert "11:20" in stage.say("居民甲", "回复1")[0].text
