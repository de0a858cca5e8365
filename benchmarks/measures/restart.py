"""How soon a bot sends again that was killed while sending and started anew: from the start of its process."""

import asyncio
import sys

from benchmarks import databases, harness
from benchmarks.databases import KINDS, NoDatabase
from benchmarks.harness import TOKEN, Failed, Process
from benchmarks.ours import setting
from benchmarks.table import Row, not_run, over
from storage.lanes import Lane

TITLE = "First message after a kill -9 and a new start"


async def start_anew(database: str, times: int) -> list[float]:
    """Seconds from the start of a process to its first message, the one before having been killed while sending."""
    world = setting.open_world(database)
    ids = setting.add_chats(world, harness.groups(60 * (times + 1)))
    setting.put(world, ids, setting.keep(world, harness.TEXT), "anew", Lane.BULK)
    world.db.close()
    waits: list[float] = []
    async with harness.server(model="strict") as server:
        command = [sys.executable, "-m", "benchmarks.ours.alive", database, server.url, TOKEN]
        for life in range(times + 1):
            began, process = harness.clock(), await Process.start(command)
            try:
                seen = len((await server.journal()).entries)
                await server.until(seen + 15, 60)
            finally:
                await process.end()
            if life:
                # What the one before had on the wire arrives within a tenth of a second.
                after = [at for at in (await server.journal()).times() if at > began + 0.1]
                waits.append(min(after) - began)
    return waits


async def _of(kind: str, short: bool) -> Row:
    try:
        with databases.fresh(kind) as database:
            waits = await start_anew(database, 1 if short else 5)
    except (NoDatabase, Failed, TimeoutError) as error:
        return not_run(kind, f"{type(error).__name__} {error}")
    return over(kind, waits, "s", target="≤3", worst_target="≤3")


def measure(short: bool) -> list[Row]:
    """One database after the other."""
    return [asyncio.run(_of(kind, short)) for kind in KINDS]
