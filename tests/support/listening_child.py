"""A process at work on Telegram, hearing by polling, as `wangge run` does without its pages.

python -m tests.support.listening_child ADDRESS DATABASE
"""

import asyncio
import logging
import signal
import sys

from bot.at_work import AtWork
from bot.channels.telegram import Telegram
from storage.worlds import WorldKind
from tests.support.stage import KEYS
from tests.support.telegram_child import real_world
from tests.support.telegram_people import settings


async def main(address: str, url: str) -> None:
    """Work until told to stop."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    work = AtWork(real_world(url), [Telegram(settings(address), KEYS, WorldKind.REAL, poll_seconds=1)])
    work.start()
    await stopping.wait()
    await work.stop()


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    asyncio.run(main(sys.argv[1], sys.argv[2]))
