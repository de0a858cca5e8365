"""What the bot says over a 公众号: words by bytes, media, the window, the knock, and how each call can end."""

import asyncio
from collections.abc import Mapping

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels import official_account
from bot.channels.official_account import OfficialAccount, films
from bot.channels.official_account.menu import LAYOUT, MOST, layout
from bot.channels.splitting import length
from bot.settings import Settings
from handlers.dialogue import command
from handlers.dialogue.message import Outgoing, PlayCall
from jobs.channel import (
    CallFailed,
    ChatGone,
    ChatMuted,
    Impossible,
    Knocks,
    Medium,
    MediumRefused,
    NotNow,
    Refused,
    Sent,
    StaleUpload,
    Unsure,
    WindowClosed,
)
from storage.copies import CopyKind
from storage.worlds import WorldKind
from tests.support.pictures import photo_bytes
from tests.support.stage import KEYS, Hands, words
from tests.support.telegram_api import awaits, until
from tests.support.wechat.official_api import MINUTE, SECRET, TWO_DAYS, Fault, OfficialApi, Seen
from tests.support.wechat.official_callbacks import TOKEN
from tests.support.wechat.official_people import LI, WANG, call, channel, of, settings
from tests.support.wechat.serving import served

SEND, UPLOAD, TOKENS = "/cgi-bin/message/custom/send", "/cgi-bin/media/upload", "/cgi-bin/stable_token"
KNOCK = "您的反映有新进展，请回复 进度"


def wrote(api: OfficialApi, who: str = WANG) -> None:
    """Somebody has just written to the account."""
    api.phone(who).may_get(5, api.clock() + TWO_DAYS)


async def say(official: OfficialAccount, text: str, *media: Medium, key: str = "k1") -> list[Sent]:
    """Send all parts of a message."""
    out = call(text, media=tuple(one.id for one in media), key=key)
    return [await official.send(out, media, part) for part in range(official.parts(out.outgoing, media))]


def picture(**more: object) -> Medium:
    """A picture."""
    told: dict[str, object] = {"id": 3, "kind": "photo", "mime": "image/jpeg", "blob": photo_bytes()}
    return Medium(**{**told, **more})  # type: ignore[arg-type]


@awaits
async def test_words_reach_the_phone_as_they_are() -> None:
    async with OfficialApi() as api:
        official, text = of(api), '已记下 报1：“路灯”坏了 <37℃>\n回复 1 看进度\n\\n & "好" 👍'
        wrote(api)
        (sent,) = await say(official, text)
        assert api.shows(WANG) == [text]
        assert sent == Sent((("k1.0", CopyKind.TEXT),))
        await official.close()


@awaits
async def test_nothing_typed_becomes_a_link() -> None:
    async with OfficialApi() as api:
        official = of(api)
        wrote(api)
        await say(official, '点<a href="weixin://bizmsgmenu?msgmenucontent=1">这里</a>\x00\x0b')
        assert api.shows(WANG) == ['点＜a href="weixin://bizmsgmenu?msgmenucontent=1">这里＜/a>']
        await official.close()


@awaits
async def test_long_words_are_cut_by_bytes() -> None:
    async with OfficialApi() as api:
        official, text = of(api), "".join(f"第{n}段：{'水头村路灯' * 12}。\n" for n in range(26))
        wrote(api)
        sent = await say(official, text)
        shown = api.shows(WANG)
        assert len(shown) == len(sent) == 3
        assert all(length(one, "bytes") <= 2048 for one in shown)
        assert "\n".join(shown) == text.strip()
        assert len({name for one in sent for name, _ in one.parts}) == 3
        await official.close()


@awaits
async def test_media_go_first_and_are_uploaded_once() -> None:
    async with OfficialApi() as api:
        official, photo = of(api), picture()
        wrote(api)
        first, second = await say(official, "见过她吗？", photo)
        assert api.phone(WANG).shown == [Seen("image", blob=photo.blob or b""), Seen("text", "见过她吗？")]
        assert first.parts == (("k1.0", CopyKind.PHOTO),)
        assert second.uploads == {}
        known = picture(blob=None, file_id=first.uploads[3])
        (again,) = await say(official, "", known, key="k2")
        assert again == Sent((("k2.0", CopyKind.PHOTO),), {})
        assert len(api.made(UPLOAD)) == 1
        await official.close()


@awaits
async def test_voice_and_film_are_shown_others_left_to_the_words() -> None:
    async with OfficialApi() as api:
        official = of(api)
        wrote(api)
        voice = picture(id=4, kind="voice", mime="audio/amr", blob=b"#!AMR")
        film = picture(id=5, kind="video", mime="video/mp4", blob=b"film")
        ogg = picture(id=6, kind="voice", mime="audio/ogg", blob=b"ogg")
        page = picture(id=7, kind="file", mime="application/pdf", blob=b"pdf")
        huge = picture(id=8, blob=bytes((10 << 20) + 1))
        await say(official, "听听", voice, film, ogg, page, huge)
        assert [one.kind for one in api.phone(WANG).shown] == ["voice", "video", "text"]
        out = call("", media=(6,))
        assert official.parts(out.outgoing, (ogg,)) == 1
        with pytest.raises(Impossible):
            await official.send(out, (ogg,))
        await official.close()


@awaits
async def test_a_medium_is_forgotten_after_three_days() -> None:
    clock = Hands()
    async with OfficialApi(clock) as api:
        official = of(api)
        wrote(api)
        (sent,) = await say(official, "", picture())
        clock.move(days=3, seconds=1)
        wrote(api)
        api.expire()
        with pytest.raises(StaleUpload):
            await say(official, "", picture(blob=None, file_id=sent.uploads[3]))
        assert await say(official, "", picture())
        await official.close()


@pytest.mark.parametrize(
    ("path", "code", "failure"),
    [
        (UPLOAD, 40004, MediumRefused),
        (UPLOAD, 45001, MediumRefused),
        (SEND, 40007, MediumRefused),
        (UPLOAD, 45009, Refused),
        (UPLOAD, -1, NotNow),
    ],
)
@awaits
async def test_a_picture_the_platform_will_not_take(path: str, code: int, failure: type[CallFailed]) -> None:
    async with OfficialApi() as api:
        official = of(api)
        wrote(api)
        api.faults[path].append(Fault(code))
        with pytest.raises(failure):
            await say(official, "见过她吗？", picture())
        assert api.phone(WANG).shown == []
        await official.close()


@awaits
async def test_the_window() -> None:
    clock = Hands()
    async with OfficialApi(clock) as api:
        official = of(api)
        wrote(api)
        for number in range(5):
            await say(official, f"第{number}条")
        with pytest.raises(WindowClosed):
            await say(official, "第六条")
        wrote(api)
        await say(official, "又来话了")
        clock.move(hours=48)
        api.expire()
        with pytest.raises(WindowClosed):
            await say(official, "晚了")
        api.phone(WANG).may_get(3, clock() + MINUTE)
        await say(official, "按了菜单")
        assert api.shows(WANG)[-2:] == ["又来话了", "按了菜单"]
        await official.close()


@pytest.mark.parametrize(
    ("told", "path", "kind"),
    [
        ({}, "template/send", "template"),
        ({"template_kind": "subscribe", "template_field": "const2"}, "subscribe/bizsend", "subscribe"),
    ],
)
@awaits
async def test_a_knock_is_one_template_message(told: dict[str, str], path: str, kind: str) -> None:
    async with OfficialApi() as api:
        api.templates = {"T1": "{{%s.DATA}}" % told.get("template_field", "thing1")}  # noqa: UP031
        official = of(api, told={"template_id": "T1", **told})
        assert official.can.knocks
        assert isinstance(official, Knocks)
        api.phone(WANG)
        await official.knock(WANG)
        assert api.phone(WANG).shown == [Seen(kind, KNOCK)]
        assert len(api.made(path)) == 1
        with pytest.raises(ChatGone):
            await official.knock("nobody")
        api.phone(LI).follows = api.phone(LI).takes_notices = False
        with pytest.raises(ChatGone if kind == "template" else Impossible):
            await official.knock(LI)
        api.templates = {}
        with pytest.raises(Impossible):
            await official.knock(WANG)
        await official.close()


@awaits
async def test_without_a_template_nobody_is_knocked_for() -> None:
    async with OfficialApi() as api:
        official = of(api)
        assert not official.can.knocks
        with pytest.raises(Impossible):
            await official.knock(WANG)
        assert api.calls == []
        await official.close()


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (Fault(-1), NotNow),
        (Fault(40003), ChatGone),
        (Fault(43004), ChatGone),
        (Fault(43019), ChatGone),
        (Fault(48002), ChatMuted),
        (Fault(48001), Impossible),
        (Fault(45002), Impossible),
        (Fault(87014), Impossible),
        (Fault(45009), Refused),
        (Fault(45011), Refused),
        (Fault(45015), WindowClosed),
        (Fault(45047), WindowClosed),
        (Fault(page=True), NotNow),
        (Fault(status=502), NotNow),
        (Fault(status=503), NotNow),
        (Fault(status=500), Unsure),
        (Fault(status=504, after=True), Unsure),
        (Fault(hangs=True), Unsure),
    ],
)
@awaits
async def test_how_a_message_can_end(fault: Fault, failure: type[CallFailed]) -> None:
    async with OfficialApi() as api:
        official = of(api, timeout=0.1 if fault.hangs else 2.0)
        wrote(api)
        api.faults[SEND].append(fault)
        with pytest.raises(failure) as ended:
            await say(official, "您好")
        assert len(api.made(SEND)) == 1, "a channel tries nothing again"
        assert not {SECRET, TOKEN, WANG} & set(f"{ended.value} {ended.value.__cause__}".split())
        await official.close()


@pytest.mark.parametrize("code", [40001, 40014, 42001])
@awaits
async def test_a_token_that_is_refused_is_renewed_once(code: int) -> None:
    clock = Hands()
    async with OfficialApi(clock) as api:
        official = of(api)
        wrote(api)
        await say(official, "一")
        clock.move(seconds=6)
        api.expire()
        api.faults[SEND].append(Fault(code))
        await say(official, "二")
        assert api.shows(WANG) == ["一", "二"]
        assert len(api.made(TOKENS)) == 2
        clock.move(seconds=6)
        api.faults[SEND] += [Fault(code), Fault(code)]
        api.expire()
        with pytest.raises(NotNow):
            await say(official, "三")
        assert len(api.made(TOKENS)) == 3
        assert api.shows(WANG) == ["一", "二"]
        await official.close()


@pytest.mark.parametrize(
    "fault",
    [Fault(40125), Fault(40164), Fault(-1), Fault(45009), Fault(page=True), Fault(status=502), Fault(hangs=True)],
)
@awaits
async def test_without_a_token_nothing_leaves(fault: Fault) -> None:
    async with OfficialApi() as api:
        official = of(api, timeout=0.1 if fault.hangs else 2.0)
        wrote(api)
        api.faults[TOKENS].append(fault)
        with pytest.raises((NotNow, Refused)):
            await say(official, "您好")
        with pytest.raises((NotNow, Refused)):
            await say(official, "您好")
        assert [one.path for one in api.calls] == [TOKENS], "not asked again at once"
        await official.close()


@awaits
async def test_nobody_there() -> None:
    official = channel("http://127.0.0.1:9")
    with pytest.raises(NotNow):
        await say(official, "您好")
    with pytest.raises(NotNow):
        await official.probe()
    with pytest.raises(NotNow):
        await official.fetch("m", 10)
    await official.close()


@awaits
async def test_media_are_fetched_within_bounds() -> None:
    async with OfficialApi() as api:
        official = of(api)
        photo, film = api.keeps("image", b"x" * 100), api.keeps("video", b"y" * 100)
        assert await official.fetch(photo, 100) == b"x" * 100
        assert await official.fetch(f"film:{film}", 100) == b"y" * 100
        for ref in (photo, f"film:{film}"):
            with pytest.raises(Impossible):
                await official.fetch(ref, 99)
        for ref in ("gone", "film:gone"):
            with pytest.raises(Impossible):
                await official.fetch(ref, 100)
        api.films.clear()
        api.faults["/cgi-bin/media/get"].append(Fault(page=True))
        with pytest.raises(NotNow):
            await official.fetch(photo, 100)
        await official.close()


@pytest.mark.parametrize(
    "address", ["", "ftp://127.0.0.1/f", "file:///etc/passwd", "http://", "http://a:b@127.0.0.1/f"]
)
@awaits
async def test_a_film_lies_at_an_address_of_the_web(address: str) -> None:
    with pytest.raises(Impossible):
        await films.load(address, 10, "", 1.0)


@awaits
async def test_how_a_film_can_end() -> None:
    async def told(request: Request) -> Response:
        what = request.path_params["what"]
        if what == "moved":
            return Response(status_code=302, headers={"location": "/200"})
        return Response(b"film", int(what))

    async with served([Route("/{what}", told)]) as url:
        assert await films.load(f"{url}/200", 10, "", 2.0) == b"film"
        assert await films.load(f"{url}/moved", 10, "", 2.0) == b"film"
        for what, failure in (("404", Impossible), ("500", NotNow), ("429", NotNow)):
            with pytest.raises(failure):
                await films.load(f"{url}/{what}", 10, "", 2.0)
    with pytest.raises(NotNow):
        await films.load(f"{url}/200", 10, "", 2.0)


@awaits
async def test_an_upload_without_an_id_is_none() -> None:
    async with OfficialApi() as api:
        official = of(api)
        wrote(api)
        api.faults[UPLOAD].append(Fault(empty=True))
        with pytest.raises(NotNow):
            await say(official, "", picture())
        await official.close()


@awaits
async def test_what_a_channel_of_this_kind_cannot_do() -> None:
    async with OfficialApi() as api:
        official = of(api)
        with pytest.raises(TypeError):
            await official.send(PlayCall(WANG, "", Outgoing("好")), ())
        with pytest.raises(Impossible):
            await official.edit(call("好"), "k1.0", CopyKind.TEXT)
        with pytest.raises(Impossible):
            await official.delete(WANG, "k1.0")
        await official.answer("x", "好")
        assert not official.can.takes_back
        assert not any((official.can.buttons, official.can.writes_first, official.can.hears_groups))
        assert api.calls == []
        await official.probe()
        await official.close()
    for kind in (WorldKind.PLAYGROUND, WorldKind.DRILL):
        with pytest.raises(TypeError):
            OfficialAccount(settings("http://127.0.0.1:9"), KEYS, kind)


def entries() -> list[tuple[str, str]]:
    """What the bot offers everybody."""
    return [(one.latin, "…") for one in command.main_commands() if one.latin and one.rank]


@awaits
async def test_the_menu_holds_the_bots_own_commands() -> None:
    async with OfficialApi() as api:
        official = of(api)
        await official.set_menu(entries())
        assert api.menu is not None
        tops = api.menu["button"]
        assert [top["name"] for top in tops] == ["我要反映", "查看进展", "更多"]
        pressed = {one["name"]: official.buttons.unpack(one["key"]) for top in tops for one in top["sub_button"]}
        assert all(word == says for word, says in pressed.items())
        assert list(pressed)[:3] == ["隐患", "求助", "线索"]
        assert {"进度", "帮助", "寻人"} <= set(pressed)
        with pytest.raises(Impossible):
            await official.set_menu(entries(), WANG)
        await official.close()


def test_the_layout_names_real_commands_and_fills_its_gaps() -> None:
    known = command.all_commands()
    named = [word for group in LAYOUT.values() for word in group]
    assert all(known[word].word == word for word in named)
    assert layout(named) == {name: list(group) for name, group in LAYOUT.items()}
    few = layout(["帮助", "隐患", "新词"])
    assert few == {"report": ["隐患"], "more": ["帮助", "新词"]}
    many = layout([*named, "多一", "多二"])
    assert all(len(group) == MOST for group in many.values())


@awaits
async def test_a_menu_that_was_not_shown_is_tried_again() -> None:
    turn = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await turn.wait()
        turn.clear()

    async with OfficialApi() as api:
        official = channel(api.url, sleep=sleep)
        listening = asyncio.create_task(official.listen(_deaf))
        api.faults["/cgi-bin/menu/create"] += [Fault(-1), Fault(-1)]
        with pytest.raises(NotNow):
            await official.set_menu(entries())
        turn.set()
        await until(lambda: len(api.made("menu/create")) == 2)
        assert api.menu is None
        await until(lambda: official.listening == "callback")
        turn.set()
        await until(lambda: api.menu)
        turn.set()
        await asyncio.sleep(0)
        assert len(api.made("menu/create")) == 3
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        assert official.listening == ""
        api.authorized = False
        with pytest.raises(Impossible):
            await official.set_menu(entries())
        await official.close()


async def _deaf(incoming: object) -> None:
    """Nothing is heard here."""


def made(**told: Mapping[str, str]) -> Settings:
    """Settings of the program."""
    return Settings.model_validate(told)


def test_it_is_made_only_where_it_is_meant() -> None:
    assert official_account.make(made(), KEYS) is None
    official = official_account.make(made(official_account=settings("http://127.0.0.1:9").model_dump()), KEYS)
    assert official is not None
    assert repr(official) == "OfficialAccount()"
    (route,) = official_account.routes(official, _deaf)
    assert route.path == "/wechat/official"
    assert words().has("official_account.knock")
    asyncio.run(official.close())


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, []),
        ({"template_id": "T1"}, []),
        ({"template_id": "T1", "template_kind": "subscribe"}, []),
        ({"template_id": "T1", "template_field": "thing2"}, ["模板的字段 thing1"]),
        ({"template_id": "T9"}, ["公众号的模板"]),
        ({"app_id": "wx0"}, ["AppID 不对"]),
        ({"secret": "x"}, ["AppSecret 不对"]),
        ({"api_base_url": "http://127.0.0.1:9"}, ["连不上"]),
    ],
)
@awaits
async def test_the_check(change: dict[str, str], wrong: list[str]) -> None:
    async with OfficialApi() as api:
        told = settings(api.url, "aes").model_dump() | change
        await checked(api, told, wrong)
        assert len(api.calls) <= 3


@awaits
async def test_the_check_explains_the_list_of_addresses_and_missing_rights() -> None:
    async with OfficialApi() as api:
        told = settings(api.url).model_dump()
        api.trusted = False
        assert any("IP 白名单" in line and "203.0.113.7" in line for line in await checked(api, told, ["不认本机"]))
        api.trusted, api.authorized = True, False
        assert any("微信认证" in line for line in await checked(api, told, ["客服消息"]))
        api.authorized = True
        api.faults[TOKENS].append(Fault(-1))
        await checked(api, told, ["不给令牌"])
        api.faults[TOKENS].append(Fault(page=True))
        await checked(api, told, ["连不上"])


async def checked(api: OfficialApi, told: dict[str, object], wrong: list[str]) -> list[str]:
    """The lines of a check; what is wrong in them is this and nothing else."""
    found = await asyncio.to_thread(lambda: list(official_account.examine(made(official_account=told))))  # type: ignore[arg-type]
    lines = [one.line for one in found]
    bad = [one.what for one in found if not one.fine]
    assert len(bad) == len(wrong), lines
    assert all(part in what for part, what in zip(wrong, bad, strict=True)), bad
    assert not any(SECRET in line or TOKEN in line for line in lines)
    assert any("/wechat/official" in line for line in lines)
    assert all(one.fine or one.mend for one in found)
    return lines
