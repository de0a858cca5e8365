"""Four worker processes and eight accounts on one PostgreSQL: the total rate against one account's, and a killed owner.

One account's rate is measured in the same run with one worker. Where the processes themselves use up this machine's
cores, the total says more about the machine; their share of the processor is told beside it.
"""

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from benchmarks import databases, harness
from benchmarks.databases import NoDatabase
from benchmarks.harness import Failed, Process, Server
from benchmarks.ours import setting
from benchmarks.table import Row, not_run, over
from storage.lanes import Lane
from storage.leases import Lease

TITLE = "PostgreSQL, 4 workers × 8 accounts"
WORKERS, ACCOUNTS = 4, 8
WARM = 5.0


async def start(database: str, server: Server, accounts: Sequence[str], workers: int) -> list[Process]:
    """Workers that are ready; each has its share of the accounts, and stands by for the others'."""
    made = []
    for number in range(workers):
        own = accounts[number::workers]
        names = [",".join(own), ",".join(one for one in accounts if one not in own)]
        made.append(await Process.start([sys.executable, "-m", "benchmarks.ours.worker", database, server.url, *names]))
    for one in made:
        await one.heard("ready", 60)
    return made


async def rates(server: Server, seconds: float) -> dict[str, float]:
    """Messages a second of each account, after a while to settle."""
    await asyncio.sleep(WARM)
    began = harness.clock()
    await asyncio.sleep(seconds)
    ended = harness.clock()
    count: dict[str, int] = defaultdict(int)
    for one in (await server.journal()).entries:
        if began <= one["at"] < ended:
            count[one["account"]] += 1
    return {account: many / (ended - began) for account, many in count.items()}


def prepare(url: str, accounts: Sequence[str], each: int) -> None:
    """Queue so many messages for each account."""
    world = setting.open_world(url)
    for account in accounts:
        setting.fill(world, each, 1, Lane.BULK, account=account, chat_count=each)
    world.db.close()


def busy(processes: Sequence[Process]) -> float:
    """Seconds of processor time the processes have used."""
    used = 0.0
    for one in processes:
        fields = Path(f"/proc/{one.process.pid}/stat").read_text().rpartition(")")[2].split()
        used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


async def one_account(seconds: float) -> float:
    """The rate of one account drained by one worker."""
    with databases.fresh("PostgreSQL") as url:
        prepare(url, ["tg0"], int((seconds + WARM + 5) * 30))
        async with harness.server(model="strict") as server:
            workers = await start(url, server, ["tg0"], 1)
            try:
                return sum((await rates(server, seconds)).values())
            finally:
                await _end(workers)


async def all_accounts(seconds: float) -> tuple[float, int, float, float]:
    """The total rate, refusals, seconds of processor a second, and the longest silence after an owner was killed."""
    accounts = [f"tg{number}" for number in range(ACCOUNTS)]
    with databases.fresh("PostgreSQL") as url:
        prepare(url, accounts, int((seconds + WARM + 25) * 30))
        async with harness.server(model="strict") as server:
            workers = await start(url, server, accounts, WORKERS)
            try:
                before, began = busy(workers), harness.clock()
                total = sum((await rates(server, seconds)).values())
                share = (busy(workers) - before) / (harness.clock() - began)
                refusals = len((await server.journal()).refusals)
                silence = await killed(url, server, workers)
            finally:
                await _end(workers)
    return total, refusals, share, silence


async def killed(url: str, server: Server, workers: Sequence[Process]) -> float:
    """Kill whoever owns most; how long its accounts were silent."""
    world = setting.open_world(url, tables=False)
    with world.db.read() as session:
        owned = session.execute(select(Lease.owner, Lease.name).where(Lease.name.like("drain:%"))).all()
    world.db.close()
    of: dict[str, list[str]] = defaultdict(list)
    for owner, name in owned:
        of[owner].append(name.removeprefix("drain:"))
    owner, accounts = max(of.items(), key=lambda one: len(one[1]))
    victim = next(one for one in workers if str(one.process.pid) == owner)
    await victim.end()
    at = harness.clock()
    await asyncio.sleep(6)
    journal = await server.journal()
    # What was on the wire arrives within a tenth of a second.
    first = {
        name: min(
            (one["at"] for one in journal.entries if one["account"].endswith(name) and one["at"] > at + 0.1),
            default=float("inf"),
        )
        for name in accounts
    }
    return max(first.values()) - at


async def _end(workers: Sequence[Process]) -> None:
    for one in workers:
        await one.end()


async def _all(short: bool) -> list[Row]:
    seconds = 3.0 if short else 15.0
    try:
        single = await one_account(seconds)
        runs = [await all_accounts(seconds) for _ in range(1 if short else 3)]
    except (NoDatabase, Failed, TimeoutError) as error:
        return [not_run(TITLE, f"{type(error).__name__} {error}")]
    cores = os.cpu_count() or 1
    note = f"one account {single:.1f}/s; workers use {max(one[2] for one in runs):.1f} of {cores} cores"
    refusals = [float(one[1]) for one in runs]
    return [
        over("total rate", [one[0] / single for one in runs], "× one account's", target="≥7.2", note=note),
        over("refusals", refusals, "429s", target="=0", worst_target="=0"),
        over("owner killed: next message of its accounts", [one[3] for one in runs], "s", target="≤5",
             worst_target="≤5"),
    ]  # fmt: skip


def measure(short: bool) -> list[Row]:
    """One account first, then all."""
    return asyncio.run(_all(short))
