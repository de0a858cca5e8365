"""What people see of what the AI bot says, and how each way to fail is told."""

import asyncio

import pytest

from bot.channels.splitting import length
from handlers.dialogue.message import OutButton
from jobs.channel import (
    CallFailed,
    ChatGone,
    Impossible,
    Later,
    MediumRefused,
    NotNow,
    Refused,
    StaleUpload,
    Unsure,
    WindowClosed,
)
from storage.copies import CopyKind
from tests.support.telegram_api import awaits
from tests.support.wechat.aibot_people import GROUP, NAME, Work, at_work, call
from tests.support.wechat.aibot_server import Fault

TAKE = OutButton("接单", "接单 隐12")
MORE = OutButton("转派", "转派 隐12")


def said(work: Work) -> list[str]:
    """Commands of the frames that said something."""
    return [one["cmd"] for one in work.server.frames if one["cmd"].startswith(("aibot_respond", "aibot_send"))]


@awaits
async def test_answers_within_seconds_grow_into_one_stream_that_is_finished_when_it_is_quiet() -> None:
    async with at_work() as work:
        await work.hears("zhang", f"@{NAME} 帮助", GROUP)
        first = await work.say("一")
        await work.clock.passes(1.5)
        second = await work.say("二")
        (shown,) = work.server.standing(GROUP)
        assert (shown.how, shown.text, shown.finished, shown.frames) == ("stream", "一\n\n二", False, 2)
        assert first.parts[0][0] != second.parts[0][0]
        await work.clock.passes(1.9)
        assert not shown.finished
        await work.clock.passes(0.2)
        await work.server.until(lambda: shown.finished)
        assert shown.text == "一\n\n二"
        await work.say("三")
    assert [one.how for one in work.server.standing(GROUP)] == ["stream", "markdown"]
    assert {one["body"]["chat_type"] for one in work.server.frames if one["cmd"] == "aibot_send_msg"} == {2}


@awaits
async def test_a_stream_ends_after_five_minutes_at_most() -> None:
    async with at_work() as work:
        await work.hears("zhang", "说", GROUP)
        for number in range(200):
            await work.say(str(number))
            await work.clock.passes(1.9)
            if work.server.standing(GROUP)[0].finished:
                break
            work.server._times.clear()
            work.bot._speaker._frames._times.clear()
        stream = work.server.standing(GROUP)[0]
    assert stream.finished
    assert 290 < work.clock.now - stream.at < 302


@awaits
async def test_a_growing_answer_is_finished_before_the_connection_goes() -> None:
    async with at_work() as work:
        await work.hears("zhang", "说", GROUP)
        await work.say("一")
        await work.hears("li", "再说", GROUP)
        await work.say("二")
        await work.ends()
    assert [one.finished for one in work.server.standing(GROUP)] == [True, True]


@awaits
async def test_what_does_not_fit_into_a_stream_is_pushed() -> None:
    async with at_work() as work:
        await work.hears("zhang", "说", GROUP)
        await work.say("一" * 5000)
        await work.say("二" * 5000)
        hows = [(one.how, len(one.text)) for one in work.server.standing(GROUP)]
    assert hows == [("stream", 5000), ("markdown", 5000)]


@awaits
async def test_what_is_said_long_after_the_last_word_is_pushed_unless_it_quotes_it() -> None:
    async with at_work() as work:
        await work.hears("zhang", "说", GROUP)
        await work.clock.passes(61.0)
        await work.say("提醒")
        heard = await work.hears("zhang", "再说", GROUP)
        await work.clock.passes(900.0)
        await work.say("您问的有答复了", reply_to=heard.message_id)
        assert said(work) == ["aibot_send_msg", "aibot_respond_msg"]
        await work.say("还有", reply_to=heard.message_id)
    assert [one.how for one in work.server.standing(GROUP)] == ["markdown"] * 3
    assert said(work)[-1] == "aibot_send_msg"


@awaits
async def test_after_a_new_connection_the_old_callback_is_not_answered() -> None:
    async with at_work() as work:
        await work.hears("zhang", "说", GROUP)
        work.server.cut()
        await work.server.until(lambda: min(work.clock.slept) <= 2.0)
        await work.clock.passes(2.1)
        await work.server.until(lambda: work.bot.listening)
        await work.say("在")
    assert said(work) == ["aibot_send_msg"]


@pytest.mark.parametrize("code", [846605, 846608])
def test_too_late_for_an_answer_is_pushed_by_the_same_call(code: int) -> None:
    @awaits
    async def run() -> None:
        async with at_work() as work:
            await work.hears("zhang", "说", GROUP)
            work.server.faults = [Fault("aibot_respond_msg", code)]
            await work.say("在")
            assert work.server.shows(GROUP) == ["在"]
            await work.say("还在")
        assert said(work) == ["aibot_respond_msg", "aibot_send_msg", "aibot_send_msg"]

    run()


@awaits
async def test_a_stream_too_old_for_the_platform_goes_on_as_a_push() -> None:
    async with at_work() as work:
        await work.hears("zhang", "说", GROUP)
        await work.say("一")
        work.server.later(400.0)
        await work.say("二")
    assert [(one.how, one.text) for one in work.server.standing(GROUP)] == [("stream", "一"), ("markdown", "二")]


@pytest.mark.parametrize("fault", [Fault("aibot_respond_msg", late=0.06), Fault("aibot_respond_msg", lost=True)])
def test_an_ack_that_is_late_or_lost_leaves_the_call_in_doubt_and_no_other_call_takes_it_for_its_own(
    fault: Fault,
) -> None:
    @awaits
    async def run() -> None:
        async with at_work(ack=0.04) as work:
            await work.hears("zhang", "说", GROUP)
            work.server.faults = [fault]
            with pytest.raises(Unsure):
                await work.say("一")
            work.server.faults = [Fault("aibot_send_msg", 45009)]
            with pytest.raises(Refused):
                await work.say("二")
            await asyncio.sleep(0.05)
            await work.clock.passes(2.1)
            await work.server.until(lambda: work.server.standing(GROUP)[0].finished)
        assert work.server.shows(GROUP) == ["一"]

    run()


@pytest.mark.parametrize(
    ("code", "in_group", "private"),
    [
        (93001, ChatGone, WindowClosed),
        (93006, ChatGone, WindowClosed),
        (93008, ChatGone, WindowClosed),
        (45009, Refused, Refused),
        (-1, NotNow, NotNow),
        (93019, NotNow, NotNow),
        (93017, Impossible, Impossible),
        (93018, MediumRefused, MediumRefused),
        (40007, StaleUpload, StaleUpload),
        (40008, Impossible, Impossible),
    ],
)
def test_what_a_refusal_means(code: int, in_group: type[CallFailed], private: type[CallFailed]) -> None:
    @awaits
    async def run() -> None:
        async with at_work() as work:
            for chat, kind in ((f"group:{GROUP}", in_group), ("zhang", private)):
                work.server.faults = [Fault("aibot_send_msg", code)]
                with pytest.raises(CallFailed) as caught:
                    await work.say("x", chat=chat)
                assert type(caught.value) is kind

    run()


@awaits
async def test_nobody_is_written_to_who_never_spoke_and_no_group_the_bot_was_put_out_of() -> None:
    async with at_work() as work:
        with pytest.raises(WindowClosed):
            await work.say("您好", chat="zhang")
        with pytest.raises(ChatGone):
            await work.say("大家好")
        await work.hears("zhang", "在吗", GROUP)
        await work.clock.passes(100.0)
        work.server.left.add(GROUP)
        with pytest.raises(ChatGone):
            await work.say("大家好")
        await work.hears("zhang", "又进来了", GROUP)
        await work.say("好")
    assert work.server.shows(GROUP) == ["好"]


@awaits
async def test_all_frames_count_so_that_the_platform_never_refuses_one() -> None:
    async with at_work() as work:
        sent, waits = 0, None
        while waits is None:
            await work.hears("zhang", str(sent), GROUP)
            try:
                await work.say(f"答{sent}")
                sent += 1
            except Later as later:
                waits = later.wait.total_seconds()
        assert 0 < waits <= 60
        await work.clock.passes(2.5)
        await work.server.until(lambda: all(one.finished for one in work.server.standing(GROUP)))
        # Another chat is not held up.
        await work.hears("li", "说")
        await work.say("在", chat="li")
        await work.clock.passes(60.0)
        await work.say("又能说了")
    assert 15 <= sent <= 30
    assert len(work.server.standing(GROUP)) == sent + 1


@awaits
async def test_a_button_into_the_private_talk_is_told_in_words() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        await work.say("有回复", (OutButton("私聊查看", token="T0"),))
    (shown,) = work.server.shows(GROUP)
    assert shown.startswith("有回复\n")
    assert "单聊" in shown


@awaits
async def test_people_s_words_show_literally() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        await work.say("<@all> [点我](http://x) <font color='red'>急</font>")
    (shown,) = work.server.shows(GROUP)
    assert not set("<[") & set(shown)


@awaits
async def test_very_long_words_are_several_messages_that_the_platform_takes() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看")
        long = call("[" * 15000 + "走失老人，请留意。" * 3000, chat="zhang")
        parts = work.bot.parts(long.outgoing, ())
        for part in range(parts):
            await work.bot.send(long, (), part)
    assert parts > 5
    assert all(length(text, "bytes") <= 20480 for text in work.server.shows("zhang"))


@awaits
async def test_opening_the_private_talk_is_answered_by_a_welcome_within_five_seconds() -> None:
    async with at_work() as work:
        await work.server.enters("zhang")
        await work.server.until(lambda: work.heard)
        (heard,) = work.heard
        assert (heard.kind, heard.chat, heard.private, heard.text) == ("opened", "zhang", True, "")
        await work.say("您好！我是<网格助手>。", (TAKE,), chat="zhang")
        await work.server.enters("li")
        await work.server.until(lambda: len(work.heard) == 2)
        await work.say("您好！我是<网格助手>。", chat="li")
        with pytest.raises(WindowClosed):
            await work.say("还有", chat="li")
        await work.server.enters("wang")
        await work.server.until(lambda: len(work.heard) == 3)
        await work.clock.passes(4.5)
        with pytest.raises(WindowClosed):
            await work.say("您好", chat="wang")
    assert said(work)[:2] == ["aibot_respond_welcome_msg"] * 2
    assert work.server.shows("li") == ["您好！我是<网格助手>。"]
    assert work.server.standing("zhang")[0].buttons


@awaits
async def test_what_people_think_of_an_answer_is_passed_over() -> None:
    async with at_work() as work:
        await work.server.likes("zhang")
        await work.hears("zhang", "好")
    assert [one.text for one in work.heard] == ["好"]


@awaits
async def test_quoting_what_the_bot_said_names_that_message() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        await work.say("寻人 寻3：<王大爷> *走失*")
        sent = await work.say("第二句")
        mine = await work.hears("li", f"@{NAME} 看见了", GROUP, quote=quote("第二句"))
        other = await work.hears("li", f"@{NAME} 看见了", GROUP, quote=quote("别人的话"))
        elsewhere = await work.hears("li", "看见了", quote=quote("第二句"))
    assert mine.reply_to is not None
    assert (mine.reply_to.message_id, mine.reply_to.from_bot, mine.text) == (sent.parts[0][0], True, "看见了")
    assert other.reply_to is not None
    assert (other.reply_to.from_bot, other.reply_to.text) == (False, "别人的话")
    assert elsewhere.reply_to is not None
    assert not elsewhere.reply_to.from_bot


def quote(words: str) -> dict[str, object]:
    """A quotation as the platform tells it."""
    return {"msgtype": "text", "text": {"content": words}}


@awaits
async def test_nothing_said_is_changed_or_taken_back() -> None:
    async with at_work() as work:
        with pytest.raises(Impossible):
            await work.bot.edit(call("x"), "1", CopyKind.TEXT)
        with pytest.raises(Impossible):
            await work.bot.delete(f"group:{GROUP}", "1")
        with pytest.raises(Impossible):
            await work.bot.send(call(""), (), 0)
        with pytest.raises(Impossible):
            await work.say("x", (OutButton("长", "字" * 30),))
        assert not work.bot.can.takes_back
