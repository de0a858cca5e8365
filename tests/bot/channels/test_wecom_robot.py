"""Webhooks of WeCom groups: what people see of a message, and how each way to fail is told."""

import asyncio
import io
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channel_settings import WecomRobot as Section
from bot.channels import wecom_robot
from bot.channels.tencent import pictures
from bot.channels.tencent.meeting import met
from bot.channels.wecom_robot import WecomRobot, name_of
from bot.settings import Settings
from handlers.dialogue.message import Incoming, OutButton, Outgoing, PlayCall, RealCall
from jobs.channel import (
    CallFailed,
    ChatGone,
    Impossible,
    Medium,
    MediumRefused,
    NotNow,
    Refused,
    Sent,
    Unsure,
)
from storage.copies import CopyKind
from storage.sealing import MasterKey
from storage.worlds import WorldKind
from tests.support.pictures import photo_bytes
from tests.support.telegram_api import awaits
from tests.support.wechat.serving import Fault, said, served
from tests.support.wechat.webhook_api import Seen, WebhookApi

KEY, OTHER = "0a1b2c3d-canary-key-of-village", "9f8e7d6c-canary-key-of-team"
GROUPS = {KEY: "大侯村网格群", OTHER: "网格员群"}
HERE, THERE = name_of(KEY), name_of(OTHER)


@asynccontextmanager
async def robot(api: WebhookApi, *, seconds: float = 5.0) -> AsyncIterator[WecomRobot]:
    """The channel against webhooks on loopback."""
    async with served(api.routes()) as url:
        made = WecomRobot(section(url), WorldKind.REAL, timeout=seconds)
        try:
            yield made
        finally:
            await made.close()


def section(url: str) -> Section:
    """Settings of the two groups."""
    return Section.model_validate({"groups": [f"{name}={key}" for key, name in GROUPS.items()], "api_base_url": url})


def call(text: str = "", *mentions: str, chat: str = HERE, key: str = "k1") -> RealCall:
    """A call of the real world."""
    return RealCall(chat, "", Outgoing(text, mentions=mentions), key=key)


async def whole(made: WecomRobot, one: RealCall, *media: Medium) -> list[Sent]:
    """Send all parts of a message, as the dispatcher does one after the other."""
    return [await made.send(one, media, part) for part in range(made.parts(one.outgoing, media))]


def noise(edge: int) -> bytes:
    """A PNG that nothing can press together."""
    out = io.BytesIO()
    Image.frombytes("RGB", (edge, edge), secrets.token_bytes(edge * edge * 3)).save(out, "PNG")
    return out.getvalue()


@awaits
async def test_words_reach_one_group_and_call_people_by_name() -> None:
    api = WebhookApi(GROUPS)
    async with robot(api) as made:
        first = await made.send(call("今晚停水", "zhangsan", "@all"), ())
        await made.send(call("路灯修好了", chat=THERE), ())
    assert api.shown["大侯村网格群"] == [Seen("text", "今晚停水", ("zhangsan", "@all"))]
    assert api.texts("网格员群") == ["路灯修好了"]
    ((platform_id, kind),) = first.parts
    assert kind is CopyKind.TEXT
    assert 0 < len(platform_id) <= 64
    assert first.uploads == {}
    assert made.can.takes_back is False
    assert made.can.hears_groups is False


@awaits
async def test_the_same_call_has_the_same_name_and_another_another() -> None:
    async with robot(WebhookApi(GROUPS)) as made:
        names = [(await made.send(call("好", key=key), ())).parts[0][0] for key in ("a", "a", "b", "", "")]
    assert names[0] == names[1]
    assert len(set(names)) == 4


@awaits
async def test_a_long_text_is_cut_by_bytes_and_calls_people_once() -> None:
    text, api = "有人走失，请大家留意。\n" * 200, WebhookApi(GROUPS)
    async with robot(api) as made:
        sent = await whole(made, call(text, "@all"))
    shown = api.shown["大侯村网格群"]
    assert len(sent) == len(shown) == 4
    assert all(len(one.text.encode()) <= 2048 for one in shown)
    assert "\n".join(one.text for one in shown).split() == text.split()
    assert [one.mentions for one in shown] == [("@all",), (), (), ()]


@awaits
async def test_what_is_a_little_too_long_is_one_message_and_still_calls_people() -> None:
    text, api = "有人走失，请大家 <@all> 留意 **。\n" * 60, WebhookApi(GROUPS)
    assert 2048 < len(text.encode()) < 4000
    async with robot(api) as made:
        sent = await whole(made, call(text, "zhangsan"))
        await whole(made, call(text, "@all", chat=THERE))
    (shown,) = api.shown["大侯村网格群"]
    assert len(sent) == 1
    assert shown.kind == "markdown"
    assert shown.mentions == ("zhangsan",), "and nobody whom people typed"
    assert shown.text.count("留意") == 60
    assert {one.kind for one in api.shown["网格员群"]} == {"text"}, "markdown cannot call everybody"


@awaits
async def test_what_people_typed_calls_nobody() -> None:
    api = WebhookApi(GROUPS)
    async with robot(api) as made:
        await made.send(call('看 <@zhangsan> 和 <font color="red">**\x07[a](http://b)'), ())
    (shown,) = api.shown["大侯村网格群"]
    assert "<@" not in shown.text
    assert shown.text.replace("\u200b", "") == '看 <@zhangsan> 和 <font color="red">**[a](http://b)'
    assert shown.mentions == ()


@awaits
async def test_pictures_come_first_and_a_big_one_is_made_smaller() -> None:
    big, api = noise(1000), WebhookApi(GROUPS)
    assert len(big) > 2 << 20
    async with robot(api) as made:
        media = (Medium(1, "photo", "image/jpeg", photo_bytes()), Medium(2, "photo", "image/png", big))
        sent = await whole(made, call("寻3", "@all"), *media)
    assert [kind for one in sent for _, kind in one.parts] == [CopyKind.PHOTO, CopyKind.PHOTO, CopyKind.TEXT]
    first, second, words = api.shown["大侯村网格群"]
    assert first.blob == photo_bytes()
    assert len(second.blob) <= 2 << 20
    assert words == Seen("text", "寻3", ("@all",))


@awaits
async def test_what_is_no_picture_is_refused_so_that_the_words_go_alone() -> None:
    api = WebhookApi(GROUPS)
    async with robot(api) as made:
        for blob in (b"GIF89a nonsense", b"x" * (3 << 20)):
            with pytest.raises(MediumRefused):
                await made.send(call("寻3"), (Medium(1, "photo", "image/jpeg", blob),))
        assert await made.send(call("寻3"), ())
    assert [one.kind for one in api.shown["大侯村网格群"]] == ["text"]


def test_what_shines_through_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (400, 300), (0, 0, 0, 0)).save(out, "WEBP")
    with Image.open(io.BytesIO(pictures.fit(out.getvalue(), 2 << 20))) as shown:
        assert shown.getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_is_left_alone_where_it_fits_and_brought_below_any_limit() -> None:
    small = photo_bytes()
    assert pictures.fit(small, 2 << 20) is small
    assert len(pictures.fit(noise(1000), 400_000)) <= 400_000
    with pytest.raises(pictures.NoPicture):
        pictures.fit(noise(700), 1000)
    huge = io.BytesIO()
    Image.new("1", (8000, 6000)).save(huge, "PNG")
    with pytest.raises(pictures.NoPicture):
        pictures.fit(huge.getvalue(), 100)


@awaits
async def test_files_speech_and_films() -> None:
    sheet = Medium(1, "file", "application/pdf", b"%PDF-1.7 ...", name="通告.pdf")
    amr, ogg = Medium(2, "voice", "audio/amr", b"#!AMR\n..."), Medium(3, "voice", "audio/ogg", b"OggS....")
    film = Medium(4, "video", "video/mp4", b"film in bytes")
    linked = replace(film, id=5, url="https://station.example/v/5")
    api = WebhookApi(GROUPS)
    async with robot(api) as made:
        sent = await whole(made, call("寻3 走失\n昨晚八点在南门"), sheet, amr, ogg, film, linked)
    assert [(one.kind, one.name) for one in api.shown["大侯村网格群"]] == [
        ("file", "file.pdf"),
        ("voice", "voice.amr"),
        ("file", "voice.ogg"),
        ("file", "video.mp4"),
        ("news", ""),
        ("text", ""),
    ]
    card = api.shown["大侯村网格群"][4]
    assert (card.text, card.url) == ("寻3 走失\n昨晚八点在南门", "https://station.example/v/5")
    assert api.shown["大侯村网格群"][0].blob == sheet.blob
    assert all(one.uploads == {} for one in sent)


@awaits
async def test_what_a_group_cannot_take_is_left_out() -> None:
    media = (
        Medium(1, "file", "text/plain", b"tiny"),
        Medium(2, "video", "video/mp4", b"x" * (20 * 1024 * 1024 + 1)),
        Medium(3, "photo", "image/jpeg", None),
    )
    async with robot(WebhookApi(GROUPS)) as made:
        assert made.parts(Outgoing("寻3"), media) == 1
        assert made.parts(Outgoing("", ((OutButton("私聊查看", token="T"),),)), ()) == 1
        with pytest.raises(Impossible):
            await made.send(call(""), media)


@awaits
async def test_an_upload_is_for_one_group_only() -> None:
    api = WebhookApi(GROUPS)
    paper = Medium(1, "file", "application/pdf", b"%PDF-1.7")
    async with robot(api) as made:
        for chat in (HERE, THERE):
            await made.send(call(chat=chat), (paper,))
    assert [(method, key) for method, key, _ in api.calls] == [
        ("upload_media", KEY), ("send", KEY), ("upload_media", OTHER), ("send", OTHER),
    ]  # fmt: skip


FAILURES = [
    (Fault(45009), Refused),
    (Fault(45033), Refused),
    (Fault(93000), ChatGone),
    (Fault(40008), Impossible),
    (Fault(44004), Impossible),
    (Fault(45002), Impossible),
    (Fault(40058), Impossible),
    (Fault(-1), NotNow),
    (Fault(40009), MediumRefused),
    (Fault(status=429), Refused),
    (Fault(status=502, page=b"<html>Bad Gateway</html>"), NotNow),
    (Fault(status=503, page=b"<html>"), NotNow),
    (Fault(status=500, page=b"<html>"), Unsure),
    (Fault(status=504, page=b"<html>"), Unsure),
    (Fault(status=403, page=b"<html>the firewall says no</html>"), NotNow),
    (Fault(page=b"<html>log in to the wifi</html>"), Unsure),
    (Fault(page=b"[]"), Unsure),
    (Fault(page=b'{"errcode":"0"}'), Unsure),
    (Fault(page=b"[" * 100_000), Unsure),
    (Fault(page=b" " * (2 << 20)), Unsure),
    (Fault(status=302, page=b""), NotNow),
    (Fault(breaks=True), Unsure),
    (Fault(breaks=True, after=True), Unsure),
    (Fault(late=1.0), Unsure),
]


@pytest.mark.parametrize(("fault", "failure"), FAILURES, ids=lambda value: str(value)[:60])
@awaits
async def test_how_a_call_fails(fault: Fault, failure: type[CallFailed], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    api = WebhookApi(GROUPS)
    api.faults.add("send", fault)
    async with robot(api, seconds=0.2 if fault.late else 5) as made:
        for name in ("httpx", "httpcore"):
            caplog.set_level(logging.DEBUG, name)
        with pytest.raises(CallFailed) as failed:
            await made.send(call("王大妈走失"), ())
        assert type(failed.value) is failure
        if fault.errcode == 45009:
            assert isinstance(failed.value, Refused)
            assert failed.value.wait.total_seconds() == 60
        told = f"{failed.value!r} {failed.value.__cause__!r} {failed.value.__suppress_context__} {made!r} {caplog.text}"
    assert len(failed.value.reason) < 24
    assert failed.value.__suppress_context__ or failed.value.__context__ is None
    assert "canary" not in told
    assert "王大妈" not in told


@awaits
async def test_the_key_is_in_no_log_line_even_where_everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    api = WebhookApi(GROUPS)
    async with robot(api) as made:
        for name in ("", "httpx", "httpcore", "wangge"):
            caplog.set_level(logging.DEBUG, name)
        await made.send(call("好"), (Medium(1, "file", "application/pdf", b"%PDF-1.7"),))
        shown = f"{made!r} {vars(made)!r} {section('http://h')!r} {Settings()!r}"
    assert len(api.calls) == 2
    assert "canary" not in caplog.text + shown


@awaits
async def test_an_upload_that_fails_has_said_nothing_yet() -> None:
    paper = Medium(1, "file", "application/pdf", b"%PDF-1.7")
    api = WebhookApi(GROUPS)
    api.faults.add("upload_media", Fault(breaks=True), Fault(40004), Fault(41005), Fault(93000))
    async with robot(api) as made:
        for failure in (NotNow, MediumRefused, MediumRefused, ChatGone):
            with pytest.raises(failure):
                await made.send(call(), (paper,))
    assert api.shown == {}


@awaits
async def test_odd_letters_and_odd_answers() -> None:
    film = Medium(1, "video", "video/mp4", None, name="看\ud800片", url="https://station.example/v/1")
    paper = Medium(2, "file", "application/pdf", b"%PDF-1.7")
    api = WebhookApi(GROUPS)
    async with robot(api) as made:
        await whole(made, call("走失\ud800\x07"), film)
        api.faults.add("upload_media", Fault(page=b'{"errcode":0,"media_id":5}'))
        with pytest.raises(MediumRefused):
            await made.send(call(), (paper,))
    assert [one.text for one in api.shown["大侯村网格群"]] == ["看片\n点开观看", "走失"]


@awaits
async def test_nobody_there_is_a_call_that_never_left() -> None:
    made = WecomRobot(section("http://127.0.0.1:9"), WorldKind.REAL)
    with pytest.raises(NotNow):
        await made.send(call("好"), ())
    with pytest.raises(NotNow):
        await made.probe()
    await made.close()


@awaits
async def test_whether_the_platform_is_there_is_asked_without_a_key() -> None:
    asked = []

    async def token(request: Request) -> Response:
        asked.append(str(request.url))
        return said(41002)

    async with served([Route("/cgi-bin/gettoken", token)]) as url:
        made = WecomRobot(section(url), WorldKind.REAL)
        await made.probe()
        await made.close()
    assert [one.partition("/cgi-bin")[2] for one in asked] == ["/gettoken"]


@awaits
async def test_the_twenty_first_message_of_a_minute_is_refused_for_a_minute() -> None:
    clock, api = [0.0], WebhookApi(GROUPS)
    api.clock = lambda: clock[0]
    async with robot(api) as made:
        for number in range(20):
            await made.send(call(f"{number}"), ())
        with pytest.raises(Refused):
            await made.send(call("21"), ())
        await made.send(call("另一个群", chat=THERE), ())
        clock[0] = 61.0
        await made.send(call("过了一分钟"), ())


@awaits
async def test_a_group_out_of_the_settings_and_calls_of_other_worlds() -> None:
    api = WebhookApi(GROUPS)
    async with robot(api) as made:
        with pytest.raises(ChatGone):
            await made.send(call("好", chat=name_of("somebody-else's")), ())
        with pytest.raises(TypeError):
            await made.send(PlayCall(HERE, "", Outgoing("演练")), ())
        for work in (made.edit(call("好"), "1", CopyKind.TEXT), made.delete(HERE, "1")):
            with pytest.raises(Impossible):
                await work
        with pytest.raises(Impossible):
            await made.fetch("1", 10)
    assert api.calls == []
    for kind in (WorldKind.PLAYGROUND, WorldKind.DRILL):
        with pytest.raises(TypeError):
            WecomRobot(section("http://127.0.0.1:9"), kind)


@awaits
async def test_each_group_is_met_once_a_start_and_never_by_its_key() -> None:
    heard: list[Incoming] = []

    async def accept(incoming: Incoming) -> None:
        heard.append(incoming)
        if len(heard) in (2, 4):
            raise RuntimeError("the database is down")

    made = WecomRobot(section("http://127.0.0.1:9"), WorldKind.REAL)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await made.listen(accept)
    await made.close()
    assert [(one.kind, one.chat, one.chat_title, one.private, one.sender) for one in heard[:2]] == [
        ("met", HERE, "大侯村网格群", False, ""),
        ("met", THERE, "网格员群", False, ""),
    ]
    assert [one.key for one in heard[:2]] == [one.key for one in heard[2:]]
    assert "canary" not in str(heard)
    assert met("wecom_robot", HERE, "改了名的群", heard[0].at).key != heard[0].key


@awaits
async def test_the_check_asks_each_key_without_anybody_seeing_it() -> None:
    api = WebhookApi({KEY: "大侯村网格群"})
    async with served(api.routes()) as url:
        settings = Settings().model_copy(update={"wecom_robot": section(url)})
        found = await asyncio.to_thread(lambda: list(wecom_robot.examine(settings)))
        assert api.shown == {}
    assert [one.fine for one in found] == [True, True, False]
    assert "网格员群" in found[2].what
    gone = Settings().model_copy(update={"wecom_robot": section("http://127.0.0.1:9")})
    offline = list(wecom_robot.examine(gone))
    assert [one.fine for one in offline] == [True, False]
    assert "canary" not in str([*found, *offline])


def test_the_settings_make_it_or_not() -> None:
    keys = MasterKey(bytes(32))
    assert wecom_robot.make(Settings(), keys) is None
    made = wecom_robot.make(Settings().model_copy(update={"wecom_robot": section("http://127.0.0.1:9")}), keys)
    assert isinstance(made, WecomRobot)
    assert made.account == "wecom_robot"
    assert isinstance(made._client, httpx.AsyncClient)
