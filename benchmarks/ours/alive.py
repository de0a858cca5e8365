"""Our bot at work on one account as the program runs it: it hears, drains and ticks until it is killed.

python -m benchmarks.ours.alive DATABASE SERVER TOKEN
"""

import asyncio
import sys

from benchmarks.ours import setting
from bot import memory
from bot.at_work import AtWork


async def main(database: str, server: str, token: str) -> None:
    """Work for ever."""
    world = setting.open_world(database, tables=False)
    work = AtWork(world, [setting.channel(server, token)])
    work.start()
    memory.settle()
    while True:
        await work.tick()
        await asyncio.sleep(1.0)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
