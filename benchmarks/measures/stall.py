"""How long the event loop stands still with 10,000 chats queued: the longest time a heartbeat was late.

The harness has a heartbeat, too, in a process that only sleeps: what it is late by is the machine's own.
"""

import asyncio

from benchmarks import envs, harness
from benchmarks.harness import OURS, PTB_GATHER, Contestant, Failed
from benchmarks.rivals.contest import heartbeat
from benchmarks.table import Row, not_run, over

TITLE = "Event loop with 10,000 chats queued"
CHATS = 10_000


async def run(who: Contestant, seconds: float, count: int) -> tuple[float, float]:
    """The longest stall of a contender and of this machine, in milliseconds, within so many seconds."""
    own, chats = [0.0], harness.groups(count)
    async with (
        harness.server(model="strict") as server,
        harness.contender(who, server, chats) as process,
    ):
        beating = asyncio.create_task(heartbeat(own))
        await process.tell("go")
        await asyncio.sleep(seconds)
        await process.tell("stop")
        stopped = await process.heard("stopped", 120)
        beating.cancel()
    return float(stopped["stall"]) * 1000, own[0] * 1000


async def _several(who: Contestant, times: int, seconds: float, count: int = CHATS) -> Row:
    ours, name = not who.rival, f"{who.name}, {count:,} chats"
    try:
        runs = [await run(who, seconds, count) for _ in range(times)]
    except envs.CannotInstall as error:
        return not_run(name, f"could not be installed: {error}")
    except (Failed, TimeoutError) as error:
        return not_run(name, f"{type(error).__name__} {error}")
    note = f"a heartbeat in an idle process was late by up to {max(own for _, own in runs):.0f} ms meanwhile"
    return over(name, [stall for stall, _ in runs], "ms", target="≤20" if ours else "", note=note)


async def _all(short: bool) -> list[Row]:
    if short:
        return [await _several(OURS, 1, 6.0), await _several(PTB_GATHER, 1, 4.0, 2_000)]
    return [await _several(OURS, 3, 20.0), await _several(PTB_GATHER, 1, 20.0)]


def measure(short: bool) -> list[Row]:
    """Ours, then the rival that queues in memory."""
    return asyncio.run(_all(short))
