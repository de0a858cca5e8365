"""Telegram calls us: only with the secret, and it hears 200 only for what is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from bot.channels.telegram import Telegram, webhook_route
from bot.channels.telegram.reading import KINDS
from bot.channels.telegram.webhook import MOST_BYTES
from tests.support.telegram_api import TelegramApi, awaits, until
from tests.support.telegram_people import Heard, channel, message

DOWN = OperationalError("INSERT", {}, Exception("down"))
URL = "http://127.0.0.1:9/telegram"
SECRET = {"X-Telegram-Bot-Api-Secret-Token": "open-sesame"}


@asynccontextmanager
async def called(tg: Telegram, heard: Heard) -> AsyncIterator[httpx.AsyncClient]:
    """The route as Telegram reaches it, with the channel listening."""
    app = Starlette(routes=[webhook_route(tg, heard)])
    task = asyncio.create_task(tg.listen(heard))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield client
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await tg.close()


@awaits
async def test_updates_are_delivered_once_kept() -> None:
    async with TelegramApi() as api:
        heard = Heard(DOWN)
        async with called(channel(api, mode="webhook"), heard) as client:
            await until(lambda: api.webhook)
            assert api.webhook["allowed_updates"] == KINDS
            assert api.webhook["secret_token"] == "open-sesame"
            await api.say(message=message("一", number=1))
            await api.say(message=message("二", number=2))
            assert await api.deliver(client) == [503]
            assert await api.deliver(client) == [200, 200]
            assert api.updates == []
    assert [one.text for one in heard.all] == ["一", "二"]


@awaits
async def test_a_poison_update_stops_being_refused() -> None:
    async with TelegramApi() as api:
        heard = Heard(*[ValueError()] * 3)
        async with called(channel(api, mode="webhook"), heard) as client:
            await until(lambda: api.webhook)
            await api.say(message=message("毒", number=1))
            await api.say(message=message("好", number=2))
            answers = [await api.deliver(client) for _ in range(3)]
    assert answers == [[503], [503], [200, 200]]
    assert [one.text for one in heard.all] == ["好"]


@pytest.mark.parametrize("told", [{}, {"X-Telegram-Bot-Api-Secret-Token": "open-sesamE"}])
@awaits
async def test_nobody_else_may_call(told: dict[str, str]) -> None:
    async with TelegramApi() as api:
        heard = Heard()
        async with called(channel(api, mode="webhook"), heard) as client:
            await until(lambda: api.webhook)
            update = {"update_id": 1, "message": message("假的")}
            assert (await client.post(URL, json=update, headers=told)).status_code == 403
            assert (await client.post(URL, json=update, headers=SECRET | {"X-Other": "1"})).status_code == 200
    assert len(heard.all) == 1


@awaits
async def test_bodies_that_are_no_updates() -> None:
    async with TelegramApi() as api:
        heard = Heard()
        async with called(channel(api, mode="webhook"), heard) as client:
            await until(lambda: api.webhook)
            for body, code in ((b"{", 400), (b"[]", 400), (b"{}", 400), (b" " * (MOST_BYTES + 1), 413)):
                assert (await client.post(URL, content=body, headers=SECRET)).status_code == code
            broken = b'{"update_id": 5, "message": {"message_id": "x"}}'
            assert (await client.post(URL, content=broken, headers=SECRET)).status_code == 200
            assert (await client.get(URL, headers=SECRET)).status_code == 405
    assert heard.all == []


@awaits
async def test_before_the_bot_knows_who_it_is_telegram_shall_call_again() -> None:
    async with TelegramApi() as api:
        tg, heard = channel(api, mode="webhook"), Heard()
        app = Starlette(routes=[webhook_route(tg, heard)])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            answer = await client.post(URL, json={"update_id": 1, "message": message("早")}, headers=SECRET)
        await tg.close()
    assert answer.status_code == 503
    assert heard.all == []


@awaits
async def test_an_address_without_a_path_gets_one() -> None:
    async with TelegramApi() as api:
        tg = channel(api, mode="webhook")
        tg._settings = tg._settings.model_copy(update={"webhook_url": "https://bot.example"})
        assert tg.webhook_address == "https://bot.example/telegram"
        assert webhook_route(tg, Heard()).path == "/telegram"
        await tg.close()
