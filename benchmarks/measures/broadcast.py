"""One notice to 300 and 1,000 groups on both servers, and what an alert waits in the middle of it: ours, alone.

The floor is (groups + alerts) / 30 seconds, counted from the command to the last message the server accepted. An
alert is told to the contender five times while between a fifth and four fifths are out; it counts until the
server accepts it, 25 ± 10 ms of way included.
"""

import asyncio
from dataclasses import dataclass
from statistics import median

from benchmarks import envs, harness
from benchmarks.harness import MODELS, OURS, Contestant, Failed, Journal, Process, Server
from benchmarks.table import Row, not_run, over

TITLE = "Broadcast, and an alert in the middle of it: ours"
ALERTS = 5


@dataclass(frozen=True)
class Run:
    """One broadcast: how long in floors, refusals, the waits of its alerts, groups that got nothing or it twice."""

    floors: float
    refusals: int
    waits: list[float]
    missed: int
    twice: int
    most: int


async def run(who: Contestant, model: str, groups: int, *, alerts: int = ALERTS, jitter: float = 0.010) -> Run:
    """Let one contender send once."""
    chats, others = harness.groups(groups), harness.groups(alerts, 900_000)
    async with (
        harness.server(model=model, jitter=jitter) as server,
        harness.contender(who, server, chats, others=others) as process,
    ):
        began = await process.tell("go")
        patience = groups / 30 * 6 + 60
        told = {}
        for number, other in enumerate(others):
            await server.until(int(groups * (0.2 + 0.6 * number / max(1, alerts - 1))), patience)
            told[other] = await process.tell("urgent", other)
        journal = await _ended(process, server, patience)
    return judge(journal, chats, told, began)


async def _ended(process: Process, server: Server, patience: float) -> Journal:
    await process.heard("done", patience)
    return await server.journal()


def judge(journal: Journal, chats: list[int], told: dict[int, float], began: float) -> Run:
    """What a run comes to, as the server saw it."""
    last = max(journal.times(), default=began)
    taken = {one["chat"]: one["at"] for one in journal.entries if one["chat"] in told}
    got = [one["chat"] for one in journal.entries if one["chat"] not in told]
    never = last - began
    return Run(
        (last - began) / ((len(chats) + len(told)) / harness.RATE),
        len(journal.refusals),
        [taken.get(chat, at + never) - at for chat, at in told.items()],
        len(set(chats) - set(got)),
        len(got) - len(set(got)),
        journal.most_in_a_second,
    )


def rows_of(name: str, runs: list[Run], *, ours: bool) -> list[Row]:
    """The lines of the table: three with verdicts for ours, one for a rival."""
    floors, refusals = [one.floors for one in runs], [float(one.refusals) for one in runs]
    waits = [wait for one in runs for wait in one.waits]
    told = [f"{max(one.most for one in runs)} in the fullest second"]
    if any(one.missed or one.twice for one in runs):
        told.append(f"{max(one.missed for one in runs)} missed, {max(one.twice for one in runs)} twice at worst")
    if not ours:
        told.insert(
            0, f"{median(refusals):g} refusals, {max(refusals):g} at worst; alert p95 {harness.p95(waits):.2f} s"
        )
        return [over(name, floors, "× floor", note="; ".join(told))]
    return [
        over(name, floors, "× floor", target="≤1.04", worst_target="≤1.06", note="; ".join(told)),
        over(f"{name}: refusals", refusals, "429s", target="=0", worst_target="=0"),
        Row(f"{name}: alert, p95 of {len(waits)}", harness.p95(waits), max(waits), "s", "≤0.1", runs=len(runs)),
    ]


async def several(who: Contestant, model: str, groups: int, times: int) -> list[Row]:
    """The lines of one contender."""
    name = f"{who.name}, {groups} groups, {model}"
    try:
        runs = [await run(who, model, groups) for _ in range(times)]
    except envs.CannotInstall as error:
        return [not_run(name, f"could not be installed: {error}")]
    except (Failed, TimeoutError) as error:
        return [not_run(name, f"{type(error).__name__} {error}")]
    return rows_of(name, runs, ours=not who.rival)


async def _all(short: bool) -> list[Row]:
    rows = []
    for groups in (150,) if short else (300, 1000):
        for model in MODELS:
            rows += await several(OURS, model, groups, 1 if short else 5)
    return rows


def measure(short: bool) -> list[Row]:
    """Ours alone."""
    return asyncio.run(_all(short))
