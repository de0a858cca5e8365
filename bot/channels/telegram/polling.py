"""Polling (轮询): asks for updates; the next question, which confirms them, is asked only when all of them are kept.

An update that cannot be read, or that fails again and again while others pass, is counted, named in the log by its
number and left behind: it must not hold up everybody else. A database that is down is no such fault: it is waited for.
"""

import asyncio
import logging
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import httpx
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.channels.telegram.errors import answered, failure
from bot.channels.telegram.reading import KINDS, Reader
from jobs.channel import Accept, NotNow, Refused

LOG = logging.getLogger("wangge.telegram")
MOST = 100
TRIES = 3
SLOW = 30.0
Sleep = Callable[[float], Awaitable[None]]
Raw = Mapping[str, Any]
DICE = random.SystemRandom()


class Conflict(NotNow):
    """Somebody else reads this bot's updates; `webhook` says whether a webhook does."""

    def __init__(self, webhook: bool) -> None:
        super().__init__("conflict")
        self.webhook = webhook


class Hearing:
    """Hands updates over, in polling and webhook mode alike; `skipped` counts those left behind."""

    def __init__(self, reader: Callable[[], Reader]) -> None:
        self._reader = reader
        self._tries: defaultdict[int, int] = defaultdict(int)
        self.skipped = 0

    async def hear(self, raw: Raw, accept: Accept) -> None:
        """Hand one update over; raises what `accept` raised while it is worth trying again."""
        number, reader = int(raw["update_id"]), self._reader()
        try:
            said = reader.read(raw)
        except Exception as error:
            self._skip(number, error)
            return
        if said is not None:
            try:
                await accept(said)
            except Exception as error:
                if _outage(error):
                    raise
                self._tries[number] += 1
                if self._tries[number] < TRIES:
                    raise
                self._skip(number, error)
        self._tries.pop(number, None)

    async def hear_all(self, updates: Sequence[Raw], accept: Accept) -> None:
        """Hand a batch over: each chat's in order, the chats side by side; raises when one is to be tried again."""
        lanes: defaultdict[object, list[Raw]] = defaultdict(list)
        for raw in updates:
            lanes[_chat(raw)].append(raw)
        ended = await asyncio.gather(*(self._lane(lane, accept) for lane in lanes.values()), return_exceptions=True)
        for failed in ended:
            if failed is not None:
                raise failed

    async def _lane(self, updates: Sequence[Raw], accept: Accept) -> None:
        for raw in updates:
            await self.hear(raw, accept)

    def _skip(self, number: int, error: Exception) -> None:
        self.skipped += 1
        LOG.error("update %s was left behind: %s (%s so far)", number, type(error).__name__, self.skipped)


class Poller:
    """Long polling: `seconds` is how long the server may keep a question open."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        address: str,
        hearing: Hearing,
        *,
        seconds: int,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._client, self._address, self._hearing = client, address, hearing
        self.seconds, self._sleep = seconds, sleep
        self.offset = 0
        self.answered_at = float("-inf")
        """When the server last answered as it should, by a steady clock."""
        self.drift: float | None = None
        """How many seconds this machine's clock is ahead of the server's, where that is known."""

    async def run(self, accept: Accept, take_over: Callable[[], Awaitable[object]]) -> NoReturn:
        """Ask for ever; `take_over` ends a webhook somebody set meanwhile."""
        failures = 0
        while True:
            wait = 0.0
            try:
                await self.once(accept)
                failures = 0
            except Conflict as conflict:
                LOG.error("another program reads this bot's messages, or a webhook is set")
                wait = SLOW
                if conflict.webhook:
                    wait = 1.0
                    await self._quietly(take_over)
            except Refused as refused:
                wait = refused.wait.total_seconds()
            except Exception as error:
                failures += 1
                wait = backoff(failures)
                LOG.warning("no updates for now: %s, again in %.1f s", type(error).__name__, wait)
            if wait:
                await self._sleep(wait)

    async def once(self, accept: Accept) -> int:
        """Ask once and hand over what came; how many. The offset moves on only when all are kept."""
        updates = await self._ask()
        await self._hearing.hear_all(updates, accept)
        if updates:
            self.offset = max(int(raw["update_id"]) for raw in updates) + 1
        return len(updates)

    async def _ask(self) -> Sequence[Raw]:
        question = {"offset": self.offset, "limit": MOST, "timeout": self.seconds, "allowed_updates": KINDS}
        timeout = httpx.Timeout(10.0, read=self.seconds + 10.0)
        async with asyncio.timeout(self.seconds + 30.0):
            response = await self._client.post(self._address, json=question, timeout=timeout)
        if response.status_code != 200:
            refusal = answered(response.status_code, response.content)
            if refusal.code == 409:
                raise Conflict("webhook" in refusal.text)
            if refusal.code in (401, 404):
                LOG.error("Telegram does not know this token")
                raise NotNow("token")
            raise failure(refusal)
        self.answered_at, self.drift = time.monotonic(), clock_off(response.headers.get("date"))
        return [raw for raw in response.json()["result"] if isinstance(raw.get("update_id"), int)]

    async def _quietly(self, action: Callable[[], Awaitable[object]]) -> None:
        try:
            await action()
        except Exception as error:
            LOG.warning("the webhook could not be ended: %s", type(error).__name__)


def _outage(error: Exception) -> bool:
    """Whether nothing at all can be kept right now, rather than this one message."""
    if isinstance(error, DBAPIError):
        return not isinstance(error, DataError | IntegrityError)
    return isinstance(error, PoolTimeout | OSError)


def clock_off(date: str | None) -> float | None:
    """Seconds this machine is ahead of the server whose Date header this is; None where it tells nothing."""
    try:
        theirs = parsedate_to_datetime(date) if date else None
    except ValueError:
        return None
    return (datetime.now(UTC) - theirs).total_seconds() if theirs is not None and theirs.tzinfo else None


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: doubling up to a minute, never in step with others."""
    return min(60.0, 0.5 * 2.0 ** min(failures, 10)) * DICE.uniform(0.5, 1.0)


def _chat(raw: Raw) -> object:
    """The chat an update belongs to; what it is not found in shares one lane."""
    for kind in KINDS:
        body = raw.get(kind)
        if isinstance(body, Mapping):
            holder = body.get("message", body) if kind == "callback_query" else body
            chat = holder.get("chat") if isinstance(holder, Mapping) else None
            return chat.get("id") if isinstance(chat, Mapping) else None
    return None
