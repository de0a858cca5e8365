"""What a claim costs with 10³, 10⁵ and 10⁶ queued rows, a tenth of them, the oldest, for one chat that is shut.

The dispatcher runs on a clock moved by hand, so that each step may claim; its channel answers at once. The shut chat
was refused for an hour. What is timed is the claim alone: its transaction, commit included.
"""

import asyncio
import time
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
from jobs.dispatch import Dispatcher, Job
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

    channel.send = send  # type: ignore[method-assign]
    return channel


async def claims(kind: str, size: int, count: int) -> tuple[list[float], float]:
    """Milliseconds of so many claims, and of the slowest of the first ones."""
    with databases.fresh(kind) as url:
        hands, world = Hands(), setting.open_world(url)
        world.clock = hands.now
        setting.fill(world, size, size // 10, Lane.BULK)
        dispatcher = Timed(world, instant("-1"), "bench", steady=hands.steady)
        patience = count * 10
        while len(dispatcher.took) < count + 20:
            if (patience := patience - 1) < 0:
                raise Failed(f"only {len(dispatcher.took)} claims")
            hands.passed += STEP
            await asyncio.to_thread(dispatcher.own)
            await dispatcher.drain()
        world.db.close()
    # The first ones meet cold pages and the chat that is about to be shut.
    return dispatcher.took[20:], max(dispatcher.took[:20])


async def _of(kind: str, short: bool) -> list[Row]:
    sizes = SIZES[:2] if short else SIZES
    found, first = {}, {}
    try:
        for size in sizes:
            found[size], first[size] = await claims(kind, size, 60 if short else 300)
    except (NoDatabase, Failed) as error:
        return [not_run(kind, str(error))]
    least = median(found[SIZES[0]])
    rows = [Row(f"{kind}, {SIZES[0]:,} rows", least, max(found[SIZES[0]]), "ms", runs=len(found[SIZES[0]]))]
    for size in sizes[1:]:
        middle = median(found[size])
        told = f"{middle:.2f} ms, worst {max(found[size]):.1f} ms, {first[size]:.0f} ms once when the chat was shut"
        rows.append(Row(f"{kind}, {size:,} rows", middle / least, None, "× the smallest", "≤1.5", note=told,
                        runs=len(found[size])))  # fmt: skip
    return rows


def measure(short: bool) -> list[Row]:
    """One database after the other."""
    return [row for kind in KINDS for row in asyncio.run(_of(kind, short))]
