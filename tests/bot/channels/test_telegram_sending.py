"""What people see of an outgoing call, and how each way to fail is told."""

import io
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from bot.channels.splitting import length
from bot.channels.telegram import Telegram
from bot.channels.telegram.sending import plan
from handlers.dialogue.message import OutButton, Outgoing, PlayCall, RealCall
from jobs.channel import (
    CallFailed,
    ChatGone,
    ChatMoved,
    ChatMuted,
    Impossible,
    Medium,
    MediumRefused,
    NotNow,
    Refused,
    Sent,
    StaleUpload,
    TopicGone,
    Unsure,
)
from storage.copies import CopyKind
from storage.worlds import WorldKind
from tests.support.pictures import photo_bytes
from tests.support.stage import KEYS
from tests.support.telegram_api import TOKEN, Fault, TelegramApi, awaits
from tests.support.telegram_people import call, channel, settings

LONG = "有人走失，请大家留意。\n" * 500
BUTTON = (OutButton("接单", "接单 隐12"),)


def photo(number: int = 1, file_id: str | None = None, *, blob: bool = True) -> Medium:
    return Medium(number, "photo", "image/jpeg", photo_bytes(40, 30) if blob else None, file_id)


@awaits
async def test_words_with_buttons_in_a_topic_quoting_somebody() -> None:
    async with TelegramApi(topics={33}) as api:
        tg = channel(api)
        sent = await tg.send(call("路灯 隐12", BUTTON, thread="33", reply_to="55"), ())
        await tg.close()
    assert sent.parts == (("101", CopyKind.TEXT),)
    (made,) = api.made("sendMessage")
    assert (made["text"], made["chat_id"], made["message_thread_id"]) == ("路灯 隐12", "-1001", "33")
    assert made["reply_parameters"] == {"message_id": 55, "allow_sending_without_reply": True}
    assert made["link_preview_options"] == {"is_disabled": True}
    ((button,),) = made["reply_markup"]["inline_keyboard"]
    assert button["text"] == "接单"
    assert button["callback_data"].endswith("接单 隐12")


@awaits
async def test_links_are_shown_only_where_asked_for_and_tokens_open_the_private_talk() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        await tg.send(call("看视频", (OutButton("私聊查看", token="T0-k_en"),), links=True), ())
        assert tg.bot_names == ("wangge_test_bot", "网格小助手")
        assert tg.can.opens == "https://t.me/wangge_test_bot?start="
        await tg.close()
    (made,) = api.made("sendMessage")
    assert made["link_preview_options"] == {"is_disabled": False}
    ((button,),) = made["reply_markup"]["inline_keyboard"]
    assert button["url"] == "https://t.me/wangge_test_bot?start=T0-k_en"


@awaits
async def test_a_button_too_long_is_left_out_and_the_message_goes() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        await tg.send(call("好", (OutButton("长", "字" * 30),)), ())
        await tg.close()
    assert "reply_markup" not in api.made("sendMessage")[0]


async def whole(tg: Telegram, one: RealCall, *media: Medium) -> Sent:
    """Send all parts of a message, as the dispatcher does one after the other."""
    sent = [await tg.send(one, media, part) for part in range(tg.parts(one.outgoing, media))]
    uploads = {medium: known for part in sent for medium, known in part.uploads.items()}
    return Sent(tuple(copy for part in sent for copy in part.parts), uploads)


@awaits
async def test_a_long_text_goes_in_parts_with_the_buttons_on_the_last() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        sent = await whole(tg, call(LONG, BUTTON, reply_to="55"))
        await tg.close()
    made = api.made("sendMessage")
    assert len(made) == len(sent.parts) == 2
    assert ["reply_markup" in one for one in made] == [False, True]
    assert ["reply_parameters" in one for one in made] == [True, False]
    assert "\n".join(one["text"] for one in made).split() == LONG.split()


@awaits
async def test_a_picture_is_uploaded_once_and_then_known_by_its_id() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        first = await tg.send(call("寻3", BUTTON), (photo(8),))
        again = await tg.send(call("寻3", BUTTON), (photo(8, first.uploads[8], blob=False),))
        await tg.close()
    assert first.parts[0][1] is CopyKind.PHOTO
    assert (first.uploads, again.uploads) == ({8: "file0"}, {})
    assert len(api.files) == 1
    assert [one["caption"] for one in api.made("sendPhoto")] == ["寻3", "寻3"]


@awaits
async def test_a_file_id_that_works_no_more_is_told() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        with pytest.raises(StaleUpload):
            await tg.send(call("寻3"), (photo(8, "gone", blob=False),))
        with pytest.raises(Impossible):
            await tg.send(call(), (photo(8, blob=False),))
        await tg.close()


@awaits
async def test_a_picture_with_many_words() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        sent = await whole(tg, call("长" * 1025, BUTTON), photo())
        await tg.close()
    assert [kind for _, kind in sent.parts] == [CopyKind.PHOTO, CopyKind.TEXT]
    assert "caption" not in api.made("sendPhoto")[0]
    assert "reply_markup" in api.made("sendMessage")[0]


@awaits
async def test_albums() -> None:
    film = Medium(3, "video", "video/mp4", b"film")
    async with TelegramApi() as api:
        tg = channel(api)
        plain = await tg.send(call("两张"), (photo(1), film))
        pressed = await whole(tg, call("两张", BUTTON), photo(1, "file0"), photo(2))
        await tg.close()
    assert [kind for _, kind in plain.parts] == [CopyKind.PHOTO, CopyKind.VIDEO]
    assert plain.uploads == {1: "file0", 3: "file1"}
    assert [item.get("caption") for item in api.made("sendMediaGroup")[0]["media"]] == ["两张", None]
    assert [kind for _, kind in pressed.parts] == [CopyKind.PHOTO, CopyKind.PHOTO, CopyKind.TEXT]
    assert pressed.uploads == {2: "file2"}


@awaits
async def test_voice_film_and_file() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        media = (Medium(1, "voice", "audio/ogg", b"v"), Medium(2, "file", "application/pdf", b"f"))
        sent = await whole(tg, call("附件", BUTTON), *media)
        film = await tg.send(call("看"), (Medium(3, "video", "video/mp4", b"film"),))
        await tg.close()
    assert api.sent() == ["sendVoice", "sendDocument", "sendMessage", "sendVideo"]
    assert [kind for _, kind in sent.parts] == [CopyKind.FILE, CopyKind.FILE, CopyKind.TEXT]
    assert (sent.uploads, film.uploads) == ({1: "file0", 2: "file1"}, {3: "file2"})


@awaits
async def test_a_file_made_here_keeps_its_name() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        sheet = Medium(1, "file", "application/zip", b"f", name="发送情况-反4.xlsx")
        await whole(tg, call("反4 发送情况", BUTTON), sheet, Medium(2, "file", "", b"g"))
        await tg.close()
    assert [one.names["document"] for one in api.calls if one.method == "sendDocument"] == ["发送情况-反4.xlsx", "file"]


def test_eleven_pictures_make_two_calls() -> None:
    parts = plan("字", [photo(number) for number in range(11)], False)
    assert [(len(part.media), part.text) for part in parts] == [(10, ""), (1, ""), (0, "字")]
    assert all(length(part.text) <= 4096 for part in plan("😀" * 9000, (), False))


@awaits
async def test_a_topic_that_is_gone_and_a_picture_that_is_refused_are_told_apart_from_the_chat() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        with pytest.raises(TopicGone):
            await tg.send(call("路灯", thread="33"), ())
        api.faults["sendPhoto"].append(Fault(400, "Bad Request: not enough rights to send photos to the chat"))
        with pytest.raises(MediumRefused):
            await tg.send(call("寻3", BUTTON), (photo(),))
        await tg.close()


FAILURES = [
    (Fault(429, "Too Many Requests: retry after 9", {"retry_after": 9}), Refused),
    (Fault(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": -1009}), ChatMoved),
    (Fault(403, "Forbidden: bot was kicked from the supergroup chat"), ChatGone),
    (Fault(403, "Forbidden: bot was blocked by the user"), ChatGone),
    (Fault(403, "Forbidden: user is deactivated"), ChatGone),
    (Fault(403, "Forbidden: bot can't initiate conversation with a user"), ChatGone),
    (Fault(400, "Bad Request: chat not found"), ChatGone),
    (Fault(400, "Bad Request: not enough rights to send text messages to the chat"), ChatMuted),
    (Fault(403, "Forbidden: CHAT_WRITE_FORBIDDEN"), ChatMuted),
    (Fault(400, "Bad Request: something else"), Impossible),
    (Fault(413, "Request Entity Too Large"), Impossible),
    (Fault(401, "Unauthorized"), NotNow),
    (Fault(404, "Not Found"), NotNow),
    (Fault(409, "Conflict"), NotNow),
    (Fault(500, "Internal Server Error"), Unsure),
    (Fault(502, page=b"<html>Bad Gateway</html>"), NotNow),
    (Fault(504, page=b"<html>"), Unsure),
    (Fault(403, page=b"<html>the firewall says no</html>"), NotNow),
    (Fault(200, page=b"<html>log in to the wifi</html>"), Unsure),
    (Fault(breaks="after"), Unsure),
    (Fault(breaks="before"), Unsure),
    (Fault(late=1.0), Unsure),
]


@pytest.mark.parametrize(
    ("fault", "failure"), FAILURES, ids=lambda value: getattr(value, "text", "") or str(value)[:40]
)
@awaits
async def test_how_a_call_fails(fault: Fault, failure: type[CallFailed], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with TelegramApi() as api:
        tg = channel(api, timeout=0.3 if fault.late else 10)
        await tg._until_done(tg.start)
        api.faults["sendMessage"].append(fault)
        with pytest.raises(failure) as failed:
            await tg.send(call("王大妈走失"), ())
        await tg.close()
    assert type(failed.value).__mro__[:3].count(failure) == 1
    assert len(failed.value.reason) < 20
    if isinstance(failed.value, Refused):
        assert failed.value.wait == timedelta(seconds=9)
    if isinstance(failed.value, ChatMoved):
        assert failed.value.platform_id == "-1009"
    for shown in (caplog.text, repr(failed.value), str(failed.getrepr(style="long")), repr(tg)):
        assert TOKEN.partition(":")[2] not in shown
    assert "王大妈" not in caplog.text


@awaits
async def test_nobody_there_means_not_now() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        await tg.start()
    with pytest.raises(NotNow):
        await tg.send(call("好"), ())
    with pytest.raises(NotNow):
        await tg.answer("q", "")
    await tg.close()


@awaits
async def test_a_refused_token_is_not_tried_again_at_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with TelegramApi() as api:
        tg = channel(api, token="4242:wrong-and-secret")
        for _ in range(3):
            with pytest.raises(NotNow):
                await tg.send(call("好"), ())
        await tg.close()
    assert len(api.calls) == 1
    assert "wrong-and-secret" not in caplog.text
    assert "does not know this token" in caplog.text


@awaits
async def test_nothing_to_say_and_nobody_to_say_it_to() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        with pytest.raises(Impossible):
            await tg.send(call(" \n "), ())
        with pytest.raises(Impossible):
            await tg.send(call("", media=(1,)), (photo(blob=False),))
        with pytest.raises(ChatGone):
            await tg.send(call("好", chat="as:-1001"), ())
        await tg.close()
    assert api.sent() == []


@awaits
async def test_calls_of_other_worlds_never_leave() -> None:
    async with TelegramApi() as api:
        with pytest.raises(TypeError):
            Telegram(settings(api.url), KEYS, WorldKind.PLAYGROUND)
        tg = channel(api)
        played = PlayCall("-1001", "", Outgoing("演练"))
        with pytest.raises(TypeError):
            await tg.send(played, ())
        with pytest.raises(TypeError):
            await tg.edit(played, "5", CopyKind.TEXT)
        await tg.close()
    assert api.calls == []


@awaits
async def test_words_are_edited_and_the_same_words_are_fine() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        ((number, kind),) = (await tg.send(call("27 个群，已发 3 个", BUTTON), ())).parts
        await tg.edit(call("27 个群，已发 27 个"), number, kind)
        await tg.edit(call("27 个群，已发 27 个"), number, kind)
        for gone in ("999", "unknown"):
            with pytest.raises(Impossible):
                await tg.edit(call("好"), gone, kind)
        with pytest.raises(Impossible):
            await tg.edit(call("长" * 4097), number, kind)
        await tg.close()
    assert api.messages[-1001, int(number)]["text"] == "27 个群，已发 27 个"
    assert "reply_markup" not in api.made("editMessageText")[0]


@awaits
async def test_a_face_that_was_hidden_comes_back() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        sent = await tg.send(call("协查 协3"), (photo(),))
        face = sent.parts[0][0]
        known = replace(photo(), blob=None, file_id=sent.uploads[1])
        await tg.edit(call("协查 核实中"), face, CopyKind.PHOTO)
        assert api.messages[-1001, int(face)]["photo"][0]["file_id"] != "file0"
        await tg.edit(call("协查 协3", media=(1,)), face, CopyKind.PHOTO, (known,))
        await tg.edit(call("协查 协3", media=(1,)), face, CopyKind.PHOTO, (known,))
        shown = api.messages[-1001, int(face)]
        assert shown["photo"][0]["file_id"] == "file0"
        assert shown["caption"] == "协查 协3"
        api.files.clear()
        with pytest.raises(StaleUpload):
            await tg.edit(call("协查 协3，更正", media=(1,)), face, CopyKind.PHOTO, (known,))
        await tg.edit(call("协查 协3，更正", media=(1,)), face, CopyKind.PHOTO, (photo(),))
        assert api.messages[-1001, int(face)]["caption"] == "协查 协3，更正"
        api.faults["editMessageMedia"].append(Fault(400, "Bad Request: message can't be edited"))
        with pytest.raises(Impossible):
            await tg.edit(call("改不了", media=(1,)), face, CopyKind.PHOTO, (photo(),))
        api.faults["editMessageMedia"].append(Fault(breaks="after"))
        with pytest.raises(Unsure):
            await tg.edit(call("断了", media=(1,)), face, CopyKind.VIDEO, (photo(),))
        await tg.close()


@awaits
async def test_a_face_goes_when_a_notice_is_closed() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        face = (await tg.send(call("寻人 寻3"), (photo(),))).parts[0][0]
        other = (await tg.send(call("寻人 寻4"), (photo(),))).parts[0][0]
        await tg.edit(call("寻人 寻3，有新消息", media=(1,)), face, CopyKind.PHOTO)
        assert api.messages[-1001, int(face)]["photo"][0]["file_id"] == "file0"
        closing = "已结束，请勿再转发。" * 200
        await tg.edit(call(closing), face, CopyKind.PHOTO)
        await tg.edit(call(closing), face, CopyKind.PHOTO)
        await tg.edit(call("已结束"), other, CopyKind.PHOTO)
        shown = api.messages[-1001, int(face)]
        assert length(shown["caption"]) <= 1024
        empty = api.files[shown["photo"][0]["file_id"]]
        assert empty != api.files["file0"]
        picture = Image.open(io.BytesIO(empty))
        assert len(set(picture.convert("L").tobytes())) == 1
        assert api.messages[-1001, int(other)]["photo"] == shown["photo"]
        api.files.clear()
        with pytest.raises(StaleUpload):
            await tg.edit(call("真的结束了"), other, CopyKind.PHOTO)
        await tg.edit(call("真的结束了"), other, CopyKind.PHOTO)
        api.faults["editMessageMedia"].append(Fault(400, "Bad Request: message can't be edited"))
        with pytest.raises(Impossible):
            await tg.edit(call("改不了"), other, CopyKind.PHOTO)
        api.faults["editMessageMedia"].append(Fault(breaks="after"))
        with pytest.raises(Unsure):
            await tg.edit(call("断了"), other, CopyKind.VIDEO)
        await tg.close()
    assert api.messages[-1001, int(other)]["caption"] == "断了"


@awaits
async def test_taking_away() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        ((number, _),) = (await tg.send(call("好"), ())).parts
        await tg.delete("-1001", number)
        await tg.delete("-1001", number)
        assert api.messages == {}
        refusals = {
            "Bad Request: message can't be deleted for everyone": Impossible,
            "Bad Request: not enough rights": Impossible,
            "Bad Request: chat not found": ChatGone,
        }
        for text, failure in refusals.items():
            api.faults["deleteMessage"].append(Fault(400, text))
            with pytest.raises(failure):
                await tg.delete("-1001", number)
        with pytest.raises(Impossible):
            await tg.delete("-1001", "")
        await tg.close()


@awaits
async def test_a_pressed_button_is_answered_and_an_old_one_needs_none() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        await tg.answer("q1", "已接单" * 100)
        await tg.answer("old1", "")
        await tg.close()
    first, second = api.made("answerCallbackQuery")
    assert length(first["text"]) <= 200
    assert "text" not in second


@awaits
async def test_fetching_at_most_so_many_bytes() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        api.files["f1"] = b"x" * 500
        assert await tg.fetch("f1", 500) == b"x" * 500
        for ref, most in (("f1", 499), ("missing", 500)):
            with pytest.raises(Impossible):
                await tg.fetch(ref, most)
        api.faults["getFile"].append(Fault(breaks="after"))
        with pytest.raises(NotNow):
            await tg.fetch("f1", 500)
        await tg.close()


@awaits
async def test_a_server_that_lies_about_sizes_or_breaks_down() -> None:
    async with TelegramApi(told_size=3, paths={"f2": "gone"}) as api:
        tg = channel(api)
        api.files |= {"f1": b"x" * 500, "f2": b"x"}
        for ref in ("f1", "f2"):
            with pytest.raises(Impossible):
                await tg.fetch(ref, 100)
        api.faults["file"].append(Fault(503))
        with pytest.raises(NotNow):
            await tg.fetch("f1", 600)
        api.files["f1"] = b""
        api.paths["f1"] = ""
        with pytest.raises(Impossible):
            await tg.fetch("f1", 600)
        await tg.close()


@awaits
async def test_a_server_on_this_machine_hands_over_a_path(tmp_path: Path) -> None:
    kept = tmp_path / "voice.ogg"
    kept.write_bytes(b"v" * 9)
    async with TelegramApi(paths={"f1": str(kept)}, files={"f1": b"v"}) as api:
        tg = channel(api)
        assert await tg.fetch("f1", 9) == b"v" * 9
        with pytest.raises(Impossible):
            await tg.fetch("f1", 8)
        await tg.close()


@awaits
async def test_facts_for_the_doctor_and_the_menu() -> None:
    async with TelegramApi() as api:
        tg = channel(api)
        facts = await tg.facts()
        assert (facts["token"], facts["username"], facts["hears_all"]) == (True, "wangge_test_bot", False)
        assert "/setprivacy" in str(facts["mends"])
        api.hears_all, api.webhook = True, {"url": "https://elsewhere"}
        facts = await tg.facts()
        assert (facts["hears_all"], facts["webhook"]) == (True, True)
        assert "webhook" in str(facts["mends"])
        wrong = channel(api, token="1:x")
        assert (await wrong.facts())["token"] is False
        await tg.set_menu([("help", "看看能做什么"), ("上报", "报一件事")], "private")
        await tg.set_menu([("todo", "待办")], "-1001")
        first, second = api.made("setMyCommands")
        assert first["commands"] == [{"command": "help", "description": "看看能做什么"}]
        assert first["scope"] == {"type": "all_private_chats"}
        assert second["scope"] == {"type": "chat", "chat_id": -1001}
    assert (await tg.facts())["reached"] is False
    await tg.close()
    await wrong.close()
