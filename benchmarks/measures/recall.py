"""Taking back 246 sent copies: every one accounted for, and how long that takes against the least number of calls.

Of the 246 groups twelve keep a message that may not be deleted (it is edited), and four of those not even let it be
edited (a correction follows). The floor is all calls this needs / 30 seconds.
"""

import asyncio
from dataclasses import dataclass

from benchmarks import harness
from benchmarks.harness import OURS, Failed, Journal
from benchmarks.table import Row, not_run, over

TITLE = "Recall of 246 sent copies (short run: 90)"
COPIES, EDITED, CORRECTED = 246, 12, 4


@dataclass(frozen=True)
class Run:
    """How long in floors, copies not accounted for, calls refused."""

    floors: float
    left: int
    wrong: int
    refusals: int


async def run(copies: int) -> Run:
    """Send, recall, and compare the ledger with what stands in the chats."""
    chats = harness.groups(copies)
    stay = {"undeletable": chats[5::5][:EDITED], "uneditable": chats[5::15][:CORRECTED]}
    async with harness.server(model="strict", **stay) as server, harness.contender(OURS, server, chats) as process:
        await process.tell("go")
        await process.heard("done", 120)
        sent = await server.journal()
        before, refused = len(sent.entries), len(sent.refusals)
        await asyncio.sleep(1.1)
        began = await process.tell("recall")
        told = await process.heard("recall", 120)
        journal = await server.journal(since=before)
    last = max(journal.times(), default=began)
    needed = copies + EDITED + CORRECTED
    accounted = int(told["deleted"]) + int(told["edited"]) + int(told["corrected"])
    return Run(
        (last - began) / (needed / harness.RATE),
        copies - accounted,
        _wrong(journal, chats, stay),
        len(journal.refusals) - refused,
    )


def _wrong(journal: Journal, chats: list[int], stay: dict[str, list[int]]) -> int:
    """Chats where something else happened than what had to."""
    done: dict[int, list[str]] = {}
    for one in journal.entries:
        done.setdefault(one["chat"], []).append(one["method"])
    expected = {chat: ["deleteMessage"] for chat in chats}
    expected |= {chat: ["editMessageText"] for chat in stay["undeletable"]}
    expected |= {chat: ["sendMessage"] for chat in stay["uneditable"]}
    return sum(done.get(chat) != what for chat, what in expected.items())


async def _all(short: bool) -> list[Row]:
    copies = 90 if short else COPIES
    try:
        runs = [await run(copies) for _ in range(1 if short else 3)]
    except (Failed, TimeoutError) as error:
        return [not_run(OURS.name, f"{type(error).__name__} {error}")]
    note = f"{copies - EDITED} deleted, {EDITED - CORRECTED} edited, {CORRECTED} corrected; no rival can do it"
    return [
        over("time from the command to the last call", [one.floors for one in runs], "× floor", target="≤1.1",
             worst_target="≤1.1", note=note),
        over("copies not accounted for", [float(one.left) for one in runs], target="=0", worst_target="=0"),
        over("copies that stand otherwise than the ledger says", [float(one.wrong) for one in runs], target="=0",
             worst_target="=0"),
        over("refusals", [float(one.refusals) for one in runs], "429s", target="=0", worst_target="=0"),
    ]  # fmt: skip


def measure(short: bool) -> list[Row]:
    """Ours only."""
    return asyncio.run(_all(short))
