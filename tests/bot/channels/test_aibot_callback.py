"""The AI bot called by HTTP: answers grow until they are fetched, then go once by each message's own address."""

import asyncio
import base64
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from bot.channel_settings import WecomAibot as Settings
from bot.channels.wecom_aibot import WecomAibotCallback, routes
from handlers.dialogue.message import Incoming, OutButton, Outgoing, PlayCall
from jobs.channel import CallFailed, ChatGone, Impossible, NotNow, Refused, Unsure, WindowClosed
from storage.copies import CopyKind
from storage.worlds import WorldKind
from tests.support.stage import KEYS
from tests.support.telegram_api import awaits
from tests.support.wechat.aibot_bodies import EVENT, IN_GROUP, mangled
from tests.support.wechat.aibot_caller import AES_KEY, TOKEN, AibotCaller, calling, signed
from tests.support.wechat.aibot_people import GROUP, NAME, HandClock, call, turn
from tests.support.wechat.aibot_server import BOT, AibotServer
from tests.support.wechat.aibot_shapes import sealed
from tests.support.wechat.serving import Fault

MUTATIONS = int(os.environ.get("FUZZ_FRAMES", "500"))
START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def settings() -> Settings:
    """Settings of the channel in callback mode."""
    return Settings(bot_id=BOT, names=(NAME,), mode="callback", token=SecretStr(TOKEN), aes_key=SecretStr(AES_KEY))


@dataclass
class Work:
    """The bot at work."""

    bot: WecomAibotCallback
    platform: AibotCaller
    clock: HandClock
    heard: list[Incoming] = field(default_factory=list)
    refuses: list[Exception] = field(default_factory=list)

    async def accept(self, incoming: Incoming) -> None:
        """Keep a message, unless that fails."""
        if self.refuses:
            raise self.refuses.pop(0)
        self.heard.append(incoming)

    async def says(self, *words: str, chat: str = f"group:{GROUP}", asks: bool = True) -> list[str]:
        """Say things, the platform asking meanwhile; how each ended."""
        calls = [asyncio.ensure_future(self.bot.send(call(one, chat=chat), ())) for one in words]
        await turn()
        if asks:
            await self.platform.asks()
        ended = await asyncio.gather(*calls, return_exceptions=True)
        return [type(one).__name__ for one in ended]


@asynccontextmanager
async def at_work(*, patience: float = 5.0, welcome: float = 5.0, listens: bool = True) -> AsyncIterator[Work]:
    """The platform and the bot."""
    clock = HandClock()

    def now() -> datetime:
        return START + timedelta(seconds=clock.now)

    bot = WecomAibotCallback(settings(), KEYS, WorldKind.REAL, now=now, patience=patience, welcome=welcome, clock=clock)
    app = Starlette()
    async with calling(app, now) as platform:
        work = Work(bot, platform, clock)
        app.routes.extend(routes(bot, work.accept))
        listening = asyncio.create_task(bot.listen(work.accept)) if listens else None
        await turn(1)
        yield work
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        await bot.close()


@awaits
async def test_the_console_checks_the_address() -> None:
    async with at_work() as work:
        assert await work.platform.checks() == "1616140317555161061"


@awaits
async def test_answers_grow_until_they_are_fetched_and_end_when_it_is_quiet() -> None:
    async with at_work() as work:
        await work.platform.says("zhang", f"@{NAME} 帮助", GROUP)
        (heard,) = work.heard
        assert (heard.text, heard.chat, heard.key) == ("帮助", f"group:{GROUP}", "msg-1")
        assert await work.says("一") == ["Sent"]
        assert await work.says("二", "<三>") == ["Sent", "Sent"]
        assert work.platform.shows(GROUP) == ["一\n\n二\n\n＜三>"]
        assert work.platform.waits(GROUP)
        await work.clock.passes(3.1)
        await work.platform.asks()
        assert not work.platform.waits(GROUP)
        assert work.platform.shows(GROUP) == ["一\n\n二\n\n＜三>"]


@awaits
async def test_what_nobody_fetches_is_in_doubt() -> None:
    async with at_work(patience=0.02) as work:
        await work.platform.says("zhang", "说", GROUP)
        assert await work.says("一", asks=False) == ["Unsure"]


@awaits
async def test_after_its_answer_each_message_s_address_is_used_once_and_then_somebody_has_to_speak() -> None:
    async with at_work() as work:
        await work.platform.says("zhang", "说", GROUP)
        await work.platform.says("li", "说", GROUP)
        await work.clock.passes(301.0)
        await work.platform.asks()
        assert not work.platform.waits(GROUP)
        assert await work.says("提醒一", "提醒二", "提醒三", asks=False) == ["Sent", "Sent", "WindowClosed"]
        assert sorted(work.platform.answered) == ["1", "2"]
        await work.platform.says("zhang", "再说", GROUP)
        assert await work.says("提醒三") == ["Sent"]
        await work.clock.passes(3600.0)
        await work.platform.asks()
        assert await work.says("太晚", asks=False) == ["WindowClosed"]
        assert await work.says("没人", chat="nobody", asks=False) == ["WindowClosed"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(errcode=45009), Refused),
        (Fault(errcode=93006), ChatGone),
        (Fault(errcode=40008), Impossible),
        (Fault(page=b"<html>"), Unsure),
        (Fault(status=502), Unsure),
        (Fault(breaks=True), Unsure),
    ],
)
def test_how_an_address_refuses(fault: Fault, kind: type[CallFailed]) -> None:
    @awaits
    async def run() -> None:
        async with at_work() as work:
            await work.platform.says("zhang", "说", GROUP)
            await work.clock.passes(301.0)
            work.platform.faults.add("response", fault)
            with pytest.raises(CallFailed) as caught:
                await work.bot.send(call("提醒"), ())
            assert type(caught.value) is kind
            with pytest.raises(WindowClosed):
                await work.bot.send(call("提醒"), ())

    run()


@awaits
async def test_an_address_nobody_answers_at_is_kept() -> None:
    async with at_work() as work:
        right, work.platform.address = work.platform.address, "http://127.0.0.1:9"
        await work.platform.says("zhang", "说", GROUP)
        work.platform.address = right
        await work.clock.passes(301.0)
        for _ in range(2):
            with pytest.raises(NotNow):
                await work.bot.send(call("提醒"), ())


@awaits
async def test_a_message_told_again_has_the_same_answer_and_one_not_kept_is_asked_for_again() -> None:
    async with at_work() as work:
        work.refuses = [RuntimeError("database")]
        assert (await work.platform.says("zhang", "说", GROUP, msgid="m")).status_code == 503
        first = await work.platform.says("zhang", "说", GROUP, msgid="m")
        again = await work.platform.says("zhang", "说", GROUP, msgid="m")
        told = [work.platform.opened(one)["stream"]["id"] for one in (first, again)]
        assert told[0] == told[1]
        assert [one.key for one in work.heard] == ["m", "m"]
        assert await work.says("好") == ["Sent"]
        assert work.platform.shows(GROUP) == ["好"]


@awaits
async def test_opening_the_private_talk_is_answered_at_once_or_not_at_all() -> None:
    async with at_work() as work:
        entering = asyncio.ensure_future(work.platform.enters("zhang"))
        await turn()
        assert await work.says("您好 <b>", chat="zhang", asks=False) == ["Sent"]
        await entering
        assert work.platform.shows("zhang") == ["您好 <b>"]
    async with at_work(welcome=0.01) as work:
        assert (await work.platform.enters("zhang")).content == b""
        assert [one.kind for one in work.heard] == ["opened"]


@awaits
async def test_an_answer_nobody_gives_is_finished_and_so_is_one_from_before_a_restart() -> None:
    async with at_work() as work:
        await work.platform.says("zhang", "说", GROUP)
        await work.clock.passes(61.0)
        await work.platform.asks()
        assert not work.platform.waits(GROUP)
        answer = await work.platform.post({"msgtype": "stream", "stream": {"id": "from-before"}})
        assert work.platform.opened(answer)["stream"]["finish"] is True


@awaits
async def test_forged_and_malformed_callbacks_are_refused() -> None:
    async with at_work() as work:
        for body in ("[]", "{", "7", '{"msgtype":"text"}', '{"msgtype":"text","from":{"userid":7}}'):
            assert (await work.platform.post(body)).status_code == 400
        nothing = {"msgtype": "event", "from": {"userid": "x"}, "event": {"eventtype": "feedback_event"}}
        assert (await work.platform.post(nothing)).content == b""
        answer = await work.platform._client.post("/wecom/aibot", content=b'{"encrypt":"AAAA"}')
        assert answer.status_code == 403
        assert work.heard == []


@awaits
async def test_mangled_callbacks_inside_and_outside_the_envelope_never_break_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    dice, seen = random.Random(20261122), Counter[int]()
    async with at_work(welcome=0.0) as work:
        for number in range(MUTATIONS):
            body = mangled((IN_GROUP, EVENT)[number % 2], dice)
            seen[(await work.platform.post(json.dumps(body))).status_code] += 1
        sealed = json.loads(work.platform.envelope.seal(json.dumps(IN_GROUP), "json"))
        whole = json.dumps({"encrypt": sealed["encrypt"]}).encode()
        for _ in range(MUTATIONS):
            raw, query = bytearray(whole), signed(sealed)
            if dice.random() < 0.5:
                raw[dice.randrange(len(raw))] = dice.randrange(256)
            else:
                name = dice.choice(list(query))
                query[name] = query[name][:-1] + chr(dice.randrange(32, 0x3000))
            answer = await work.platform._client.post("/wecom/aibot", params=query, content=bytes(raw))
            seen[answer.status_code] += 1
    assert set(seen) == {200, 400, 403}
    assert len(work.bot._by_id) <= 2000
    assert "帮助" not in caplog.text


@awaits
async def test_only_the_process_that_listens_answers() -> None:
    async with at_work(listens=False) as work:
        assert work.bot.listening == ""
        assert (await work.platform.says("zhang", "说", GROUP)).status_code == 503
        with pytest.raises(NotNow):
            await work.bot.probe()
        assert work.heard == []
    async with at_work() as work:
        assert work.bot.listening == "callback"
        await work.bot.probe()


@awaits
async def test_media_are_opened_with_the_bot_s_own_key() -> None:
    blob = b"a picture"
    async with AibotServer() as files, at_work() as work:
        address = files.file(b"")["url"]
        own = sealed(blob, base64.b64decode(AES_KEY + "="))
        files.store.files[address.rpartition("/")[2]] = (own, files.now())
        await work.platform.tells("zhang", "", {"msgtype": "image", "image": {"url": address}})
        (medium,) = work.heard[0].media
        assert await work.bot.fetch(medium.ref, 1000) == blob


@awaits
async def test_long_words_and_the_end_of_a_full_answer() -> None:
    async with at_work() as work:
        await work.platform.says("zhang", "说", GROUP)
        assert await work.says("一" * 5000) == ["Sent"]
        assert await work.says("二" * 5000, asks=False) == ["Sent"]
        assert [len(one) for one in work.platform.shows(GROUP)] == [5000, 5000]
        long = call("很长。" * 4000)
        assert work.bot.parts(long.outgoing, ()) == 3
        with pytest.raises(Impossible):
            await work.bot.send(long, (), 3)


@awaits
async def test_what_it_can_not_do() -> None:
    async with at_work() as work:
        assert not work.bot.can.buttons
        assert not work.bot.can.takes_back
        assert work.bot.bot_names == (NAME,)
        await work.bot.answer("x", "x")
        with pytest.raises(Impossible):
            await work.bot.edit(call("x"), "1", CopyKind.TEXT)
        with pytest.raises(Impossible):
            await work.bot.delete("x", "1")
        with pytest.raises(TypeError):
            await work.bot.send(PlayCall("x", "", Outgoing("x")), ())
        with pytest.raises(TypeError):
            WecomAibotCallback(settings(), KEYS, WorldKind.PLAYGROUND)
        assert AES_KEY not in repr(work.bot) + json.dumps(str(work.bot.__dict__))
        hint = Outgoing("有回复", ((OutButton("私聊查看", token="T0"),),))
        assert work.bot.parts(hint, ()) == 1
