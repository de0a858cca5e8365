"""A process that keeps what it hears on Telegram, and kills itself the hard way after so many messages.

python -m tests.support.telegram_child ADDRESS DATABASE HOW_MANY
"""

import asyncio
import os
import signal
import sys

from bot.channels.telegram import Telegram
from handlers.dialogue import turn
from handlers.dialogue.message import Incoming
from handlers.dialogue.world import Station, World
from storage.database import Database
from storage.worlds import WorldKind
from tests.support.stage import KEYS, words
from tests.support.telegram_people import settings


def real_world(url: str) -> World:
    """An empty real world on its own database."""
    return World(WorldKind.REAL, Database(url, KEYS), words(), Station())


def main(address: str, url: str, most: int) -> None:
    """Listen; after `most` messages were kept, die as by kill -9, before the server hears of it."""
    world, kept = real_world(url), 0

    async def accept(incoming: Incoming) -> None:
        nonlocal kept
        await asyncio.to_thread(turn.receive, world, incoming)
        kept += 1
        if kept == most:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(Telegram(settings(address), KEYS, WorldKind.REAL, poll_seconds=1).listen(accept))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
