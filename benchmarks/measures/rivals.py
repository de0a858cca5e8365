"""The same broadcasts by the rivals: those that send one by one together, then those that send many at once."""

import asyncio
from collections.abc import Sequence

from benchmarks.harness import (
    AIOGRAM_GATHER,
    AIOGRAM_LOOP,
    BROADCASTER,
    MODELS,
    PTB_GATHER,
    PTB_LOOP,
    TGCAST,
    TGCAST_TUNED,
    Contestant,
)
from benchmarks.measures.broadcast import several
from benchmarks.table import Row

TITLE = "Broadcast, and an alert in the middle of it: rivals"
SLOW = (PTB_LOOP, AIOGRAM_LOOP, BROADCASTER, TGCAST)
FAST = (PTB_GATHER, AIOGRAM_GATHER, TGCAST_TUNED)


async def together(who: Sequence[Contestant], groups: int, times: int, at_once: int) -> list[Row]:
    """So many runs at a time; each has a server of its own."""
    room = asyncio.Semaphore(at_once)

    async def one(contestant: Contestant, model: str) -> list[Row]:
        async with room:
            return await several(contestant, model, groups, times)

    found = await asyncio.gather(*(one(contestant, model) for contestant in who for model in MODELS))
    return [row for rows in found for row in rows]


async def _all(short: bool) -> list[Row]:
    if short:
        return await together(SLOW, 60, 1, 8) + await together(FAST, 90, 1, 3)
    rows = []
    for groups, times in ((300, 3), (1000, 1)):
        rows += await together(SLOW, groups, times, 8) + await together(FAST, groups, times, 3)
    return rows


def measure(short: bool) -> list[Row]:
    """Slow ones first: eight of them use less than half a core."""
    return asyncio.run(_all(short))
