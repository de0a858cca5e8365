"""Broadcasting: one message to N groups past a server with Telegram's limits, with an alert in the middle of it.

    python benchmarks/dispatch.py [GROUPS] [strict|bucket]

Needs `pip install aiolimiter` for the rivals (python-telegram-bot with its AIORateLimiter, awaited in a loop and
gathered). The floor is GROUPS / 30 seconds. "alert" is what one urgent message to another group waits when it comes
at 40 %. Both readings of "30 a second or so": `strict` allows 30 in any second, `bucket` bursts of 30. An answer
takes 50 ms; nothing is sent to Telegram.
"""

import asyncio
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from telegram.ext import AIORateLimiter, ExtBot

from handlers.dialogue.message import Outgoing
from jobs.dispatch import Dispatcher
from storage import chats, contents, outbox
from storage.chats import ChatKind
from storage.outbox import Lane
from storage.tables import METADATA
from tests.support.telegram_api import TOKEN, Call, Refusal, TelegramApi, until
from tests.support.telegram_child import real_world
from tests.support.telegram_people import channel

ALERT = -1
LATENCY = 0.05


@dataclass
class LimitServer(TelegramApi):
    """Telegram's limits: 30 a second, one a second to a chat, 20 a minute to a group; more is refused."""

    strict: bool = True
    taken: dict[int, float] = field(default_factory=dict)
    refused: int = 0
    _second: deque[float] = field(default_factory=deque)
    _tokens: tuple[float, float] = (30.0, 0.0)
    _chats: defaultdict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    async def _sendMessage(self, call: Call) -> dict[str, Any]:
        await asyncio.sleep(LATENCY)
        chat, now = int(call.fields["chat_id"]), time.perf_counter()
        wait = max(self._chat_wait(chat, now), self._account_wait(now))
        if wait > 0:
            self.refused += 1
            seconds = max(1, ceil(wait))
            raise Refusal(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
        self._chats[chat].append(now)
        self._second.append(now)
        self._tokens = (self._tokens[0] - 1, self._tokens[1])
        self.taken[chat] = now
        return await super()._sendMessage(call)

    def _chat_wait(self, chat: int, now: float) -> float:
        sent = self._chats[chat]
        while sent and sent[0] <= now - 60:
            sent.popleft()
        full = sent[0] + 60 - now if len(sent) >= 20 else 0.0
        return max(full, sent[-1] + 1 - now if sent else 0.0)

    def _account_wait(self, now: float) -> float:
        while self._second and self._second[0] <= now - 1:
            self._second.popleft()
        left, at = self._tokens
        self._tokens = (min(30.0, left + (now - at) * 30), now)
        if self.strict:
            return self._second[0] + 1 - now if len(self._second) >= 30 else 0.0
        return (1 - self._tokens[0]) / 30 if self._tokens[0] < 1 else 0.0


async def at_forty_percent(api: LimitServer, groups: int, alert: Callable[[], Awaitable[None]]) -> float:
    """Send the alert once 40 % are out; how long it took."""
    await until(lambda: len(api.taken) >= groups * 0.4, 600)
    began = time.perf_counter()
    await alert()
    await until(lambda: ALERT in api.taken, 600)
    return api.taken[ALERT] - began


async def ours(api: LimitServer, groups: int) -> tuple[float, float]:
    """The outbox and its dispatcher, rows and all; seconds in total, seconds of the alert."""
    with tempfile.TemporaryDirectory() as folder:
        world, tg = real_world(f"sqlite:///{folder}/real.db"), channel(api)
        METADATA.create_all(world.db.engine)
        now = world.now()

        def put(platform_id: int, lane: Lane) -> None:
            with world.db.write() as session:
                chat = chats.add(session, "telegram", str(platform_id), ChatKind.RESIDENTS, now)
                content = contents.keep(session, Outgoing("反诈提醒：不要转账").to_bytes(), (), now)
                outbox.put(session, chat, f"bench {platform_id}", now, lane=lane, content_id=content)

        async def alert() -> None:
            await asyncio.to_thread(put, ALERT, Lane.LIFE)

        for number in range(groups):
            put(-1000 - number, Lane.BULK)
        await tg.start()
        began = time.perf_counter()
        draining = asyncio.create_task(Dispatcher(world, tg, "bench").run())
        waited = await at_forty_percent(api, groups, alert)
        await until(lambda: len(api.taken) > groups, 600)
        took = max(api.taken.values()) - began
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)
        await tg.close()
        world.db.close()
    return took, waited


async def _theirs(api: LimitServer, groups: int, gather: bool) -> tuple[float, float]:
    bot = ExtBot(TOKEN, base_url=f"{api.url}/bot", rate_limiter=AIORateLimiter(max_retries=20))
    async with bot:

        async def send(chat: int) -> None:
            await bot.send_message(chat, "反诈提醒：不要转账")

        async def broadcast() -> None:
            if gather:
                await asyncio.gather(*(send(-1000 - number) for number in range(groups)))
            else:
                for number in range(groups):
                    await send(-1000 - number)

        began = time.perf_counter()
        sending = asyncio.create_task(broadcast())
        waited = await at_forty_percent(api, groups, lambda: send(ALERT))
        await sending
        await until(lambda: len(api.taken) > groups, 600)
        return max(api.taken.values()) - began, waited


async def looped(api: LimitServer, groups: int) -> tuple[float, float]:
    """python-telegram-bot with its AIORateLimiter, one awaited after the other."""
    return await _theirs(api, groups, gather=False)


async def gathered(api: LimitServer, groups: int) -> tuple[float, float]:
    """python-telegram-bot with its AIORateLimiter, all at once."""
    return await _theirs(api, groups, gather=True)


def main() -> None:
    """Let each contender send, one after the other, and print what it cost."""
    groups = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    models = sys.argv[2:] or ["strict", "bucket"]
    print(f"{groups} groups, floor {groups / 30:.1f} s")
    for model in models:
        for contender in (ours, looped, gathered):

            async def run(contender: Callable[[LimitServer, int], Awaitable[tuple[float, float]]] = contender) -> str:
                async with LimitServer(strict=model == "strict") as api:  # noqa: B023 - run at once
                    took, waited = await contender(api, groups)
                    floor = took / (groups / 30)
                    return f"{floor:5.2f} × floor   429s {api.refused:4}   alert after {waited:6.2f} s"

            print(f"{model:<7} {contender.__name__:<9} {asyncio.run(run())}", flush=True)


if __name__ == "__main__":
    main()
