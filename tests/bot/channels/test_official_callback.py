"""The 公众号 platform calls us: only what is signed, fresh and whole is heard, and it is told only what is kept."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import get_args

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from bot.channels.official_account import OfficialAccount, routes
from bot.channels.official_account.callback import PATH
from bot.channels.tencent.callback import MOST_BYTES
from tests.support.stage import START, Hands
from tests.support.telegram_api import awaits
from tests.support.telegram_people import Heard
from tests.support.wechat.official_api import OfficialApi
from tests.support.wechat.official_callbacks import AES_KEY, TROUBLE, Mode, Poster, encrypted, signature, xml
from tests.support.wechat.official_people import LI, WANG, channel
from tests.support.wechat.serving import served

URL = f"http://127.0.0.1:9{PATH}"
MODES = get_args(Mode)
BAD = (
    "",
    "<xml>机密",
    "机密",
    "<xml></xml>",
    "<other><MsgType>text</MsgType></other>",
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;机密</Content></xml>',
    "<xml><MsgType><![CDATA[text]]></MsgType><MsgId>1</MsgId><Content>机密</Content></xml>",
    f"<xml>{'<a>' * 5000}{'</a>' * 5000}</xml>",
)


@asynccontextmanager
async def posted(mode: Mode, heard: Heard, clock: Hands | None = None) -> AsyncIterator[tuple[Poster, OfficialAccount]]:
    """Our address as the platform reaches it; the REST side is not needed."""
    hands = clock or Hands()
    official = channel("http://127.0.0.1:9", mode, now=hands)
    app = Starlette(routes=routes(official, heard))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield Poster(OfficialApi(hands), client, URL, mode), official
    await official.close()


@pytest.mark.parametrize("mode", MODES)
@awaits
async def test_the_address_is_checked_and_messages_are_heard(mode: Mode) -> None:
    heard = Heard()
    async with posted(mode, heard) as (poster, _):
        assert await poster.check("5837397520665436492") == "5837397520665436492"
        assert await poster.say(WANG, "水头村村口路灯坏了 ]]> &lt;b&gt;") == [200]
        assert await poster.follow(LI) == [200]
        assert await poster.happens(LI, "VIEW", EventKey="https://example.com") == [200]
        assert await poster.send(WANG, MsgType="voice", MediaId="v1", Format="amr", Recognition="路灯坏了") == [200]
        assert poster.api.shows(WANG) == [], "nothing is said in the answer to a callback"
    assert [(one.kind, one.chat, one.text) for one in heard.all] == [
        ("message", WANG, "水头村村口路灯坏了 ]]> &lt;b&gt;"),
        ("opened", LI, ""),
        ("message", WANG, ""),
    ]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "typed", ["请看 <Encrypt> 是什么", "</Encrypt>", "<Encrypt>QQ==</Encrypt>", "]]><Encrypt>QQ=="]
)
@awaits
async def test_somebody_types_what_the_envelope_is_made_of(mode: Mode, typed: str) -> None:
    heard = Heard()
    async with posted(mode, heard) as (poster, _):
        assert await poster.say(WANG, typed) == [200]
    assert [one.text for one in heard.all] == [typed]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("renews", [True, False])
@awaits
async def test_what_is_not_kept_is_posted_again(mode: Mode, renews: bool) -> None:
    heard = Heard(RuntimeError("down"), RuntimeError("down"))
    async with posted(mode, heard) as (poster, _):
        poster.renews = renews
        assert await poster.say(WANG, "路灯坏了") == [503, 503, 200]
        assert poster.api.shows(WANG) == []
        heard.failing = [RuntimeError("down")] * 9
        assert await poster.say(WANG, "还没修") == [503] * 4
        assert poster.api.shows(WANG) == [TROUBLE]
    assert [one.text for one in heard.all] == ["路灯坏了"]


@awaits
async def test_a_repeat_goes_no_further_and_a_retry_has_the_same_key() -> None:
    heard, clock = Heard(), Hands()
    async with posted("aes", heard, clock) as (poster, _):
        fields = poster.message(WANG, MsgType="text", Content="好", MsgId="1")
        query, body = poster.sealed(xml(fields))
        answers = [await poster.client.post(URL, params=query, content=body) for _ in range(3)]
        assert [(one.status_code, one.text) for one in answers] == [(200, "success")] * 3
        assert len(heard.all) == 1
        assert await poster.post(fields) == [200], "signed anew, as after five seconds"
    assert len({one.key for one in heard.all}) == 1
    assert len(heard.all) == 2, "the inbox knows it by its key"


@pytest.mark.parametrize("mode", MODES)
@awaits
async def test_what_is_forged_old_or_replayed_is_refused(mode: Mode) -> None:
    heard, clock = Heard(), Hands()
    async with posted(mode, heard, clock) as (poster, _):
        plain = xml(poster.message(WANG, MsgType="text", Content="好", MsgId="1"))
        query, body = poster.sealed(plain)
        other_query, other = poster.sealed(plain.replace("好", "坏"))
        name = "signature" if mode == "plain" else "msg_signature"
        forged = [
            ({}, body),
            ({**query, name: ""}, body),
            ({**query, name: query[name][:-1] + "x"}, body),
            ({**query, name: "签名"}, body),
            ({**query, "nonce": "1"}, body),
            ({**query, "timestamp": "1"}, body),
        ]
        if mode != "plain":
            forged += [(query, other), ({**query, "msg_signature": query["signature"]}, body)]
        for told, content in forged:
            assert (await poster.client.post(URL, params=told, content=content)).status_code == 403
        assert heard.all == []
        assert (await poster.client.post(URL, params=query, content=body)).status_code == 200
        assert (await poster.client.post(URL, params=query, content=other)).status_code == 403
        clock.move(seconds=301)
        assert (await poster.client.post(URL, params=other_query, content=other)).status_code == 403
        stamp = str(int(clock().timestamp()) - 301)
        told = {"signature": signature(stamp, "n"), "timestamp": stamp, "nonce": "n", "echostr": "1"}
        assert (await poster.client.get(URL, params=told)).status_code == 403
        assert (await poster.client.get(URL, params=query | {"echostr": "1", "signature": "0"})).status_code == 403
    assert [one.text for one in heard.all] == ["好"]


@awaits
async def test_a_safe_account_takes_nothing_plain() -> None:
    heard = Heard()
    async with posted("aes", heard) as (poster, _):
        poster.mode = "plain"
        assert await poster.say(WANG, "好") == [400] * 4
    assert heard.all == []


@awaits
async def test_a_plain_account_reads_the_plain_part_of_both() -> None:
    heard = Heard()
    async with posted("plain", heard) as (poster, _):
        poster.mode = "both"
        assert await poster.say(WANG, "好") == [200]
        poster.mode = "aes"
        assert await poster.say(WANG, "坏") == [400] * 4
    assert [one.text for one in heard.all] == ["好"]


@awaits
async def test_another_accounts_message_is_refused() -> None:
    heard = Heard()
    async with posted("aes", heard) as (poster, _):
        plain = xml(poster.message(WANG, MsgType="text", Content="好", MsgId="1"))
        stamp, hidden = str(int(START.timestamp())), encrypted(plain, "wx0000000000000000")
        told = {"msg_signature": signature(stamp, "n", hidden), "timestamp": stamp, "nonce": "n"}
        answer = await poster.client.post(URL, params=told, content=f"<xml><Encrypt>{hidden}</Encrypt></xml>")
        assert answer.status_code == 400
    assert heard.all == []


@pytest.mark.parametrize("mode", MODES)
@awaits
async def test_what_is_malformed_is_one_line_in_the_log(mode: Mode, caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    async with posted(mode, heard) as (poster, _):
        for plain in BAD:
            caplog.clear()
            query, body = poster.sealed(plain)
            assert (await poster.client.post(URL, params=query, content=body)).status_code == 400
            assert len(caplog.records) == 1
            assert "机密" not in caplog.text
        big = xml(poster.message(WANG, MsgType="text", Content="好" * (MOST_BYTES // 3), MsgId="1"))
        query, body = poster.sealed(big)
        assert (await poster.client.post(URL, params=query, content=body)).status_code == 413
        query, _ = poster.sealed("x")
        assert (await poster.client.post(URL, params=query, content=b"\xff\xfe")).status_code in (400, 403)
    assert heard.all == []


@awaits
async def test_slower_than_five_seconds_is_posted_again_and_kept_once() -> None:
    clock, heard, gate = Hands(), Heard(), asyncio.Event()
    official = channel("http://127.0.0.1:9", "aes", now=clock)
    waited: list[timedelta] = []

    async def slow(incoming: object) -> None:
        await gate.wait()
        await heard(incoming)  # type: ignore[arg-type]

    def pause(span: timedelta) -> None:
        waited.append(span)
        if len(waited) == 2:
            gate.set()

    async with served(routes(official, slow)) as url, httpx.AsyncClient(trust_env=False) as client:
        poster = Poster(OfficialApi(clock), client, f"{url}{PATH}", "aes", pause=pause, patience=0.05)
        assert await poster.say(WANG, "路灯坏了") == [0, 0, 200]
        assert poster.api.shows(WANG) == []
    assert waited == [timedelta(seconds=5)] * 2
    assert {one.key for one in heard.all} == {f"{WANG}:23000000000000001"}
    await official.close()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_signed_nonsense_is_never_our_fault(data: st.DataObject) -> None:
    """Whoever knows the token of a plain account may post what they like: no 500, and nothing but 200 or 4xx."""
    whole = xml({"ToUserName": "g", "FromUserName": WANG, "CreateTime": "1790000000", "MsgType": "text"})
    names = st.sampled_from(["MsgType", "Event", "EventKey", "MsgId", "Content", "MediaId", "CreateTime", "Location_X"])
    kinds = st.sampled_from(["event", "text", "image", "voice", "location", "link", "CLICK", "subscribe", "1", ""])
    fields = data.draw(st.dictionaries(names, st.one_of(kinds, st.text(max_size=40))))
    plain = data.draw(
        st.one_of(
            st.just(xml({"FromUserName": WANG, "CreateTime": "1790000000", **fields})),
            st.text(max_size=200),
            st.builds(lambda at, junk: whole[:at] + junk + whole[at:], st.integers(0, len(whole)), st.text(max_size=9)),
        )
    )

    async def post() -> int:
        async with posted("plain", Heard()) as (poster, _):
            query, _ = poster.sealed("x")
            return (await poster.client.post(URL, params=query, content=plain.encode("utf-8", "replace"))).status_code

    assert asyncio.run(post()) in (200, 400, 403)


def test_no_secret_shows(caplog: pytest.LogCaptureFixture) -> None:
    official = channel("http://127.0.0.1:9", "aes")
    shown = f"{official!r}{official.envelope!r}{vars(official)!r}"
    assert AES_KEY not in shown
    assert "the-secret-of" not in shown
    assert logging.getLogger("urllib3").level >= logging.WARNING
    asyncio.run(official.close())
