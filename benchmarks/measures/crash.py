"""kill -9 at random points, over SQLite and PostgreSQL, and what rivals make of a single one.

The server's journal is held against the rows: a message is “never” where nobody got it although it is not shown as
unsure, “twice” where its chat got it again. What may be lost or doubled is at most what was on the wire.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from benchmarks import databases, envs, harness
from benchmarks.databases import KINDS, NoDatabase
from benchmarks.harness import BROADCASTER, PTB_LOOP, TGCAST_TUNED, TOKEN, Contestant, Failed, Process
from benchmarks.ours import setting
from benchmarks.table import Row, not_run
from handlers.dialogue.message import Outgoing
from storage import contents
from storage.lanes import AFTER_CRASH, Fate
from storage.outbox import OutboxRow, OutboxState

TITLE = "kill -9"


@dataclass(frozen=True)
class Toll:
    """What so many kills came to."""

    kills: int
    sent: int
    never: int
    twice_routine: int
    twice_resent: int
    unsure: int
    flying: int
    left: int
    refusals: int


async def die(database: str, kills: int, seed: int) -> Toll:
    """Let a sender die so often, and hold what arrived against the rows."""
    world = setting.open_world(database)
    setting.add_chats(world, harness.groups(200))
    world.db.engine.dispose()
    async with harness.server(model="strict") as server:
        command = [sys.executable, "-m", "benchmarks.ours.dying", database, server.url, TOKEN, str(kills), str(seed)]
        process = await Process.start(command)
        try:
            lives = await process.heard("lives", 60 + kills * 6)
        finally:
            await process.end()
        await asyncio.sleep(0.2)
        journal = await server.journal()
    arrived = Counter(one["text"] for one in journal.entries)
    never = twice_routine = twice_resent = unsure = left = sent = 0
    with world.db.read() as session:
        for row in session.scalars(select(OutboxRow)):
            payload = contents.payload_of(session, row.content_id or 0)
            times = arrived[Outgoing.from_bytes(payload or b"").text]
            sent += times
            unsure += row.state is OutboxState.UNSURE
            left += row.state not in (OutboxState.UNSURE, OutboxState.SENT)
            never += times == 0 and row.state is not OutboxState.UNSURE
            if times > 1:
                resent = AFTER_CRASH[row.lane] is Fate.AGAIN
                twice_resent, twice_routine = twice_resent + resent, twice_routine + (not resent)
    world.db.close()
    flying = sum(one["flying"] for one in process.said["life"])
    return Toll(lives["died"], sent, never, twice_routine, twice_resent, unsure, flying, left, len(journal.refusals))


def rows_of(kind: str, toll: Toll) -> list[Row]:
    """The lines of the table."""
    note = f"{toll.kills} kills, {toll.sent:,} messages arrived, {toll.flying} calls on the wire in all when killed"
    named = f"{kind}: "
    return [
        Row(f"{named}never, though not shown as unsure", toll.never, toll.never, "messages", "=0", note=note),
        Row(f"{named}twice in routine lanes", toll.twice_routine, toll.twice_routine, "messages", "=0"),
        Row(f"{named}twice in resent lanes", toll.twice_resent, toll.twice_resent, "messages", f"≤{toll.flying}"),
        Row(f"{named}unsure", toll.unsure, toll.unsure, "messages", f"≤{toll.flying}"),
        Row(f"{named}left without an end", toll.left, toll.left, "rows", "=0"),
        Row(f"{named}refusals, though owners changed", toll.refusals, toll.refusals, "429s", "=0"),
    ]


async def rival(who: Contestant) -> Row:
    """Kill a rival when half of 300 are out, start it again, and let it finish."""
    name = f"{who.name}: killed once at 150 of 300"
    chats = harness.groups(300)
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with harness.server(model="bucket") as server:
                async with harness.contender(who, server, chats, folder=folder) as process:
                    await process.tell("go")
                    await server.until(150, 120)
                async with harness.contender(who, server, chats, folder=folder) as process:
                    await process.tell("go")
                    await process.heard("done", 240)
                journal = await server.journal()
    except envs.CannotInstall as error:
        return not_run(name, f"could not be installed: {error}")
    except (Failed, TimeoutError) as error:
        return not_run(name, f"{type(error).__name__} {error}")
    got = Counter(one["chat"] for one in journal.entries)
    twice = sum(many > 1 for many in got.values())
    return Row(name, twice, twice, "twice", note=f"{300 - len(got)} never, once somebody started it again")


async def _ours(kind: str, short: bool) -> list[Row]:
    try:
        with databases.fresh(kind) as database:
            return rows_of(kind, await die(database, 6 if short else 200, seed=7))
    except (NoDatabase, Failed, TimeoutError) as error:
        return [not_run(kind, f"{type(error).__name__} {error}")]


async def _all(short: bool) -> list[Row]:
    rows = []
    for found in await asyncio.gather(*(_ours(kind, short) for kind in KINDS)):
        rows += found
    rivals = () if short else (PTB_LOOP, BROADCASTER, TGCAST_TUNED)
    return rows + list(await asyncio.gather(*(rival(who) for who in rivals)))


def measure(short: bool) -> list[Row]:
    """Both databases side by side, then rivals."""
    return asyncio.run(_all(short))
