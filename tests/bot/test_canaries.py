"""Nothing anybody said, no name, number or token stands in the log: not at DEBUG, and not when everything fails."""

import asyncio
import contextlib
import io
import logging
import threading

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from bot.channels import official_account, wecom_app
from bot.channels.console import Console
from bot.channels.official_account.callback import PATH
from bot.channels.telegram import Telegram
from bot.receive import Answers, Keeper
from handlers.dialogue import access, command
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming, MediaRef, Quoted
from handlers.dialogue.say import Say
from jobs import clock
from jobs.channel import Call, CallFailed, Impossible, Medium, NotNow, Sent, Unsure
from tests.support.canaries import NAME, PHONE, TOKEN, TOLD, WORDS, Canary, clean
from tests.support.stage import Hands, Stage
from tests.support.telegram_api import Fault, TelegramApi, until
from tests.support.telegram_people import Heard, channel, message, press
from tests.support.wechat import corp_api, corp_callbacks, corp_world, official_api, official_callbacks, official_people
from tests.support.wechat.official_api import Fault as OfficialFault
from tests.support.wechat.official_api import OfficialApi
from tests.support.wechat.official_callbacks import Poster
from tests.support.wechat.serving import Fault as CorpFault

GROUP = "大侯村居民群"


class Odd(CallFailed):
    """A failure of a call nobody expected, with a cause that quotes."""

    def __init__(self) -> None:
        super().__init__("refused")
        self.__cause__ = Canary()


def test_whole_dialogues(stage: Stage, log: io.StringIO) -> None:
    stage.say("居民甲", f"/上报 {TOLD}", GROUP)
    stage.say("居民甲", f"/线索 {TOLD}")
    stage.say("居民甲", TOLD)
    stage.say("居民甲", f"寻人 我奶奶{NAME}78岁，{WORDS}")
    for words in (NAME, TOLD, "照片", PHONE, "不知道"):
        stage.say("居民甲", words)
    stage.say("民警甲", f"待办 {NAME}")
    stage.say("居民甲", f"提醒 明天9点 {TOLD}")
    stage.say("居民甲", TOLD, media=(MediaRef("photo", WORDS, "image/jpeg", 10),))
    stage.say("居民甲", TOLD, GROUP, reply_to=Quoted("1", True, TOLD))
    stage.later(days=1)
    clean(log)


def test_a_turn_and_a_tick_that_fail(stage: Stage, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(rest: str) -> Say:
        raise Canary

    monkeypatch.setitem(command.all_commands(), "回声", Command("回声", fails))
    monkeypatch.setitem(access.MATRIX, "回声", access.Rule(access.EVERYONE))
    stage.say("居民甲", f"/回声 {TOLD}")
    monkeypatch.setattr(clock, "all_ticks", lambda: {"jobs.odd": lambda world: fails(TOLD)})
    clock.tick(stage.world)
    clean(log, "turn failed", "Canary", "tick failed: jobs.odd Canary")


def test_calls_that_fail(stage: Stage, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[Exception] = [Canary(), Odd(), NotNow("no connection"), Unsure("no answer"), Impossible("refused")]
    tried: list[str] = []

    async def send(console: Console, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        tried.append(call.chat)
        raise ends[len(tried) % len(ends)]

    monkeypatch.setattr(Console, "send", send)
    for number in range(6):
        stage.say("居民甲", f"/上报 {TOLD} {number}", GROUP)
        stage.later(minutes=2)
    assert len(tried) >= 5
    clean(log, "call failed", "Canary")


def test_messages_that_cannot_be_kept(stage: Stage, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(stage.world, 1)
    keeper = Keeper(stage.world, answers)
    said = Incoming("play", "k", "message", "居民甲", True, "居民甲", NAME, stage.world.now(), TOLD)

    def fails(*given: object) -> bool:
        raise OperationalError(f"INSERT {TOLD}", {"a": TOLD}, Canary())

    async def accept() -> object:
        return (await asyncio.gather(keeper.accept(said), return_exceptions=True))[0]

    with monkeypatch.context() as patched:
        patched.setattr("handlers.dialogue.gate.keep", fails)
        assert isinstance(asyncio.run(accept()), Exception)
        patched.setattr(stage.world.db, "write", fails)
        answers.wake("play|居民甲")
        assert answers.settle(30)
    with monkeypatch.context() as patched:
        patched.setattr(type(stage.world.gate), "sift", fails)
        assert isinstance(asyncio.run(accept()), Exception)
    keeper.stop()
    answers.stop()
    clean(log, "not kept: 1 messages", "not answered yet: OperationalError")


def test_a_lost_task_and_a_dead_thread(log: io.StringIO) -> None:
    async def dies() -> None:
        raise Canary

    async def lose() -> None:
        task = asyncio.get_running_loop().create_task(dies())
        await asyncio.wait([task])
        loop = asyncio.get_running_loop()
        loop.call_exception_handler({"message": "lost", "exception": Canary(), "task": task})
        task.exception()

    asyncio.run(lose())
    thread = threading.Thread(target=lambda: asyncio.run(dies()), name="odd")
    thread.start()
    thread.join()
    clean(log, "thread died: odd", "Canary")


def test_telegram_with_a_bad_day(log: io.StringIO) -> None:
    person = {"id": 7, "is_bot": False, "first_name": NAME}
    private = {"id": 7, "type": "private", "first_name": NAME}

    async def talk() -> None:
        async with TelegramApi() as api:
            tg: Telegram = channel(api)
            heard = Heard(Canary(), Canary(), Canary())
            api.faults["getUpdates"].extend([Fault(500, TOLD), Fault(401, TOKEN), Fault(breaks="before")])
            await api.say(message=message(TOLD, chat=private, sender=person))
            await api.say(message={**message(TOLD), "date": "never"})
            await api.say(callback_query=press(f"made up {TOLD}"))
            task = asyncio.create_task(tg.listen(heard))
            await until(lambda: len(heard.all) >= 2)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await tg.close()

    asyncio.run(talk())
    clean(log, "no updates for now")


def test_an_official_account_with_a_bad_day(log: io.StringIO) -> None:
    tokens: list[str] = []

    async def talk() -> None:
        async with OfficialApi() as api:
            official = official_people.of(api, "both")
            heard = Heard(*[Canary()] * 4)
            app = Starlette(routes=official_account.routes(official, heard))
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
                poster = Poster(api, client, f"http://127.0.0.1:9{PATH}", "both")
                assert await poster.say(official_people.WANG, TOLD) == [503] * 4
                for body in (TOLD, f"<xml><Encrypt>{TOLD}</Encrypt></xml>", f'{{"encrypt": "{TOLD}"}}'):
                    query, _ = poster.sealed(f"<xml>{TOLD}</xml>")
                    assert (await client.post(poster.url, params=query, content=body)).status_code == 400
                query, posted = poster.sealed(f"<xml><MsgType>{TOLD}</MsgType></xml>")
                assert (await client.post(poster.url, params=query, content=posted)).status_code == 400
                query |= {"nonce": TOLD}
                assert (await client.post(poster.url, params=query, content=posted)).status_code == 403
            path = "/cgi-bin/message/custom/send"
            api.faults[path].extend(OfficialFault(code) for code in (40001, 45009, 48001))
            api.faults[path].extend((OfficialFault(status=502), OfficialFault(page=True), OfficialFault(empty=True)))
            for number in range(6):
                with contextlib.suppress(CallFailed):
                    await official.send(official_people.call(TOLD, key=str(number)), ())
            logging.getLogger("wangge.test").warning("%r", official)
            tokens.extend(api.tokens)
            await official.close()

    asyncio.run(talk())
    clean(log, "official_account: a callback was refused", "official_account: a callback is not kept yet: Canary")
    own = (official_api.SECRET, official_callbacks.AES_KEY, official_callbacks.TOKEN, official_people.WANG, *tokens)
    assert tokens
    clean(log, but=own)


def test_wecom_with_a_bad_day(log: io.StringIO) -> None:
    tokens: list[str] = []

    async def talk() -> None:
        clock = Hands()
        corp = corp_api.Corp(visible={"zhang"}, clock=lambda: clock().timestamp())
        async with corp.running() as url:
            app = corp_world.app(url, clock)
            site = Starlette(routes=wecom_app.routes(app, Heard(*[Canary()] * 4)))
            async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://bot") as client:
                await corp_callbacks.Member(client, "http://bot/wecom/app", clock).says("zhang", TOLD)
            for ends in (*map(CorpFault, (40014, 42001, 60020, -1, 45009)), CorpFault(status=502)):
                corp.faults.add("message/send", ends)
                with contextlib.suppress(CallFailed):
                    await app.send(corp_world.call(TOLD, "zhang"), ())
            logging.getLogger("wangge.test").warning("%r", app)
            tokens.extend(corp.tokens)
            await app.close()

    asyncio.run(talk())
    clean(log, "wecom_app: a callback is not kept yet: Canary")
    own = (corp_api.SECRET, corp_callbacks.AES_KEY, corp_callbacks.TOKEN, *tokens)
    assert tokens
    clean(log, but=own)
