"""Cards of the AI bot: what they carry, what pressing their buttons does."""

import pytest

from handlers.dialogue.message import OutButton
from jobs.channel import (
    Impossible,
)
from storage.copies import CopyKind
from tests.support.telegram_api import awaits
from tests.support.wechat.aibot_people import GROUP, Work, at_work, call
from tests.support.wechat.aibot_server import Fault

TAKE = OutButton("接单", "接单 隐12")
MORE = OutButton("转派", "转派 隐12")


def said(work: Work) -> list[str]:
    """Commands of the frames that said something."""
    return [one["cmd"] for one in work.server.frames if one["cmd"].startswith(("aibot_respond", "aibot_send"))]


@awaits
async def test_a_card_carries_short_words_with_their_buttons() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        sent = await work.say("隐患 隐12 路灯坏了\n村口，昨晚起不亮", (TAKE, MORE))
        (shown,) = work.server.standing(GROUP)
        assert (shown.how, shown.text) == ("template_card", "隐患 隐12 路灯坏了\n村口，昨晚起不亮")
        assert [label for label, _ in shown.buttons] == ["接单", "转派"]
        assert sent.parts == ((shown.task, CopyKind.TEXT),)
        assert said(work) == ["aibot_respond_msg"]
        await work.say("隐患 隐13", (TAKE,))
    assert said(work)[-1] == "aibot_send_msg"


@awaits
async def test_a_pressed_button_says_what_it_says_and_its_card_tells_the_presser_for_a_moment() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        sent = await work.say("隐患 隐12", (TAKE,))
        await work.server.presses("li", "接单", GROUP)
        await work.server.until(lambda: len(work.heard) == 2)
        heard = work.heard[-1]
        assert (heard.kind, heard.text, heard.sender, heard.chat) == ("button", "接单 隐12", "li", f"group:{GROUP}")
        assert heard.reply_to is not None
        assert (heard.reply_to.message_id, heard.reply_to.from_bot) == (sent.parts[0][0], True)
        await work.bot.answer(heard.callback, "已接单")
        (shown,) = work.server.standing(GROUP)
        assert shown.for_one == {"li": "隐患 隐12\n已接单"}
        await work.bot.answer(heard.callback, "再来一次")
        await work.server.presses("wang", "接单", GROUP)
        await work.server.until(lambda: len(work.heard) == 3)
        await work.clock.passes(5.0)
        await work.bot.answer(work.heard[-1].callback, "太晚了")
        await work.bot.answer("never-heard-of", "x")
    assert said(work).count("aibot_respond_update_msg") == 1


@awaits
async def test_a_card_the_platform_does_not_change_is_no_failure() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        await work.say("隐患 隐12", (TAKE,))
        await work.server.presses("li", "接单", GROUP)
        await work.server.until(lambda: len(work.heard) == 2)
        work.server.faults = [Fault("aibot_respond_update_msg", 846605)]
        await work.bot.answer(work.heard[-1].callback, "已接单")
        assert work.server.standing(GROUP)[0].for_one == {}


@awaits
async def test_an_answer_the_platform_does_not_finish_is_no_failure() -> None:
    async with at_work() as work:
        await work.hears("zhang", "说", GROUP)
        await work.say("一")
        work.server.faults = [Fault("aibot_respond_msg", 846608)]
        await work.clock.passes(2.1)
        await work.say("二")
    assert work.server.shows(GROUP) == ["一", "二"]


@awaits
async def test_a_press_without_a_connection_is_not_answered() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        await work.say("隐患 隐12", (TAKE,))
        await work.server.presses("li", "接单", GROUP)
        await work.server.until(lambda: len(work.heard) == 2)
        await work.ends()
        await work.bot.answer(work.heard[-1].callback, "已接单")
    assert "aibot_respond_update_msg" not in said(work)


@awaits
async def test_a_long_first_line_is_cut_at_its_sentence() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        await work.say("您好！我是网格助手。报隐患、求助、报线索，都可以直接发给我。\n第二行", (TAKE,))
        body = work.server.frames[-1]["body"]["template_card"]
    assert body["main_title"] == {"title": "您好！我是网格助手。"}
    assert body["sub_title_text"] == "报隐患、求助、报线索，都可以直接发给我。\n第二行"


@awaits
async def test_a_made_up_button_says_nothing() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看")
        told = {"card_type": "button_interaction", "event_key": "AAAAAAAA接单 隐12", "task_id": "t1"}
        await work.server._event("zhang", "", {"eventtype": "template_card_event", "template_card_event": told})
        await work.server._event("zhang", "", {"eventtype": "template_card_event", **told})
        await work.server.until(lambda: len(work.heard) == 3)
    assert [(one.kind, one.text, one.private) for one in work.heard[1:]] == [("button", "", True)] * 2


@awaits
async def test_long_words_go_before_their_card_and_too_many_buttons_become_numbers() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        long = call("隐患 隐12 情况如下\n" + "很长。" * 100, (TAKE,))
        assert work.bot.parts(long.outgoing, ()) == 2
        for part in (0, 1):
            await work.bot.send(long, (), part)
        with pytest.raises(Impossible):
            await work.bot.send(long, (), 2)
        assert [one.how for one in work.server.standing(GROUP)] == ["stream", "template_card"]
        assert work.server.shows(GROUP)[1] == "隐患 隐12 情况如下"
        await work.clock.passes(3.0)
        many = tuple((OutButton(f"选{n}", f"选 {n}"),) for n in range(1, 9))
        await work.say("请选", *many)
    assert work.server.shows(GROUP)[-1].splitlines()[1:3] == ["回复 1 选1", "回复 2 选2"]
