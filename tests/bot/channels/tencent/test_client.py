"""The client: each hole that was found in wechatpy's is shut, against a corp that hangs, lies and refuses."""

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.channels.tencent.client import SafeClient, corp_client, official_client
from bot.channels.tencent.errors import BadSecret, NotTrusted, TokenRefused
from jobs.channel import CallFailed, ChatGone, Impossible, NotNow, Refused, StaleUpload, Unsure
from tests.support.telegram_api import awaits
from tests.support.wechat.corp_api import CORP_ID, SECRET, Corp
from tests.support.wechat.serving import Fault, served

SAID = {"touser": "zhang", "agentid": 1000002, "msgtype": "text", "text": {"content": "好"}}


class Steady:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.moment = 1000.0

    def __call__(self) -> float:
        return self.moment


@asynccontextmanager
async def talking(*, secret: str = SECRET, patience: float = 5.0) -> AsyncIterator[tuple[Corp, SafeClient, Steady]]:
    """A corp, a client of it, and the client's clock."""
    corp, steady = Corp(visible={"zhang"}), Steady()
    async with corp.running() as url:
        client = corp_client(CORP_ID, secret, base_url=url, timeout=patience, clock=steady)
        try:
            yield corp, client, steady
        finally:
            client.close()


def asked(corp: Corp) -> int:
    """How often a token was asked for."""
    return len(corp.made("gettoken"))


async def fails(client: SafeClient, path: str = "message/send") -> CallFailed:
    """How a call ends that fails."""
    with pytest.raises(CallFailed) as told:
        await client.call("post", path, SAID)
    return told.value


@awaits
async def test_twenty_calls_on_a_cold_start_ask_for_one_token() -> None:
    async with talking() as (corp, client, _):
        answers = await asyncio.gather(*(client.call("post", "message/send", SAID) for _ in range(20)))
    assert asked(corp) == 1
    assert len({one["msgid"] for one in answers}) == 20


@pytest.mark.parametrize("code", [40014, 42001, 40001])
@awaits
async def test_a_refused_token_is_replaced_once_and_the_call_made_again(code: int) -> None:
    async with talking() as (corp, client, steady):
        await client.call("post", "message/send", SAID)
        steady.moment += 10
        corp.faults.add("message/send", Fault(errcode=code))
        corp.forget_tokens()
        await client.call("post", "message/send", SAID)
        assert asked(corp) == 2


@awaits
async def test_a_token_refused_for_ever_ends_after_one_refresh() -> None:
    async with talking() as (corp, client, steady):
        await client.check()
        steady.moment += 10
        corp.faults.add("message/send", *(Fault(errcode=40014) for _ in range(100)))
        corp.forget_tokens()
        assert isinstance(await fails(client), TokenRefused)
        assert asked(corp) == 2
        assert len(corp.made("message/send")) == 2
        # Twenty more at the same moment don't ask at all.
        ends = await asyncio.gather(*(fails(client) for _ in range(20)))
        assert all(isinstance(one, NotNow) for one in ends)
        assert asked(corp) == 2


@awaits
async def test_many_refused_at_once_share_one_refresh() -> None:
    async with talking() as (corp, client, steady):
        await client.check()
        steady.moment += 10
        corp.forget_tokens()
        await asyncio.gather(*(client.call("post", "message/send", SAID) for _ in range(8)))
        assert asked(corp) == 2


@awaits
async def test_an_old_token_is_renewed_before_it_ends() -> None:
    async with talking() as (corp, client, steady):
        await client.check()
        steady.moment += 6899
        await client.check()
        assert asked(corp) == 1
        steady.moment += 2
        await client.check()
        assert asked(corp) == 2


@awaits
async def test_a_hanging_token_is_not_waited_for_and_nothing_was_sent() -> None:
    async with talking(patience=0.1) as (corp, client, _):
        corp.faults.add("gettoken", Fault(late=1.0))
        assert isinstance(await fails(client), NotNow)
        assert corp.made("message/send") == []


@awaits
async def test_a_call_nobody_waits_for_does_not_leave_later() -> None:
    async with talking(patience=0.2) as (corp, client, _):
        corp.faults.add("gettoken", Fault(late=0.15))
        task = asyncio.create_task(client.call("post", "message/send", SAID))
        while not corp.made("gettoken"):  # noqa: ASYNC110 - what is waited for raises no event
            await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(CallFailed):
            await client.call("get", "nothing/here")
        assert corp.made("message/send") == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(late=1.0), Unsure),
        (Fault(breaks=True), Unsure),
        (Fault(status=500), Unsure),
        (Fault(status=502), NotNow),
        (Fault(status=503), NotNow),
        (Fault(status=404), NotNow),
        (Fault(status=302, page=b""), NotNow),
        (Fault(status=429), Refused),
        (Fault(page=b"<html>login</html>"), NotNow),
        (Fault(page=b"[]"), NotNow),
        (Fault(page=b'{"errcode": "no"}'), Unsure),
        (Fault(page=b"[" * 100_000), Unsure),
        (Fault(page=b" " * (5 << 20)), Impossible),
        (Fault(errcode=-1), NotNow),
        (Fault(errcode=45009), Refused),
        (Fault(errcode=45033), Refused),
        (Fault(errcode=60020), NotTrusted),
        (Fault(errcode=81013), ChatGone),
        (Fault(errcode=86003), ChatGone),
        (Fault(errcode=40007), StaleUpload),
        (Fault(errcode=99999), Impossible),
    ],
)
@awaits
async def test_every_end_has_its_kind(fault: Fault, kind: type[CallFailed]) -> None:
    async with talking(patience=0.2 if fault.late else 5.0) as (corp, client, _):
        await client.check()
        corp.faults.add("message/send", fault)
        assert type(await fails(client)) is kind
        assert len(corp.made("message/send")) == 1


@awaits
async def test_a_limit_is_waited_out_for_a_minute() -> None:
    async with talking() as (corp, client, _):
        corp.faults.add("message/send", Fault(errcode=45009))
        failed = await fails(client)
        assert isinstance(failed, Refused)
        assert failed.wait.total_seconds() == 60


@awaits
async def test_what_changes_nothing_counts_as_not_made() -> None:
    async with talking(patience=0.2) as (corp, client, _):
        corp.faults.add("agent/get", Fault(late=1.0))
        with pytest.raises(NotNow):
            await client.call("get", "agent/get", params={"agentid": "1000002"}, matters=False)


@awaits
async def test_nobody_there_is_surely_not_arrived() -> None:
    async with Corp().running() as url:
        pass
    client = corp_client(CORP_ID, SECRET, base_url=url)
    assert type(await fails(client)) is NotNow
    client.close()


@awaits
async def test_a_wrong_secret_silences_the_app_for_a_minute() -> None:
    async with talking(secret="wrong") as (corp, client, steady):
        assert isinstance(await fails(client), BadSecret)
        steady.moment += 59
        assert isinstance(await fails(client), BadSecret)
        assert asked(corp) == 1
        steady.moment += 2
        assert isinstance(await fails(client), BadSecret)
        assert asked(corp) == 2


@awaits
async def test_an_address_that_is_not_trusted_is_named() -> None:
    async with talking() as (corp, client, _):
        corp.trusted = False
        assert isinstance(await fails(client), NotTrusted)


@pytest.mark.parametrize("page", [b"<html>", b"{}", b'{"access_token": 5}', b'{"access_token": ""}', b"[[[["])
@awaits
async def test_a_token_that_is_none_sends_nothing(page: bytes) -> None:
    async with talking() as (corp, client, _):
        corp.faults.add("gettoken", Fault(page=page))
        assert type(await fails(client)) is NotNow
        assert corp.made("message/send") == []


@awaits
async def test_an_upload_tried_again_still_has_its_content() -> None:
    async with talking() as (corp, client, steady):
        await client.check()
        steady.moment += 10
        corp.forget_tokens()
        answer = await client.call(
            "post", "media/upload", params={"type": "file"}, files={"media": ("a.pdf", b"%PDF-1", "application/pdf")}
        )
        assert corp.files[answer["media_id"]].blob == b"%PDF-1"


@awaits
async def test_a_download_is_bounded_and_told_from_an_error() -> None:
    async with talking() as (corp, client, _):
        text = corp.keep("file", b'{"errcode": 40007}', "words.txt")
        assert await client.download("media/get", {"media_id": text}, 100) == b'{"errcode": 40007}'
        with pytest.raises(Impossible):
            await client.download("media/get", {"media_id": corp.keep("image", bytes(1001))}, 1000)
        with pytest.raises(StaleUpload):
            await client.download("media/get", {"media_id": "unknown"}, 1000)


@awaits
async def test_no_other_host_is_ever_asked() -> None:
    async with talking() as (corp, client, _):
        with pytest.raises(Impossible, match="another host"):
            await client.call("get", "http://127.0.0.2:1/x")
        # A redirect is no answer.
        corp.faults.add("message/send", Fault(status=307))
        assert type(await fails(client)) is NotNow


@awaits
async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    async with talking() as (_, client, _):
        await client.check()


@awaits
async def test_no_secret_and_no_token_reaches_a_log_or_an_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with talking(patience=0.2) as (corp, client, _):
        await client.check()
        ends = []
        for fault in (Fault(errcode=40058), Fault(late=1.0), Fault(breaks=True), Fault(status=500), Fault(page=b"<")):
            corp.faults.add("message/send", fault)
            ends.append(await fails(client))
        told = caplog.text + "".join("".join(traceback.format_exception(one)) for one in ends)
        for secret in (SECRET, *corp.tokens):
            assert secret not in told + repr(client)


@awaits
async def test_an_official_account_asks_for_a_token_that_others_do_not_spoil() -> None:
    asked_for: list[bytes] = []

    async def token(request: Request) -> Response:
        asked_for.append(await request.body())
        return JSONResponse({"access_token": "T", "expires_in": 7200})

    def menu(request: Request) -> Response:
        return JSONResponse({"told": request.query_params["access_token"]})

    paths = [("cgi-bin/stable_token", token), ("cgi-bin/menu/get", menu), ("customservice/x", menu)]
    async with served([Route(f"/{path}", page, methods=["GET", "POST"]) for path, page in paths]) as url:
        client = official_client("wxapp", "the-app-secret", base_url=url)
        assert await client.call("get", "menu/get") == {"told": "T"}
        assert await client.call("get", "/customservice/x") == {"told": "T"}
        client.close()
    (body,) = asked_for
    assert json.loads(body) == {"grant_type": "client_credential", "appid": "wxapp", "secret": "the-app-secret"}


@awaits
async def test_an_answer_in_drops_is_not_waited_for_for_ever() -> None:
    async def drops() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" "
            await asyncio.sleep(0.03)

    async with talking(patience=0.1) as (corp, client, _):
        await client.check()

        async def dripping(request: Request) -> Response:
            return StreamingResponse(drops(), media_type="application/octet-stream")

        async with served([Route("/cgi-bin/media/get", dripping), *corp.routes()]) as url:
            slow = corp_client(CORP_ID, SECRET, base_url=url, timeout=0.1)
            with pytest.raises(NotNow):
                await slow.download("media/get", {"media_id": "m"}, 1000)
            slow.close()


@pytest.mark.parametrize(("status", "kind"), [(500, NotNow), (502, NotNow), (403, NotNow), (429, Refused)])
@awaits
async def test_a_download_that_fails_has_its_kind(status: int, kind: type[CallFailed]) -> None:
    async with talking() as (corp, client, _):
        corp.faults.add("media/get", Fault(status=status))
        with pytest.raises(kind):
            await client.download("media/get", {"media_id": "m"}, 1000)


@pytest.mark.parametrize(
    ("code", "kind", "rest"),
    [(45009, Refused, 60.0), (-1, NotNow, 5.0), (40013, BadSecret, 60.0), (77777, BadSecret, 60)],
)
@awaits
async def test_a_token_that_was_refused_is_not_asked_for_at_once(
    code: int, kind: type[CallFailed], rest: float
) -> None:
    async with talking() as (corp, client, steady):
        corp.faults.add("gettoken", Fault(errcode=code))
        with pytest.raises(kind):
            await client.check()
        steady.moment += rest - 1
        with pytest.raises(NotNow):
            await client.check()
        assert asked(corp) == 1
        steady.moment += 2
        await client.check()


@awaits
async def test_words_that_are_no_text_and_proxies_that_are_none() -> None:
    async with talking() as (corp, client, _):
        with pytest.raises(Impossible):
            await client.call("post", "message/send", {"text": {"content": "\ud800"}})
        for proxy in ("http://127.0.0.1:9", "socks5://127.0.0.1:9"):
            behind = corp_client(CORP_ID, SECRET, base_url=corp.url, proxy=proxy)
            assert type(await fails(behind)) is NotNow
            behind.close()
        with pytest.raises(NotNow):
            client._client.fetch_access_token()
        assert client._client.access_token in corp.tokens
