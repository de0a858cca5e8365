"""A bot at work on the emulated long connection, with a clock that is moved by hand."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from bot.channel_settings import WecomAibot as Settings
from bot.channels.wecom_aibot import WecomAibot
from handlers.dialogue.message import Incoming, OutButton, Outgoing, RealCall
from jobs.channel import Sent
from storage.worlds import WorldKind
from tests.support.stage import KEYS
from tests.support.wechat.aibot_server import BOT, SECRET, AibotServer

GROUP = "wrTeam01"
NAME = "网格助手"


class HandClock:
    """Tells and takes seconds, which pass only by `passes`."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    @property
    def waits(self) -> bool:
        """Whether anybody sleeps."""
        return any(not woken.done() for _, _, woken in self._sleepers)

    async def sleep(self, seconds: float) -> None:
        """Sleep until the clock was moved on so far."""
        self.slept.append(seconds)
        woken = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self.now + seconds, self._count, woken))
        await woken

    async def passes(self, seconds: float) -> None:
        """Let time go by, waking sleepers at their moment, in order."""
        end = self.now + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            self.now, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
            await turn()
        self.now = end
        await turn()


async def turn(times: int = 6) -> None:
    """Let what is on its way over loopback arrive."""
    for _ in range(times):
        await asyncio.sleep(0.0005)


def settings(server: AibotServer, *, secret: str = SECRET) -> Settings:
    """Settings of the channel; unchecked, since loopback has no TLS."""
    return Settings.model_construct(
        bot_id=BOT,
        secret=SecretStr(secret),
        names=(NAME,),
        mode="socket",
        socket_url=server.url,
        token=SecretStr(""),
        aes_key=SecretStr(""),
    )


def channel(server: AibotServer, clock: HandClock, *, ack: float = 5.0, secret: str = SECRET) -> WecomAibot:
    """The channel under test."""
    return WecomAibot(settings(server, secret=secret), KEYS, WorldKind.REAL, ack=ack, sleep=clock.sleep, clock=clock)


def call(text: str, *rows: tuple[OutButton, ...], chat: str = f"group:{GROUP}", **more: Any) -> RealCall:  # noqa: ANN401
    """Something to be said; `media` and `mentions` go into the message, the rest into the call."""
    media = more.pop("media", ())
    return RealCall(chat, "", Outgoing(text, rows, media), **more)


@dataclass
class Work:
    """The bot at work: the platform, the channel, what it heard."""

    server: AibotServer
    bot: WecomAibot
    clock: HandClock
    heard: list[Incoming] = field(default_factory=list)
    refuses: list[Exception] = field(default_factory=list)
    listening: "asyncio.Task[None] | None" = None

    async def accept(self, incoming: Incoming) -> None:
        """Keep a message; the next failure is raised instead."""
        if self.refuses:
            raise self.refuses.pop(0)
        self.heard.append(incoming)

    async def hears(self, person: str, words: str, group: str = "", **more: Any) -> Incoming:  # noqa: ANN401 - JSON
        """Somebody says something; as the bot heard it."""
        before = len(self.heard)
        await self.server.says(person, words, group, **more)
        await self.server.until(lambda: len(self.heard) > before)
        return self.heard[-1]

    async def say(self, text: str, *rows: tuple[OutButton, ...], chat: str = f"group:{GROUP}", **more: Any) -> Sent:  # noqa: ANN401
        """Say one message of one part."""
        return await self.bot.send(call(text, *rows, chat=chat, **more), ())

    def starts(self) -> None:
        """Begin to listen."""
        self.listening = asyncio.create_task(self.bot.listen(self.accept))

    async def ends(self) -> None:
        """Stop listening."""
        assert self.listening is not None
        self.listening.cancel()
        await asyncio.gather(self.listening, return_exceptions=True)


@asynccontextmanager
async def at_work(*, ack: float = 5.0, secret: str = SECRET, wait: bool = True) -> AsyncIterator[Work]:
    """The platform and the bot, connected unless `wait` is False."""
    clock = HandClock()
    async with AibotServer(clock) as server:
        work = Work(server, channel(server, clock, ack=ack, secret=secret), clock)
        work.starts()
        if wait:
            await server.until(lambda: work.bot.listening)
        try:
            yield work
        finally:
            await work.ends()
            await work.bot.close()
