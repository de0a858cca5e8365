"""Asking for updates: nothing is confirmed before it is kept, and nothing holds up the rest."""

import asyncio
import logging
from contextlib import suppress

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels.buttons import Buttons
from bot.channels.telegram import Telegram
from bot.channels.telegram.polling import backoff, clock_off
from bot.channels.telegram.reading import KINDS
from handlers.dialogue.message import Incoming
from tests.support.stage import KEYS
from tests.support.telegram_api import Fault, TelegramApi, awaits, until
from tests.support.telegram_people import Heard, channel, message, press

DOWN = OperationalError("INSERT", {}, Exception("the disk is full of 王大妈"))


class Until(Heard):
    """Stops the listening once so many messages are kept."""

    def __init__(self, most: int, *failing: Exception) -> None:
        super().__init__(*failing)
        self.most, self.enough = most, asyncio.Event()

    async def __call__(self, incoming: Incoming) -> None:
        await super().__call__(incoming)
        if len(self.all) >= self.most:
            self.enough.set()


async def listened(tg: Telegram, heard: Until, *, seconds: float = 30.0) -> None:
    """Listen until enough was heard, and one question further."""
    task = asyncio.create_task(tg.listen(heard))
    async with asyncio.timeout(seconds):
        await heard.enough.wait()
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def numbers(heard: Heard) -> list[str]:
    return [one.message_id for one in heard.all]


@awaits
async def test_it_ends_a_webhook_and_asks_for_what_it_understands() -> None:
    async with TelegramApi(webhook={"url": "https://elsewhere"}) as api:
        tg, heard = channel(api), Until(2)
        await api.say(message=message("上报", number=1))
        await api.say(message=message("上报", number=2))
        await listened(tg, heard)
        await tg.close()
    assert api.webhook == {}
    assert numbers(heard) == ["1", "2"]
    assert api.made("getUpdates")[0]["allowed_updates"] == KINDS


@awaits
async def test_the_offset_moves_on_only_when_all_are_kept() -> None:
    async with TelegramApi() as api:
        tg, heard = channel(api), Heard(DOWN, DOWN)
        first = await api.say(message=message("甲", number=1))
        await api.say(message=message("乙", number=2))
        task = asyncio.create_task(tg.listen(heard))
        await until(lambda: len(set(api.offsets)) > 1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await tg.close()
    assert api.offsets == [0, 0, 0, first + 2]
    assert numbers(heard) == ["1", "2"]


@awaits
async def test_a_database_that_is_down_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    async with TelegramApi() as api:
        tg, heard = channel(api), Until(1, *[DOWN] * 6)
        await api.say(message=message("上报", number=1))
        await listened(tg, heard)
        await tg.close()
    assert numbers(heard) == ["1"]
    assert tg.hearing.skipped == 0
    assert "王大妈" not in caplog.text


@awaits
async def test_a_poison_message_is_left_behind_after_three_tries(caplog: pytest.LogCaptureFixture) -> None:
    async with TelegramApi() as api:
        tg, heard = channel(api), Until(1, *[ValueError("王大妈")] * 3)
        poison = await api.say(message=message("毒", number=1))
        await api.say(message=message("上报", number=2))
        await listened(tg, heard)
        await tg.close()
    assert numbers(heard) == ["2"]
    assert tg.hearing.skipped == 1
    assert f"update {poison} was left behind: ValueError" in caplog.text
    assert "王大妈" not in caplog.text


@awaits
async def test_what_cannot_be_read_is_counted_and_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    async with TelegramApi() as api:
        tg, heard = channel(api), Until(1)
        broken = await api.say(message={"message_id": "几", "chat": "王大妈"})
        await api.say(message=None, edited_message=7)
        await api.say(poll_of_the_future={"id": 1})
        await api.say(message=message("上报", number=4))
        await listened(tg, heard)
        await tg.close()
    assert numbers(heard) == ["4"]
    assert tg.hearing.skipped == 2
    assert f"update {broken} was left behind" in caplog.text
    assert "王大妈" not in caplog.text


@awaits
async def test_a_slow_chat_holds_up_no_other() -> None:
    async with TelegramApi() as api:
        tg, go = channel(api), asyncio.Event()
        order: list[str] = []

        async def accept(incoming: Incoming) -> None:
            if incoming.chat == "-1001" and not order:
                await go.wait()
            order.append(incoming.message_id)
            go.set()

        for number, chat in ((1, -1001), (2, -1001), (3, -1002)):
            await api.say(
                message=message("上报", number=number, chat={"id": chat, "type": "supergroup", "title": "群"})
            )
        await tg.start()
        await tg.hearing.hear_all(api.updates, accept)
        await tg.close()
    assert order == ["3", "1", "2"]


@awaits
async def test_trouble_on_the_line_and_a_second_reader(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        await asyncio.sleep(0)

    async with TelegramApi() as api:
        tg, heard = channel(api, sleep=wait), Until(1)
        api.faults["getMe"].extend([Fault(502), Fault(401, "Unauthorized")])
        api.faults["deleteWebhook"].append(Fault(breaks="before"))
        api.faults["getUpdates"].extend(
            [
                Fault(breaks="before"),
                Fault(502, page=b"<html>"),
                Fault(429, "Too Many Requests: retry after 17", {"retry_after": 17}),
                Fault(409, "Conflict: terminated by other getUpdates request"),
                Fault(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"),
                Fault(401, "Unauthorized"),
                Fault(200, page=b"[]"),
            ]
        )
        await api.say(message=message("上报", number=1))
        await listened(tg, heard)
        await tg.close()
    assert numbers(heard) == ["1"]
    assert {17.0, 30.0, 60.0} <= set(waited)
    assert len(api.made("deleteWebhook")) == 3
    assert "does not know this token" in caplog.text
    assert "the-secret-of-the-bot" not in caplog.text


def test_waits_grow_to_a_minute_and_are_never_in_step() -> None:
    assert 0.5 <= backoff(1) <= 1.0
    assert 30 <= backoff(50) <= 60
    assert len({backoff(3) for _ in range(9)}) > 1


@awaits
async def test_a_button_nobody_made_comes_in_like_any_press_and_says_nothing() -> None:
    async with TelegramApi() as api:
        tg, heard = channel(api), Until(2)
        await api.say(callback_query=press("made up", query="q9"))
        await api.say(callback_query=press(Buttons(KEYS, "telegram").pack("接单 隐12"), query="q10"))
        await listened(tg, heard)
        await tg.close()
    assert [(one.kind, one.text, one.callback) for one in heard.all] == [
        ("button", "", "q9"),
        ("button", "接单 隐12", "q10"),
    ]


@awaits
async def test_it_tells_whether_it_hears_and_how_far_the_clock_is_off() -> None:
    async with TelegramApi() as api:
        tg, heard = channel(api), Until(1)
        assert (tg.listening, tg.drift) == ("", None)
        await api.say(message=message("求助"))
        await listened(tg, heard)
        assert tg.listening == "polling"
        await tg.close()
        hook = channel(api, mode="webhook")
        assert hook.listening == ""
        task = asyncio.create_task(hook.listen(Heard()))
        await until(lambda: hook.listening == "webhook")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await hook.close()


def test_how_far_the_clock_is_off() -> None:
    assert clock_off(None) is None
    assert clock_off("yesterday") is None
    assert clock_off("Sun, 06 Nov 1994 08:49:37") is None
    assert (clock_off("Sun, 06 Nov 1994 08:49:37 GMT") or 0) > 86400 * 365 * 20
