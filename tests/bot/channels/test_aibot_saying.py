"""What people see of what the AI bot says, and how each way to fail is told."""

import asyncio
import json

import pytest

from bot.channels.splitting import length
from handlers.dialogue.message import OutButton
from jobs.channel import (
    CallFailed,
    ChatGone,
    Impossible,
    Later,
    Medium,
    MediumRefused,
    NotNow,
    Refused,
    StaleUpload,
    Unsure,
    WindowClosed,
)
from storage.copies import CopyKind
from tests.support.pictures import photo_bytes
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
async def test_a_picture_is_uploaded_in_chunks_once_and_then_named_by_its_id() -> None:
    blob = photo_bytes(40, 30)
    big = blob + b"\0" * (1_300_000 - len(blob))
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        picture = Medium(7, "photo", "image/jpeg", big)
        message = call("老人照片", media=(7,))
        assert work.bot.parts(message.outgoing, (picture,)) == 2
        sent = await work.bot.send(message, (picture,), 0)
        await work.bot.send(message, (picture,), 1)
        assert sent.parts[0][1] is CopyKind.PHOTO
        assert work.server.media["media-1"][:2] == ("image", big)
        chunks = [one for one in work.server.frames if one["cmd"] == "aibot_upload_media_chunk"]
        assert [one["body"]["chunk_index"] for one in chunks] == [0, 1, 2]
        known = Medium(7, "photo", "image/jpeg", None, sent.uploads[7])
        assert (await work.bot.send(message, (known,), 0)).uploads == {}
        assert len(work.server.media) == 1
        work.server.later(260_000.0)
        with pytest.raises(StaleUpload):
            await work.bot.send(message, (known,), 0)
    assert [one.how for one in work.server.standing(GROUP)] == ["image", "stream", "image"]


@awaits
async def test_an_upload_is_not_made_twice_where_only_the_message_failed() -> None:
    async with at_work() as work:
        await work.hears("zhang", "看", GROUP)
        picture = Medium(7, "photo", "image/jpeg", photo_bytes(40, 30))
        work.server.faults = [Fault("aibot_send_msg", 45009)]
        with pytest.raises(Refused):
            await work.bot.send(call("", media=(7,)), (picture,), 0)
        await work.bot.send(call("", media=(7,)), (picture,), 0)
    assert len(work.server.media) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("aibot_upload_media_init", 40009), MediumRefused),
        (Fault("aibot_upload_media_init", 45009), NotNow),
        (Fault("aibot_upload_media_chunk", -1), NotNow),
        (Fault("aibot_upload_media_finish", lost=True), NotNow),
        (Fault("aibot_upload_media_chunk", broken=True), NotNow),
    ],
)
def test_an_upload_that_fails_said_nothing(fault: Fault, kind: type[CallFailed]) -> None:
    @awaits
    async def run() -> None:
        async with at_work(ack=0.04) as work:
            await work.hears("zhang", "看", GROUP)
            work.server.faults = [fault]
            with pytest.raises(kind):
                await work.bot.send(call("", media=(7,)), (Medium(7, "photo", "image/jpeg", photo_bytes(40, 30)),), 0)
            assert work.server.shows(GROUP) == []

    run()


@pytest.mark.parametrize(
    ("medium", "kind"),
    [
        (Medium(1, "photo", "image/jpeg", bytes(100)), "image"),
        (Medium(1, "photo", "image/webp", bytes(100)), "file"),
        (Medium(1, "voice", "audio/amr", bytes(100)), "voice"),
        (Medium(1, "voice", "audio/ogg", bytes(100)), "file"),
        (Medium(1, "video", "video/mp4", bytes(100)), "video"),
        (Medium(1, "video", "video/mp4", bytes(11 << 20)), "file"),
        (Medium(1, "file", "application/pdf", bytes(100), name="通告.pdf"), "file"),
        (Medium(1, "file", "application/pdf", bytes(21 << 20)), None),
        (Medium(1, "photo", "image/jpeg", b"1234"), None),
    ],
    ids=lambda one: "" if isinstance(one, Medium) else str(one),
)
def test_media_go_as_what_the_platform_shows_within_its_limits(medium: Medium, kind: str | None) -> None:
    @awaits
    async def run() -> None:
        async with at_work() as work:
            await work.hears("zhang", "看", GROUP)
            if kind is None:
                with pytest.raises(MediumRefused):
                    await work.bot.send(call("", media=(1,)), (medium,), 0)
                return
            await work.bot.send(call("", media=(1,)), (medium,), 0)
            assert [one.how for one in work.server.standing(GROUP)] == [kind]
            names = [one["body"]["filename"] for one in work.server.frames if one["cmd"] == "aibot_upload_media_init"]
            assert names[0].isascii()

    run()


@awaits
async def test_a_picture_somebody_sent_is_fetched_and_decrypted() -> None:
    blob = photo_bytes(40, 30)
    async with at_work() as work:
        await work.server.sends("zhang", "image", blob)
        await work.server.sends("zhang", "file", blob * 2, bare_key=False)
        await work.server.until(lambda: len(work.heard) == 2)
        (picture,), (file,) = (one.media for one in work.heard)
        assert (picture.kind, file.kind) == ("photo", "file")
        assert await work.bot.fetch(picture.ref, 1 << 20) == blob
        assert await work.bot.fetch(file.ref, 1 << 20) == blob * 2
        told = json.loads(picture.ref)
        other = json.dumps({**told, "aeskey": json.loads(file.ref)["aeskey"]})
        for bad in (other, json.dumps({**told, "aeskey": "short"}), "no json", "[]", json.dumps({"url": told["url"]})):
            with pytest.raises(Impossible):
                await work.bot.fetch(bad, 1 << 20)
        with pytest.raises(Impossible):
            await work.bot.fetch(picture.ref, 100)
        work.server.later(301.0)
        with pytest.raises(Impossible):
            await work.bot.fetch(picture.ref, 1 << 20)
        with pytest.raises(NotNow):
            await work.bot.fetch(json.dumps({**told, "url": "http://127.0.0.1:9/x"}), 1 << 20)


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
