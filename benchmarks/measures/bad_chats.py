"""300 groups of which 6 have migrated and 9 have kicked the bot, and 1 % of the answers are lost on the way back.

Missed is a group that should have got the notice and did not. A lost answer can only be in doubt: what matters is
that the sender accounts for it, and neither calls a delivered message failed nor sends it twice.
"""

import asyncio
from dataclasses import dataclass
from statistics import median

from benchmarks import envs, harness
from benchmarks.harness import AIOGRAM_LOOP, BROADCASTER, OURS, PTB_GATHER, TGCAST_TUNED, Contestant, Failed
from benchmarks.table import Row, not_run, over

TITLE = "300 groups (short run: 100), 6 migrated, 9 kicked, 1 % of the answers lost"
GROUPS, MIGRATED, KICKED = 300, 6, 9


@dataclass(frozen=True)
class Run:
    """Groups missed, groups that got it twice, delivered ones believed to have failed, lost answers, and the ledger."""

    missed: int
    twice: int
    denied: int
    lost: int
    unaccounted: int


async def run(who: Contestant, seed: int, groups: int) -> Run:
    """Let one contender send once."""
    chats = harness.groups(groups)
    moved = {chat: chat - 1_000_000 for chat in chats[::15][:MIGRATED]}
    kicked = chats[7::10][:KICKED]
    faults = {"migrated": {str(old): new for old, new in moved.items()}, "kicked": kicked, "lost": 0.01, "seed": seed}
    async with harness.server(model="strict", **faults) as server, harness.contender(who, server, chats) as process:
        await process.tell("go")
        done = await process.heard("done", 180)
        journal = await server.journal()
        unaccounted = -1
        if not who.rival:
            await process.tell("rows")
            rows = (await process.heard("rows", 10))["rows"]
            unaccounted = groups - rows.get("sent", 0) - rows.get("unsure", 0) - rows.get("dead", 0)
    got = [one["chat"] for one in journal.entries]
    wanted = {moved.get(chat, chat) for chat in chats} - set(kicked)
    denied = {moved.get(chat, chat) for chat in done["failed"]} & set(got)
    return Run(
        len(wanted - set(got)), len(got) - len(set(got)), len(denied), journal.failures.get("lost", 0), unaccounted
    )


async def _several(who: Contestant, times: int, groups: int) -> list[Row]:
    try:
        runs = [await run(who, seed, groups) for seed in range(1, times + 1)]
    except envs.CannotInstall as error:
        return [not_run(who.name, f"could not be installed: {error}")]
    except (Failed, TimeoutError) as error:
        return [not_run(who.name, f"{type(error).__name__} {error}")]
    ours = not who.rival
    note = (
        f"{median(one.lost for one in runs):g} answers lost; {max(one.twice for one in runs)} twice at worst; "
        f"{max(one.denied for one in runs)} delivered ones {'shown as unsure' if ours else 'reported as failed'}"
    )
    rows = [over(f"{who.name}: missed", [float(one.missed) for one in runs], "groups", target="=0" if ours else "",
                 worst_target="=0" if ours else "", note=note)]  # fmt: skip
    if ours:
        left = [float(one.unaccounted) for one in runs]
        rows.append(over(f"{who.name}: neither sent, unsure nor dead", left, "rows", target="=0", worst_target="=0"))
    return rows


async def _all(short: bool) -> list[Row]:
    groups = 100 if short else GROUPS
    rows = await _several(OURS, 1 if short else 5, groups)
    rivals = (PTB_GATHER, TGCAST_TUNED, *(() if short else (AIOGRAM_LOOP, BROADCASTER)))
    for found in await asyncio.gather(*(_several(who, 1 if short else 2, groups) for who in rivals)):
        rows += found
    return rows


def measure(short: bool) -> list[Row]:
    """Ours alone, then the rivals side by side."""
    return asyncio.run(_all(short))
