"""One of several processes that may drain any of several accounts; the leases decide who drains which.

    python -m benchmarks.ours.worker DATABASE SERVER OWN[,OWN...] OTHER[,OTHER...]

It takes its own accounts at once, and stands by for the others from a few seconds later, so that the first process to
start does not take all. Its owner's name is its process id, so that the harness can tell whose lease is whose.
"""

import asyncio
import os
import sys

from benchmarks.ours import setting
from benchmarks.rivals.contest import tell
from bot import memory
from jobs.dispatch import Dispatcher

STAND_BY = 4.0
"""Seconds after which the accounts of others may be taken; theirs are owned by then."""


async def main(database: str, server: str, own: list[str], others: list[str]) -> None:
    """Drain whatever can be owned."""
    world = setting.open_world(database, tables=False)
    channels = [setting.channel(server, f"4242:{account}", account) for account in own + others]
    for channel in channels:
        await channel.start()
    dispatchers = [Dispatcher(world, channel, str(os.getpid())) for channel in channels]
    memory.settle()
    tell("ready")
    draining = [asyncio.create_task(one.run()) for one in dispatchers[: len(own)]]
    await asyncio.sleep(STAND_BY)
    draining += [asyncio.create_task(one.run()) for one in dispatchers[len(own) :]]
    await asyncio.gather(*draining)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], *([one for one in names.split(",") if one] for names in sys.argv[3:5])))
