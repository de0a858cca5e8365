"""What a claim costs with 10³, 10⁵ and 10⁶ queued rows, a tenth of them, the oldest, for one chat that is shut.

The dispatcher runs on a clock moved by hand, so that each step may claim; its channel answers at once. The shut chat
was refused for an hour. What is timed is the claim alone: its transactions, commits included. The sizes take turns,
so that what else this machine does falls on all of them alike.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from benchmarks import databases
from benchmarks.databases import KINDS, NoDatabase
from benchmarks.harness import Failed
from benchmarks.ours import setting
from benchmarks.table import Row, not_run
from bot.channels.telegram import Telegram
from handlers.dialogue.world import system_clock
from jobs.channel import Call, Refused, Sent
from jobs.dispatch import Dispatcher
from jobs.wire import Job
from storage.copies import CopyKind
from storage.lanes import Lane

TITLE = "Time of a claim by rows queued"
SIZES = (1_000, 100_000, 1_000_000)
STEP = 1 / 20


class Hands:
    """A clock moved by hand, for the steady moments and the world's alike."""

    def __init__(self) -> None:
        self.start, self.passed = system_clock(), 0.0

    def steady(self) -> float:
        """Seconds since the start."""
        return self.passed

    def now(self) -> datetime:
        """The moment."""
        return self.start + timedelta(seconds=self.passed)


class Timed(Dispatcher):
    """Notes how long each claim took, in milliseconds."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.took: list[float] = []

    def _claim(self) -> Job | None:
        began = time.perf_counter()
        job = super()._claim()
        if job is not None:
            self.took.append((time.perf_counter() - began) * 1000)
        return job


def instant(shut: str) -> Telegram:
    """A channel that answers at once, and refuses one chat for an hour."""
    channel = setting.channel("http://127.0.0.1:9", "4242:none")

    async def send(call: Call, *_more: object) -> Sent:
        if call.chat == shut:
            raise Refused(timedelta(hours=1))
        return Sent((("1", CopyKind.TEXT),))

    channel.send = send  # type: ignore[method-assign, assignment]
    return channel


class Queue:
    """A database with so many rows queued, and a dispatcher that claims from it."""

    def __init__(self, url: str, size: int) -> None:
        self.hands, self.world = Hands(), setting.open_world(url)
        self.world.clock = self.hands.now
        setting.fill(self.world, size, size // 10, Lane.BULK)
        self.dispatcher = Timed(self.world, instant("-1"), "bench", steady=self.hands.steady)

    async def claim(self, count: int) -> list[float]:
        """Milliseconds of at least so many more claims."""
        before, patience = len(self.dispatcher.took), count * 10
        while len(self.dispatcher.took) < before + count:
            if (patience := patience - 1) < 0:
                raise Failed(f"only {len(self.dispatcher.took) - before} claims")
            self.hands.passed += STEP
            await asyncio.to_thread(self.dispatcher.own)
            await self.dispatcher.drain()
        return self.dispatcher.took[before:]


async def claims(kind: str, sizes: Sequence[int], rounds: int) -> dict[int, tuple[list[float], float]]:
    """For each size the milliseconds of claims, taken in turns, and of the slowest of the first ones."""
    found: dict[int, tuple[list[float], float]] = {}
    with contextlib.ExitStack() as open_until_the_end:
        queues = {size: Queue(open_until_the_end.enter_context(databases.fresh(kind)), size) for size in sizes}
        for size, queue in queues.items():
            # The first ones meet cold pages and the chat that is about to be shut.
            found[size] = [], max(await queue.claim(20))
        for _ in range(rounds):
            for size, queue in queues.items():
                found[size][0].extend(await queue.claim(15))
        for queue in queues.values():
            queue.world.db.close()
    return found


async def _of(kind: str, short: bool) -> list[Row]:
    sizes = SIZES[:2] if short else SIZES
    try:
        found = await claims(kind, sizes, 4 if short else 20)
    except (NoDatabase, Failed) as error:
        return [not_run(kind, str(error))]
    smallest, _ = found[SIZES[0]]
    least = median(smallest)
    rows = [Row(f"{kind}, {SIZES[0]:,} rows", least, max(smallest), "ms", runs=len(smallest))]
    for size in sizes[1:]:
        took, first = found[size]
        told = f"{median(took):.2f} ms, worst {max(took):.1f} ms, {first:.0f} ms once when the chat was shut"
        ratio = median(took) / least
        rows.append(Row(f"{kind}, {size:,} rows", ratio, None, "× the smallest", "≤1.5", runs=len(took), note=told))
    return rows


def measure(short: bool) -> list[Row]:
    """One database after the other."""
    return [row for kind in KINDS for row in asyncio.run(_of(kind, short))]
