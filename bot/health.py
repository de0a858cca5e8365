"""Health (健康): one look at a world, shared by all who ask, and what it says about whether the bot is well.

A look runs in a thread of its own, never two at a time: whoever asks waits at most a second for it, so that a database
that hangs makes `/healthz` say so instead of hanging as well.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from handlers.dialogue.world import World
from handlers.watch import rules
from handlers.watch.actions import URGENT
from jobs.channel import Channel
from storage import alarms, lags
from storage.inbox import InboxState
from storage.lags import Waiting
from storage.lanes import Lane

LOG = logging.getLogger("wangge.health")
PATIENCE: Final = 1.0
FRESH: Final = 1.0
COUNTED: Final = 15.0
"""Seconds for which the numbers of waiting calls hold, since counting a million of them takes a while."""

LAG: Final = 60.0
"""Seconds a message may wait for an answer before the bot counts as ill."""

DRIFT: Final = 30.0
"""Seconds this clock may be off the platform's."""


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """An account: ages in seconds of the oldest call that could go, by lane; `silent` since a call was taken."""

    name: str
    ages: Mapping[Lane, float]
    unsure: int
    silent: float | None

    @property
    def urgent(self) -> float:
        """Age of the oldest urgent call that could go, 0 where none waits."""
        return max((self.ages.get(lane, 0.0) for lane in URGENT), default=0.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found; `lag` is the age of the oldest message without an answer, in seconds."""

    accounts: tuple[AccountSeen, ...]
    queued: Sequence[Waiting]
    leases: Sequence[tuple[str, int, bool]]
    messages: Mapping[InboxState, int]
    folded: int
    lag: float


class Look:
    """Looks at one world when asked; `channels` tell whether they listen."""

    def __init__(self, world: World, channels: Mapping[str, Channel]) -> None:
        self.world, self.channels = world, channels
        self.seen: Seen | None = None
        self.answers = True
        self._running: asyncio.Future[Seen] | None = None
        self._looked = float("-inf")
        self._counted = float("-inf")

    async def look(self) -> None:
        """See to it that `seen` is not older than a second; `answers` tells whether the database did in time."""
        if time.monotonic() - self._looked < FRESH:
            return
        if self._running is None:
            self._running = self._begin()
        running = self._running
        await asyncio.wait([running], timeout=PATIENCE)
        if not running.done():
            self.answers = False
            return
        if self._running is running:
            self._running, self._looked = None, time.monotonic()
        error = running.exception()
        self.answers = error is None
        if error is None:
            self.seen = running.result()
        else:
            LOG.error("the database does not answer: %s", type(error).__name__)

    def _begin(self) -> "asyncio.Future[Seen]":
        """Look in a thread of its own, which the process need not wait for when it ends."""
        found: Future[Seen] = Future()

        def see() -> None:
            try:
                found.set_result(self._see())
            except BaseException as error:
                found.set_exception(error)

        threading.Thread(target=see, name="look", daemon=True).start()
        running = asyncio.wrap_future(found)
        running.add_done_callback(lambda one: one.cancelled() or one.exception())
        return running

    def _see(self) -> Seen:
        now, moment, before = self.world.now(), time.monotonic(), self.seen
        with self.world.db.write() as session:
            alarms.beat(session, now)
        with self.world.db.read() as session:
            count = before is None or moment - self._counted >= COUNTED
            unsure = lags.unsure(session)
            oldest = lags.oldest_message(session)
            accounts = tuple(
                AccountSeen(
                    name,
                    {lane: _age(since, now) for lane, since in lags.ready_since(session, name, Lane, now).items()},
                    unsure.get(name, 0),
                    _age(last, now) if (last := lags.last_sent(session, name)) is not None else None,
                )
                for name in lags.accounts(session)
            )
            seen = Seen(
                accounts,
                lags.queued(session) if count or before is None else before.queued,
                lags.leases(session, now),
                lags.messages(session),
                lags.folded(session),
                _age(oldest, now) if oldest is not None else 0.0,
            )
        if count:
            self._counted = moment
        return seen

    def drifts(self) -> Iterator[tuple[str, float]]:
        """How far this machine's clock is ahead of each platform's, where that is known, in seconds."""
        for name, channel in self.channels.items():
            drift: float | None = getattr(channel, "drift", None)
            if drift is not None:
                yield name, drift

    def listening(self, name: str) -> str:
        """How an account hears: polling, webhook, page; empty where it does not."""
        return str(getattr(self.channels[name], "listening", ""))

    def report(self) -> dict[str, object]:
        """What `/healthz` says of this world; `troubles` are empty where all is well."""
        drifts, accounts = dict(self.drifts()), {}
        troubles = [] if self.answers else ["database"]
        seen = {one.name: one for one in self.seen.accounts} if self.seen is not None else {}
        for name in self.channels:
            one = seen.get(name)
            heard = self.listening(name)
            accounts[name] = {
                "listening": heard or "no",
                "last_sent_seconds": round(one.silent, 1) if one is not None and one.silent is not None else None,
                "oldest_urgent_seconds": round(one.urgent, 1) if one is not None else None,
                "clock_drift_seconds": round(drifts[name], 1) if name in drifts else None,
            }
            if not heard:
                troubles.append(f"listening:{name}")
            if one is not None and one.urgent > rules.URGENT.total_seconds():
                troubles.append(f"urgent:{name}")
            if abs(drifts.get(name, 0.0)) > DRIFT:
                troubles.append(f"clock:{name}")
        lag = self.seen.lag if self.seen is not None else None
        if lag is not None and lag > LAG:
            troubles.append("inbox")
        return {
            "database": "ok" if self.answers else "no answer",
            "inbox_oldest_seconds": round(lag, 1) if lag is not None else None,
            "accounts": accounts,
            "troubles": troubles,
        }


def _age(since: datetime, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)


async def report(looks: Sequence[Look]) -> tuple[int, dict[str, object]]:
    """The state of the whole process: 200 or 503, and what is wrong by world. Takes at most about a second."""
    await asyncio.gather(*(look.look() for look in looks))
    worlds = {look.world.kind.value: look.report() for look in looks}
    well = not any(one["troubles"] for one in worlds.values())
    return (200 if well else 503), {"ok": well, "worlds": worlds}
