"""Callbacks are opened in a fixed order: signature, time, decryption, reading; whatever is hostile has a typed end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wx_crypt import WXBizMsgCrypt, WxChannel_WecomAiBot  # type: ignore[import-untyped]

from bot.channels.tencent import callback, library
from bot.channels.tencent.callback import Envelope, Forged, Hostile, Malformed, Opened
from tests.support.telegram_api import awaits
from tests.support.wechat import node_peers

TOKEN, KEY, ID = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7"
NOW = datetime.fromtimestamp(1409659589, UTC)
ECHO = {
    "msg_signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
    "timestamp": "1409659589",
    "nonce": "263014780",
    "echostr": "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
}
SIGNED = {"msg_signature": "477715d11cdb4164915debcba66cb864d751f3e6", "timestamp": "1409659813", "nonce": "1372623149"}
SEALED = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg"
    "3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+k"
    "DZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6ti"
    "WSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p"
    "8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
)
BODY = (
    f"<xml>\n<ToUserName><![CDATA[{ID}]]></ToUserName><Encrypt><![CDATA[{SEALED}]]></Encrypt>\n"
    "<AgentID><![CDATA[218]]></AgentID>\n</xml>"
).encode()
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


def envelope(receive_id: str = ID, moment: datetime = NOW, **more: Any) -> Envelope:  # noqa: ANN401
    """The envelope of the published examples."""
    return Envelope(TOKEN, KEY, receive_id, lambda: moment, **more)


def fields(sealed: str) -> dict[str, str]:
    """The parts of an answer we sealed, as the platform would cut them out."""
    names = ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")
    return {
        name: sealed.partition(f"<{name}>")[2].partition(f"</{name}>")[0].removeprefix("<![CDATA[").removesuffix("]]>")
        for name in names
    }


def test_the_published_examples_are_opened() -> None:
    assert envelope().echo(ECHO) == "1616140317555161061"
    message = callback.parse_xml(envelope().open(SIGNED, BODY).plain)
    assert (message.source, message.content, message.id) == ("mycreate", "hello", 4561255354251345929)


@given(WORDS)
def test_what_tencents_sample_seals_is_opened(words: str) -> None:
    for receive_id, channel, shape in ((ID, None, b"xml"), ("", WxChannel_WecomAiBot, b"json")):
        handed = {} if channel is None else {"channel": channel}
        code, sealed = WXBizMsgCrypt(TOKEN, KEY, receive_id, **handed).EncryptMsg(
            words.encode(), "n1", ECHO["timestamp"]
        )
        assert code == 0
        inside = sealed.split('"encrypt": "')[1].split('"')[0] if shape == b"json" else fields(sealed)["Encrypt"]
        signature = envelope(receive_id)._signature(ECHO["timestamp"], "n1", inside)
        assert signature in sealed
        query = {"msg_signature": signature, "timestamp": ECHO["timestamp"], "nonce": "n1"}
        assert envelope(receive_id).open(query, sealed.encode()).plain == words


@given(WORDS)
def test_what_is_sealed_here_tencents_sample_opens(words: str) -> None:
    told = fields(sealed := envelope().seal(words))
    code, plain = WXBizMsgCrypt(TOKEN, KEY, ID).DecryptMsg(
        sealed, told["MsgSignature"], told["TimeStamp"], told["Nonce"]
    )
    assert (code, plain.decode()) == (0, words)
    answer = callback.parse_json(envelope("").seal(words, "json"))
    code, plain = WXBizMsgCrypt(TOKEN, KEY, "", WxChannel_WecomAiBot).DecryptMsg(
        f'{{"encrypt": "{answer["encrypt"]}"}}', answer["msgsignature"], str(answer["timestamp"]), answer["nonce"]
    )
    assert (code, plain.decode()) == (0, words)


@pytest.mark.parametrize("who", ["@wecom/crypto", "wechat-crypto"])
def test_node_libraries_agree_both_ways(who: str) -> None:
    stamp = ECHO["timestamp"]
    with node_peers.crypt() as peers:
        for words in (
            "好",
            "<xml><Content><![CDATA[着火了]]></Content></xml>",
            "x" * 500,
            "🧯\n\ttab",
            "a" * 31,
            "a" * 32,
        ):
            sealed = peers.ask(who, "seal", token=TOKEN, key=KEY, id=ID, plain=words)
            signature = peers.ask(who, "sign", token=TOKEN, key=KEY, id=ID, stamp=stamp, nonce="n1", sealed=sealed)
            query = {"msg_signature": signature, "timestamp": stamp, "nonce": "n1"}
            body = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
            assert envelope().open(query, body).plain == words
            told = fields(envelope().seal(words))
            opened = peers.ask(who, "open", token=TOKEN, key=KEY, id=ID, sealed=told["Encrypt"])
            assert opened == [words, ID]
            signed = {"stamp": told["TimeStamp"], "nonce": told["Nonce"], "sealed": told["Encrypt"]}
            assert peers.ask(who, "sign", token=TOKEN, key=KEY, id=ID, **signed) == told["MsgSignature"]


def test_nothing_is_decrypted_or_parsed_before_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    one = envelope()

    def never(*told: object) -> None:
        raise AssertionError(told)

    monkeypatch.setattr(one._crypto, "decrypt", never)
    with pytest.raises(Forged):
        one.open(SIGNED | {"msg_signature": "0" * 40}, BODY)
    for query in ({}, {"msg_signature": ""}, SIGNED | {"nonce": "1"}, {**SIGNED, "msg_signature": "é\ud800"}):
        with pytest.raises(Forged):
            one.open(query, BODY)


def test_an_old_or_early_callback_is_refused() -> None:
    sent = int(SIGNED["timestamp"])
    for late, fine in ((300, True), (301, False), (-300, True), (-301, False)):
        one = envelope(moment=datetime.fromtimestamp(sent + late, UTC))
        if fine:
            one.open(SIGNED, BODY)
        else:
            with pytest.raises(Forged, match="time"):
                one.open(SIGNED, BODY)


def test_a_repeat_is_answered_like_the_first_once_that_was_taken() -> None:
    one = envelope()
    first = one.open(SIGNED, BODY)
    assert first.answered is None
    again = one.open(SIGNED, BODY)
    assert again.answered is None, "the first was not taken yet, so that this one may be"
    one.keep(again, "done")
    assert one.open(SIGNED, BODY).answered == "done"


def test_what_was_seen_is_forgotten_in_time_and_number(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [NOW]
    one = Envelope(TOKEN, "", ID, lambda: moment[0], official=True)

    def hear(number: int) -> Opened:
        stamp = str(int(moment[0].timestamp()))
        query = {"signature": one._signature(stamp, str(number)), "timestamp": stamp, "nonce": str(number)}
        return one.open(query, b"<xml/>")

    monkeypatch.setattr(callback, "REMEMBERED", 50)
    for number in range(200):
        one.keep(hear(number))
    assert len(one) <= 51
    moment[0] += timedelta(seconds=601)
    hear(1)
    assert len(one) == 1


def test_the_plain_mode_takes_one_content_under_one_signature() -> None:
    one = Envelope(TOKEN, "", ID, lambda: NOW, official=True)
    query = {"signature": one._signature("1409659589", "5"), "timestamp": "1409659589", "nonce": "5"}
    assert one.open(query, b"<xml>a</xml>").plain == "<xml>a</xml>"
    assert one.open(query, b"<xml>a</xml>").answered is None
    with pytest.raises(Forged, match="used"):
        one.open(query, b"<xml>b</xml>")
    assert one.echo(query | {"echostr": "77"}) == "77"
    with pytest.raises(Malformed):
        one.open({**query, "nonce": "6", "signature": one._signature("1409659589", "6")}, b"\xff")


def test_only_an_official_account_has_a_plain_mode() -> None:
    with pytest.raises(ValueError, match="plain"):
        Envelope(TOKEN, "", ID)
    for key in ("short", "é" * 43, KEY + "A"):
        with pytest.raises(ValueError, match="EncodingAESKey"):
            Envelope(TOKEN, key, ID)


def sealed_rightly(plain: bytes, receive_id: str = ID) -> tuple[dict[str, str], bytes]:
    """A callback with this inside, signed and sealed by Tencent's sample."""
    _, told = WXBizMsgCrypt(TOKEN, KEY, receive_id).EncryptMsg(plain, "n9", ECHO["timestamp"])
    found = fields(told)
    query = {"msg_signature": found["MsgSignature"], "timestamp": found["TimeStamp"], "nonce": found["Nonce"]}
    return query, told.encode()


def test_what_was_sealed_for_somebody_else_is_refused() -> None:
    with pytest.raises(Malformed):
        envelope().open(*sealed_rightly(b"<xml/>", "another-corp"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<xml></xml>",
        b"<Encrypt></Encrypt>",
        b"<Encrypt>QQ==</Encrypt><Encrypt>QQ==</Encrypt>",
        b"<Encrypt>&#81;</Encrypt>",
        b"<Encrypt><![CDATA[ Q Q ]]></Encrypt>",
        b'{"encrypt": 5}',
        b'{"encrypt": "',
        b'{"encrypt": "QQ==", "encrypt": "QQ=="}',
        b"<!DOCTYPE a [<!ENTITY b 'QQ=='>]><xml><Encrypt>&b;</Encrypt></xml>",
        b"<Encrypt>" * 100_000,
        b"{" + b'"encrypt":' * 100_000,
    ],
)
def test_an_envelope_without_content_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        envelope().open(SIGNED, body)


@pytest.mark.parametrize(
    "plain",
    [
        "",
        "hello",
        "<xml>",
        "<xml/>",
        "<xml><MsgType/></xml>",
        "<xml><MsgType><a/></MsgType></xml>",
        "<a><MsgType>text</MsgType></a>",
        '<!DOCTYPE xml [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>',
        '<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><MsgType>text</MsgType></xml>',
        "<xml><!-- hidden --><MsgType>text</MsgType></xml>",
        "<xml>" + "<a>" * 5000,
        "<![CDATA[" * 100_000,
        "<xml><MsgType>text\x00</MsgType></xml>",
    ],
)
def test_a_document_that_is_no_message_is_refused(plain: str) -> None:
    with pytest.raises(Malformed):
        callback.parse_xml(plain, library.parse_corp)
    with pytest.raises(Malformed):
        callback.parse_xml(plain, library.parse_official)


def test_what_looks_like_a_declaration_inside_words_is_words() -> None:
    said = "<xml><MsgType>text</MsgType><Content><![CDATA[<!DOCTYPE a> <!-- b]]></Content></xml>"
    assert callback.parse_xml(said).content == "<!DOCTYPE a> <!-- b"
    assert callback.parse_fields(said)["MsgType"] == "text"
    with pytest.raises(Malformed):
        callback.parse_fields("<xml>words</xml>")
    for plain in ("", "[]", "5", "[" * 100_000, '{"a": NaN'):
        with pytest.raises(Malformed):
            callback.parse_json(plain)


def test_what_a_reader_stumbles_over_is_malformed() -> None:
    with pytest.raises(Malformed), callback.reading():
        raise KeyError("MsgType")
    with pytest.raises(Forged), callback.reading():
        raise Forged("signature")
    with pytest.raises(KeyboardInterrupt), callback.reading():
        raise KeyboardInterrupt


def served(one: Envelope, take: Callable[[Opened], Awaitable[str]]) -> httpx.AsyncClient:
    """A client of an application with this one callback."""

    async def hear(request: Request) -> Response:
        return await callback.receive(request, one, take, "app")

    app = Starlette(routes=[Route("/", hear, methods=["GET", "POST"])])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot")


@awaits
async def test_a_route_answers_each_end_with_its_status(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []
    failing: list[Exception] = [OSError("disk"), Malformed("message")]

    async def take(opened: Opened) -> str:
        if failing:
            raise failing.pop(0)
        heard.append(opened.plain)
        return ""

    caplog.set_level(logging.DEBUG, "wangge")
    async with served(envelope(), take) as client:
        assert (await client.get("/", params=ECHO)).text == "1616140317555161061"
        assert (await client.get("/", params=ECHO | {"nonce": "1"})).status_code == 403
        assert (await client.post("/", params=SIGNED, content=BODY)).status_code == 503
        assert (await client.post("/", params=SIGNED, content=BODY)).status_code == 400
        for _ in range(4):
            answer = await client.post("/", params=SIGNED, content=BODY)
            assert (answer.status_code, answer.content) == (200, b"")
        assert (await client.post("/", params=SIGNED, content=b"<xml>")).status_code == 400
        assert (await client.post("/", params=SIGNED, content=bytes((1 << 20) + 1))).status_code == 413
    assert len(heard) == 1
    lines = [one.getMessage() for one in caplog.records if one.name.startswith("wangge")]
    assert len(lines) == 5
    assert all("hello" not in line and SEALED[:20] not in line and len(line) < 90 for line in lines)


@pytest.mark.parametrize("error", [Hostile, Forged, Malformed, callback.TooBig, callback.TooSlow])
def test_refusals_are_4xx(error: type[Hostile]) -> None:
    assert 400 <= error.status < 500


@awaits
async def test_a_body_that_never_ends_is_not_waited_for() -> None:
    async def never() -> dict[str, object]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(callback.TooSlow):
        await callback.read_body(Request({"type": "http", "method": "POST"}, never), within=0.01)


def test_many_sections_are_looked_through_once() -> None:
    for body in (b"<![CDATA[" * 100_000, b"<![CDATA[]]>" * 80_000, b"]]>" * 300_000):
        with pytest.raises(Malformed):
            callback._sealed(b"<xml>" + body)


def test_long_answers_are_not_kept_in_mind() -> None:
    envelope = Envelope(TOKEN, KEY, ID, lambda: NOW)
    for answer, kept in (("short", "short"), ("l" * 20_000, None)):
        sealed = envelope.seal("<xml/>")
        told = {name: sealed.partition(f"<{name}>")[2].partition(f"</{name}>")[0] for name in ("TimeStamp", "Nonce")}
        signed = sealed.partition("<MsgSignature><![CDATA[")[2].partition("]]>")[0]
        nonce = told["Nonce"].removeprefix("<![CDATA[").removesuffix("]]>")
        query = {"msg_signature": signed, "timestamp": told["TimeStamp"], "nonce": nonce}
        envelope.keep(envelope.open(query, sealed.encode()), answer)
        assert envelope.open(query, sealed.encode()).answered == kept
