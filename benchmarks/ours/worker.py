"""One of several processes that may drain any of several accounts; the leases decide who drains which.

    python -m benchmarks.ours.worker DATABASE SERVER ACCOUNT...

Its owner's name is its process id, so that the harness can tell whose lease is whose.
"""

import asyncio
import os
import sys

from benchmarks.ours import setting
from benchmarks.rivals.contest import tell
from bot import memory
from jobs.dispatch import Dispatcher


async def main(database: str, server: str, accounts: list[str]) -> None:
    """Drain whatever can be owned."""
    world = setting.open_world(database, tables=False)
    channels = [setting.channel(server, f"4242:{account}", account) for account in accounts]
    for channel in channels:
        await channel.start()
    dispatchers = [Dispatcher(world, channel, str(os.getpid())) for channel in channels]
    memory.settle()
    tell("ready")
    await asyncio.gather(*(one.run() for one in dispatchers))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
