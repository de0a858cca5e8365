"""The WeCom app: what members do becomes Incoming, what is said reaches them once, and each end has its kind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta

import httpx
import pytest
from starlette.applications import Starlette

from bot.channel_settings import Wecom
from bot.channels import wecom_app
from bot.channels.wecom_app import WecomApp, doctor
from bot.channels.wecom_app.channel import LIMITS, TEXT
from bot.settings import Settings, load_settings
from handlers.dialogue.message import MediaRef, Outgoing, PlayCall
from jobs.channel import ChatGone, Impossible, Medium, MediumRefused, NotNow, Refused, StaleUpload, Unsure
from jobs.pace import Pace
from storage.copies import CopyKind
from storage.lanes import Lane
from storage.outbox import CallKind
from storage.worlds import WorldKind
from tests.support.stage import KEYS, Hands
from tests.support.telegram_api import awaits
from tests.support.telegram_people import Heard
from tests.support.wechat.corp_api import AGENT, SECRET, Corp, Seen
from tests.support.wechat.corp_callbacks import TOKEN, Member, element
from tests.support.wechat.corp_world import app, call, settings, wecom
from tests.support.wechat.serving import Fault

PICTURE = Medium(7, "photo", "image/jpeg", b"\xff\xd8\xff-jpeg")


@dataclass
class Scene:
    """A corp, the channel, a member who writes, and what was heard."""

    corp: Corp
    channel: WecomApp
    member: Member
    heard: Heard
    clock: Hands


@asynccontextmanager
async def scene(*failing: Exception, patience: float = 5.0) -> AsyncIterator[Scene]:
    """All of it at work."""
    clock = Hands()
    corp = Corp(visible={"zhang", "li"}, clock=lambda: clock().timestamp())
    async with corp.running() as url:
        channel, heard = app(url, clock, patience), Heard(*failing)
        site = Starlette(routes=wecom_app.routes(channel, heard))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://bot") as client:
            yield Scene(corp, channel, Member(client, "http://bot/wecom/app", clock), heard, clock)
        await channel.close()


@awaits
async def test_the_platform_checks_the_address() -> None:
    async with scene() as at:
        assert await at.member.check() == "1616140317555161061"


@awaits
async def test_whatever_a_member_sends_is_heard() -> None:
    async with scene() as at:
        await at.member.says("zhang", "东街着火了")
        await at.member.sends("zhang", "image", PicUrl="http://p/1", MediaId="m1")
        await at.member.sends("zhang", "voice", MediaId="m2", Format="amr")
        await at.member.sends("zhang", "video", MediaId="m3", ThumbMediaId="t3")
        await at.member.sends("zhang", "location", Location_X=37.6865, Location_Y=112.7367, Scale=15, Label="东街")
        await at.member.sends("zhang", "link", Title="通知", Description="看", Url="http://p/2", PicUrl="")
        await at.member.sends("zhang", "file", MediaId="m4", FileName="表.xlsx")
    assert at.member.statuses == [200] * 7
    words, picture, voice, film, place, link, file = at.heard.all
    assert (words.text, words.chat, words.sender, words.private) == ("东街着火了", "zhang", "zhang", True)
    assert words.at == at.clock().astimezone(UTC)
    assert words.key == f"zhang|{words.message_id}"
    assert picture.media == (MediaRef("photo", "m1", "image/jpeg"),)
    assert voice.media == (MediaRef("voice", "m2", "audio/amr"),)
    assert film.media == (MediaRef("video", "m3", "video/mp4"),)
    assert file.media == (MediaRef("file", "m4"),)
    assert place.location == pytest.approx((37.6858, 112.7305), abs=2e-3)
    assert place.location != (37.6865, 112.7367)
    assert link.text == "通知\n看\nhttp://p/2"


@awaits
async def test_events_are_heard_or_tolerated() -> None:
    async with scene() as at:
        await at.member.event("zhang", "subscribe")
        for _ in range(3):
            at.clock.move(minutes=1)
            await at.member.event("zhang", "enter_agent", EventKey="")
        await at.member.event("zhang", "click", EventKey="帮助")
        await at.member.event("zhang", "unsubscribe")
        card = {"EventKey": "k", "TaskId": "t1", "CardType": "button_interaction", "ResponseCode": "r1"}
        await at.member.event("zhang", "template_card_event", **card)
        await at.member.event("zhang", "LOCATION", Latitude=37.68, Longitude=112.73, Precision=10)
        await at.member.event("sys", "change_contact", ChangeType="create_user")
        await at.member.event("zhang", "of_next_year", Something={"Deep": {"Er": 1}})
        await at.member.sends("zhang", "of_next_year", Content="?")
    assert set(at.member.statuses) == {200}
    kinds = [(one.kind, one.text) for one in at.heard.all]
    assert kinds == [("opened", "")] * 4 + [("message", "帮助"), ("left", "")]
    visits = [one.key for one in at.heard.all[1:4]]
    assert len(set(visits)) == 1, "only the first visit is news to the inbox"
    assert len({one.key for one in at.heard.all}) == 4


@pytest.mark.parametrize("renews", [True, False])
@awaits
async def test_redelivery_has_one_key(renews: bool) -> None:
    async with scene() as at:
        at.member.renews = renews
        at.member.pause = lambda span: at.clock.move(seconds=span.total_seconds())
        await at.member.deliver(at.member.xml("zhang", "text", Content="着火"), whatever=True)
    assert at.member.statuses == [200] * 4
    assert len({one.key for one in at.heard.all}) == 1
    assert len(at.heard.all) == (4 if renews else 1)


@awaits
async def test_what_could_not_be_kept_comes_again() -> None:
    async with scene(OSError("disk"), OSError("disk")) as at:
        assert await at.member.says("zhang", "着火") == 200
    assert at.member.statuses == [503, 503, 200]
    assert len(at.heard.all) == 1


@awaits
async def test_messages_of_two_members_with_one_number_differ() -> None:
    async with scene() as at:
        for who in ("zhang", "li"):
            at.member._numbers = 1
            await at.member.says(who, "在")
    assert len({one.key for one in at.heard.all}) == 2


@pytest.mark.parametrize(
    "more",
    [
        {"MsgId": "many"},
        {"MsgId": "-1"},
        {"CreateTime": "soon"},
        {"FromUserName": ""},
        {"FromUserName": "@all"},
        {"FromUserName": "a|b"},
        {"AgentID": "7"},
        {"Content": {"a": "b"}},
        {"MsgType": "location", "Location_X": "north", "Location_Y": "1"},
        {"MsgType": "location", "Location_X": "nan", "Location_Y": "1"},
        {"MsgType": "location", "Location_X": "91", "Location_Y": "1"},
        {"MsgType": "image", "MediaId": ""},
        {"MsgType": "image", "MediaId": "m" * 600},
    ],
)
@awaits
async def test_a_message_that_cannot_be_is_malformed(more: dict[str, object]) -> None:
    async with scene() as at:
        told = {"FromUserName": "zhang", "CreateTime": 1, "MsgType": "text", "Content": "x", "MsgId": 1} | more
        plain = f"<xml>{''.join(element(name, content) for name, content in told.items())}</xml>"
        assert await at.member.deliver(plain) == 400
    assert at.heard.all == []


@awaits
async def test_an_impossible_moment_is_now() -> None:
    async with scene() as at:
        for odd in ("1", "99999999999999", "1790000000000"):
            told = f"<xml><FromUserName>li</FromUserName><CreateTime>{odd}</CreateTime><MsgType>text</MsgType>"
            await at.member.deliver(f"{told}<Content>x</Content><MsgId>{odd}</MsgId></xml>")
    assert [one.at for one in at.heard.all] == [at.clock()] * 3


@awaits
async def test_words_reach_a_member_with_a_mark_nobody_sees() -> None:
    async with scene() as at:
        sent = await at.channel.send(call("收到 <a href='http://x'>点</a>", "zhang"), ())
        (shown,) = at.corp.shown["zhang"]
        assert shown.text == "收到 ＜a href='http://x'>点＜/a>"
        assert shown.raw != shown.text
        assert sent.parts == ((shown.id, CopyKind.TEXT),)


@awaits
async def test_a_repeated_call_is_said_once_and_alike_words_twice() -> None:
    async with scene() as at:
        at.corp.faults.add("message/send", Fault(breaks=True, after=True))
        with pytest.raises(Unsure):
            await at.channel.send(call("收到", "zhang", key="a"), ())
        again = await at.channel.send(call("收到", "zhang", key="a"), ())
        other = await at.channel.send(call("收到", "zhang", key="b"), ())
        assert at.corp.texts("zhang") == ["收到", "收到"]
        assert again != other
        assert at.channel.can.remembers == timedelta(
            seconds=at.corp.made("message/send")[0]["duplicate_check_interval"]
        )


@awaits
async def test_long_words_come_in_parts_that_fit_with_their_mark() -> None:
    text = "。".join(f"第{number}条请各位网格员注意" for number in range(300))
    outgoing = call(text, "zhang").outgoing
    async with scene() as at:
        parts = at.channel.parts(outgoing, (PICTURE,))
        for part in range(parts):
            await at.channel.send(call(text, "zhang"), (PICTURE,), part)
        shown = at.corp.shown["zhang"]
        assert shown[0].kind == "image"
        assert parts == len(shown) > 4
        assert "".join(one.text for one in shown[1:]) == text
        assert max(len(one.raw.encode()) for one in shown) <= 2048
        assert TEXT == at.channel.can.text_length
        with pytest.raises(Impossible):
            await at.channel.send(call(text, "zhang"), (PICTURE,), parts)
        assert at.channel.parts(Outgoing(""), ()) == 1


@awaits
async def test_media_are_uploaded_once_and_known_again() -> None:
    async with scene() as at:
        sent = await at.channel.send(call("", "zhang", media=(7,)), (PICTURE,))
        assert sent.parts[0][1] is CopyKind.PHOTO
        known = Medium(7, "photo", "image/jpeg", None, sent.uploads[7])
        await at.channel.send(call("", "zhang", media=(7,)), (known,))
        assert [one.blob for one in at.corp.shown["zhang"]] == [PICTURE.blob] * 2
        assert len(at.corp.made("media/upload")) == 1
        at.clock.move(days=4)
        with pytest.raises(StaleUpload):
            await at.channel.send(call("", "zhang", media=(7,)), (known,))


@awaits
async def test_files_travel_under_a_plain_name_and_are_named_in_the_words() -> None:
    page = Medium(8, "file", "application/pdf", b"%PDF-1", None, "通告.pdf")
    speech = Medium(9, "voice", "audio/ogg", b"OggS-speech")
    amr = Medium(10, "voice", "audio/amr", b"#!AMR-speech")
    async with scene() as at:
        for part in range(at.channel.parts(Outgoing("请看"), (page, speech, amr))):
            await at.channel.send(call("请看", "zhang"), (page, speech, amr), part)
        kinds = [(one.kind, one.name) for one in at.corp.shown["zhang"]]
        assert kinds == [("file", "file.pdf"), ("file", "voice.amr"), ("voice", "voice.amr"), ("text", "")]
        assert at.corp.texts("zhang") == ["请看\n📎 通告.pdf"]


@pytest.mark.parametrize("blob", [b"1234", bytes((10 << 20) + 1)])
@awaits
async def test_a_picture_too_small_or_big_goes_without(blob: bytes) -> None:
    async with scene() as at:
        with pytest.raises(MediumRefused):
            await at.channel.send(call("", "zhang"), (Medium(7, "photo", "image/jpeg", blob),))
        assert at.corp.calls == []


@awaits
async def test_a_success_that_reached_nobody_is_none() -> None:
    async with scene() as at:
        at.corp.unlicensed.add("li")
        with pytest.raises(Impossible, match="licence"):
            await at.channel.send(call("好", "li"), ())
        at.corp.faults.add("message/send", Fault(page=b'{"errcode":0,"invaliduser":"zhang","msgid":"m"}'))
        with pytest.raises(ChatGone):
            await at.channel.send(call("好", "zhang"), ())
        with pytest.raises(ChatGone):
            await at.channel.send(call("好", "nobody"), ())


@pytest.mark.parametrize("chat", ["@all", "@ALL", "a|b", "", "张", "a" * 65])
@awaits
async def test_nobody_is_everybody(chat: str) -> None:
    async with scene() as at:
        with pytest.raises(ChatGone):
            await at.channel.send(call("好", chat), ())
        assert at.corp.calls == []


@awaits
async def test_a_recall_takes_the_message_away_within_a_day() -> None:
    async with scene() as at:
        sent = await at.channel.send(call("寻人", "zhang"), ())
        await at.channel.delete("zhang", sent.parts[0][0])
        assert at.corp.texts("zhang") == []
        late = await at.channel.send(call("寻人", "zhang", key="k2"), ())
        at.clock.move(hours=25)
        for name in (late.parts[0][0], "", "?abc"):
            with pytest.raises(Impossible):
                await at.channel.delete("zhang", name)
        at.corp.faults.add("message/recall", Fault(status=502))
        with pytest.raises(NotNow):
            await at.channel.delete("zhang", late.parts[0][0])


@awaits
async def test_a_success_without_a_name_is_counted_all_the_same() -> None:
    async with scene() as at:
        at.corp.faults.add("message/send", Fault(page=b'{"errcode":0}'))
        sent = await at.channel.send(call("好", "zhang"), ())
        assert sent.parts[0][0].startswith("?")


@awaits
async def test_what_a_channel_cannot_is_said() -> None:
    async with scene() as at:
        with pytest.raises(Impossible):
            await at.channel.edit(call("x", "zhang"), "m", CopyKind.TEXT)
        await at.channel.answer("", "好")
        play = PlayCall("zhang", "", Outgoing("x"))
        for work in (at.channel.send(play, ()), at.channel.edit(play, "m", CopyKind.TEXT)):
            with pytest.raises(TypeError):
                await work
    with pytest.raises(TypeError):
        WecomApp(settings(), Wecom(), KEYS, WorldKind.PLAYGROUND)


@awaits
async def test_the_corp_is_asked_something_harmless() -> None:
    async with scene() as at:
        await at.channel.probe()
        at.corp.faults.add("agent/get", Fault(errcode=45009))
        with pytest.raises(Refused):
            await at.channel.probe()


@awaits
async def test_media_are_fetched_within_bounds() -> None:
    async with scene() as at:
        ref = at.corp.keep("image", b"a picture", "p.jpg")
        assert await at.channel.fetch(ref, 100) == b"a picture"
        with pytest.raises(Impossible):
            await at.channel.fetch(ref, 5)
        at.corp.faults.add("media/get", Fault(breaks=True))
        with pytest.raises(NotNow):
            await at.channel.fetch(ref, 100)


def test_the_pace_stays_within_what_would_be_dropped_in_silence() -> None:
    """A thousand calls for one member, as fast as the pace lets them: the platform drops none of them."""
    pace, corp, now = Pace(LIMITS), Corp(), 0.0
    for number in range(1100):
        lane = Lane.LIFE if number % 5 == 0 else Lane.BULK
        now += pace.room_in(1, now, lane, CallKind.SEND, group=False)
        pace.spend(1, now, CallKind.SEND, group=False)
        now += 0.05
        corp._shows("zhang", Seen(str(number), "text"), now)
        pace.landed(1, now, CallKind.SEND, group=False, sent=now - 0.05)
    assert corp.dropped == []
    assert 3600 < now < 2 * 3600


def test_settings_make_it_and_nothing_secret_shows() -> None:
    assert wecom_app.make(Settings(), KEYS) is None
    env = {
        "WANGGE_WECOM__CORP_ID": "ww1",
        "WANGGE_WECOM_APP__AGENT_ID": "5",
        "WANGGE_WECOM_APP__SECRET": SECRET,
        "WANGGE_WECOM_APP__TOKEN": TOKEN,
        "WANGGE_WECOM_APP__AES_KEY": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    }
    made = wecom_app.make(load_settings(env=env), KEYS)
    assert made is not None
    assert made.account == "wecom_app"
    told = repr(made) + repr(made.envelope) + repr(made._client)
    assert SECRET not in told
    assert TOKEN not in told


@awaits
async def test_the_check_says_what_to_do() -> None:
    async with scene() as at:

        async def look(wecom_settings: Wecom) -> list[tuple[bool, str]]:
            found = await asyncio.to_thread(lambda: list(doctor.look(settings(), wecom_settings, 2.0)))
            assert all(SECRET not in one.line for one in found)
            return [(one.fine, one.line) for one in found]

        there = wecom(at.corp.url)
        whole = await look(there)
        assert all(fine for fine, _ in whole)
        assert "听不到任何群" in whole[0][1]
        assert "可以用 wangge wecom group 建" in whole[3][1]
        assert "/wecom/app" in whole[4][1]
        at.corp.departments.clear()
        assert "建不了" in (await look(there))[3][1]
        at.corp.visible.clear()
        assert [fine for fine, _ in await look(there)] == [True, True, False, True, True]
        at.corp.trusted = False
        ((fine, line),) = await look(there)
        assert not fine
        assert "企业可信IP" in line
        at.corp.trusted, at.corp.apps = True, {"other": AGENT}
        ((fine, line),) = await look(there)
        assert "Secret" in line
        at.corp.apps = {SECRET: AGENT + 1}
        ((fine, line),) = await look(there)
        assert "agent_id" in line
        at.corp.apps = {SECRET: AGENT}
        at.corp.faults.add("agent/get", Fault(45009))
        ((fine, line),) = await look(there)
        assert "过几分钟" in line
        at.corp.faults.add("gettoken", Fault(status=502))
        ((fine, line),) = await look(there)
        assert "网络" in line
        ((fine, line),) = await look(Wecom())
        assert "corp_id" in line
