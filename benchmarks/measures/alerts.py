"""An alert where it is hard: behind 10,000 queued messages, and to a group that has used up its minute.

Of a group's 20 a minute bulk may take 17; the alert must get one of the last three, at most a second after the
last message to that group.
"""

import asyncio

from benchmarks import harness
from benchmarks.harness import OURS, Failed, Journal
from benchmarks.table import Row, not_run

TITLE = "An alert in a hard place"
QUEUED, BUSY = 10_000, -77_000


async def behind(alerts: int) -> list[float]:
    """What alerts wait behind 10,000 queued messages."""
    others = harness.groups(alerts, 900_000)
    async with (
        harness.server(model="strict") as server,
        harness.contender(OURS, server, harness.groups(QUEUED), others=others) as process,
    ):
        await process.tell("go")
        await server.until(30, 60)
        told = {}
        for number, other in enumerate(others):
            told[other] = await process.tell("urgent", other)
            await asyncio.sleep(1.0 + 0.037 * (number % 7))
        journal = await server.journal()
    return _waits(journal, told)


def _waits(journal: Journal, told: dict[int, float]) -> list[float]:
    taken = {one["chat"]: one["at"] for one in journal.entries if one["chat"] in told}
    return [taken.get(chat, harness.clock()) - at for chat, at in told.items()]


async def to_a_busy_group(alerts: int) -> tuple[list[float], int]:
    """What alerts wait whose group is full for bulk; and refusals."""
    busy = {"chat": BUSY, "messages": 40}
    async with (
        harness.server(model="strict") as server,
        harness.contender(OURS, server, harness.groups(900), busy=busy) as process,
    ):
        await process.tell("go")
        waits = []
        async with asyncio.timeout(90):
            while len(_to(await server.journal(), BUSY)) < 17:
                await asyncio.sleep(0.2)
        for number in range(alerts):
            before = len(_to(await server.journal(), BUSY))
            told = await process.tell("urgent", BUSY)
            async with asyncio.timeout(60):
                while len(sent := _to(await server.journal(), BUSY)) <= before:
                    await asyncio.sleep(0.05)
            waits.append(sent[before] - told)
            await asyncio.sleep(0.1 * number)
        refusals = len((await server.journal()).refusals)
    return waits, refusals


def _to(journal: Journal, chat: int) -> list[float]:
    return journal.times(lambda one: one["chat"] == chat)


async def _all(short: bool) -> list[Row]:
    try:
        if short:
            found, run = await asyncio.gather(behind(5), to_a_busy_group(2))
            runs = [run]
        else:
            found = await behind(30)
            runs = [await to_a_busy_group(3) for _ in range(3)]
    except (Failed, TimeoutError) as error:
        return [not_run(OURS.name, f"{type(error).__name__} {error}")]
    waits = [wait for one, _ in runs for wait in one]
    note = f"the group had got 17 in its minute; {sum(refused for _, refused in runs)} refusals"
    return [
        Row(f"behind {QUEUED:,} queued, p95 of {len(found)}", harness.p95(found), max(found), "s", "≤0.1"),
        Row(f"to a busy group, p95 of {len(waits)}", harness.p95(waits), max(waits), "s", "≤1.1", note=note),
    ]


def measure(short: bool) -> list[Row]:
    """Ours only; the rivals' alerts are in the broadcast's table."""
    return asyncio.run(_all(short))
