"""Metrics (指标): what Prometheus reads at `/metrics`. Worlds, accounts and lanes are named, never a chat or a person.

Counters are moved where something happens (`WorldMetrics` is the dispatcher's watcher); how much waits and how old it
is comes from the rows, looked up at most every few seconds and shared by all who ask (`bot/health.py`).
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.health import Look
from jobs.watching import Outcome, Scope
from storage.inbox import InboxState
from storage.lanes import Lane
from storage.outbox import CallKind

QUICK: Final = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LATE: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
EVERY: Final = 0.1
"""Seconds between two beats of the loop."""

REASONS: Final = frozenset(
    {
        "gone", "muted", "refused", "moved", "no such chat", "too long", "nothing to say", "unknown message",
        "content dropped", "expired", "waited", "token", "conflict", "no answer", "no connection", "platform down",
        "server error", "not the bot api",
    }
)  # fmt: skip
"""The short words of `CallFailed` that get a label of their own; the others are `other`, so that labels stay few."""


class Metrics:
    """All metrics of the process."""

    def __init__(self) -> None:
        self.registry = made = CollectorRegistry()
        world, account = ["world"], ["world", "account"]
        self.sends = Counter(
            "wangge_sends", "Wire calls that ended", [*account, "kind", "lane", "outcome"], registry=made
        )
        self.took = Histogram("wangge_send_seconds", "Seconds a wire call took", account, buckets=QUICK, registry=made)
        self.refusals = Counter("wangge_refusals", "Calls refused for their pace", [*account, "scope"], registry=made)
        self.dead = Counter("wangge_dead", "Wire calls given up", [*account, "reason"], registry=made)
        self.owned = Gauge(
            "wangge_owned_epoch", "Epoch under which this process drains the account, 0: it does not", account,
            registry=made,
        )  # fmt: skip
        self.turns = Histogram("wangge_turn_seconds", "Seconds a turn took", world, buckets=QUICK, registry=made)
        self.late = Histogram("wangge_loop_late_seconds", "How late the event loop was", buckets=LATE, registry=made)
        self.worst = Gauge("wangge_loop_worst_seconds", "The latest it was in the last minute", registry=made)
        self.queued = Gauge(
            "wangge_outbox_queued", "Wire calls that wait, by what for", [*account, "lane", "waits"], registry=made
        )
        self.queue_age = Gauge(
            "wangge_outbox_oldest_seconds", "Age of the oldest wire call that could go", [*account, "lane"],
            registry=made,
        )  # fmt: skip
        self.unsure = Gauge("wangge_outbox_unsure", "Wire calls of unknown end", account, registry=made)
        self.silent = Gauge("wangge_last_sent_seconds", "Seconds since a call was taken", account, registry=made)
        self.epochs = Gauge("wangge_lease_epoch", "Epoch of a lease", [*world, "lease"], registry=made)
        self.held = Gauge("wangge_lease_held", "Whether somebody holds a lease", [*world, "lease"], registry=made)
        self.inbox = Gauge("wangge_inbox_waiting", "Messages without an answer yet", world, registry=made)
        self.lag = Gauge("wangge_inbox_oldest_seconds", "Age of the oldest such message", world, registry=made)
        self.aside = Gauge("wangge_inbox_aside", "Messages set aside", world, registry=made)
        self.folded = Gauge("wangge_inbox_folded", "Messages folded into floods lately", world, registry=made)
        self.writable = Gauge("wangge_database_writable", "1: the database takes writes", world, registry=made)
        self.drift = Gauge(
            "wangge_clock_drift_seconds", "How far this clock is ahead of the platform's", account, registry=made
        )
        self._worst: deque[tuple[float, float]] = deque()

    async def beat(self, steady: Callable[[], float] = time.monotonic) -> None:
        """Measure how late the event loop is, until cancelled."""
        while True:
            began = steady()
            await asyncio.sleep(EVERY)
            self.was_late(max(steady() - began - EVERY, 0.0), steady())

    def was_late(self, seconds: float, moment: float) -> None:
        """Note how late a beat came."""
        self.late.observe(seconds)
        while self._worst and self._worst[-1][1] <= seconds:
            self._worst.pop()
        self._worst.append((moment, seconds))
        while self._worst[0][0] <= moment - 60:
            self._worst.popleft()
        self.worst.set(self._worst[0][1])

    def page(self, looks: Iterable[Look]) -> bytes:
        """What `/metrics` answers, with the last look at each world."""
        for gauge in (self.queued, self.queue_age, self.unsure, self.silent, self.epochs, self.held, self.drift):
            gauge.clear()
        for look in looks:
            self._seen(look)
        return generate_latest(self.registry)

    def _seen(self, look: Look) -> None:
        world, seen = look.world.kind.value, look.seen
        self.writable.labels(world).set(float(look.answers))
        for account, drift in look.drifts():
            self.drift.labels(world, account).set(drift)
        if seen is None:
            return
        for one in seen.queued:
            waits = one.waits.value if one.waits is not None else "turn"
            self.queued.labels(world, one.account, one.lane.name.lower(), waits).set(one.number)
        for account_seen in seen.accounts:
            name = account_seen.name
            for lane in Lane:
                self.queue_age.labels(world, name, lane.name.lower()).set(account_seen.ages.get(lane, 0.0))
            self.unsure.labels(world, name).set(account_seen.unsure)
            if account_seen.silent is not None:
                self.silent.labels(world, name).set(account_seen.silent)
        for lease, epoch, held in seen.leases:
            self.epochs.labels(world, lease).set(epoch)
            self.held.labels(world, lease).set(float(held))
        self.inbox.labels(world).set(seen.messages[InboxState.NEW])
        self.aside.labels(world).set(seen.messages[InboxState.ASIDE])
        self.folded.labels(world).set(seen.folded)
        self.lag.labels(world).set(seen.lag)


class WorldMetrics:
    """The metrics of one world: a `jobs.watching.Watcher`, and what is told of turns."""

    def __init__(self, metrics: Metrics, world: str) -> None:
        self._metrics, self._world = metrics, world

    def ended(self, account: str, kind: CallKind, lane: Lane, outcome: Outcome, seconds: float, reason: str) -> None:
        """Count a call."""
        self._metrics.sends.labels(self._world, account, kind.value, lane.name.lower(), outcome).inc()
        self._metrics.took.labels(self._world, account).observe(seconds)
        if outcome == "dead":
            self._metrics.dead.labels(self._world, account, reason if reason in REASONS else "other").inc()

    def refused(self, account: str, scope: Scope) -> None:
        """Count a refusal."""
        self._metrics.refusals.labels(self._world, account, scope).inc()

    def owns(self, account: str, epoch: int) -> None:
        """Note who drains."""
        self._metrics.owned.labels(self._world, account).set(epoch)

    def turn(self, seconds: float) -> None:
        """Note how long a turn took."""
        self._metrics.turns.labels(self._world).observe(seconds)
