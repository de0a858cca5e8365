"""The server of `webhook.py`: our web application with the Telegram channel in webhook mode, in a process of its own.

    python -m benchmarks.webhook_server DATABASE_URL API_URL WORKERS

Nothing is sent: the dispatcher stands still, since Telegram's own limits are far below what is measured here. Prints
`ready PORT`; a line on its standard input makes it print the CPU seconds it has used.
"""

import asyncio
import json
import resource
import sys
import threading

import uvicorn

from bot import logs
from bot.app import bind
from bot.channels.telegram import Telegram, webhook_route
from bot.receive import Answers, Keeper
from bot.web import app as web
from handlers.dialogue.world import Station, World
from storage.database import Database
from storage.worlds import WorldKind
from tests.support.stage import KEYS, words
from tests.support.telegram_people import settings


def world_at(url: str) -> World:
    """A real world on this database."""
    return World(WorldKind.REAL, Database(url, KEYS), words(), Station())


def _tell_cost() -> None:
    for _ in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps({"user": used.ru_utime, "system": used.ru_stime}), flush=True)


async def serve(url: str, api: str, workers: int) -> None:
    """Serve until terminated."""
    world = world_at(url)
    answers = Answers(world, workers=workers)
    keeper = Keeper(world, answers)
    channel = Telegram(settings(api, mode="webhook"), KEYS, WorldKind.REAL)
    listening = asyncio.create_task(channel.listen(keeper.accept))
    await channel.start()
    place = bind("127.0.0.1", 0)
    config = uvicorn.Config(
        web.build(None, [webhook_route(channel, keeper.accept)]), log_config=None, access_log=False, lifespan="off"
    )
    print(f"ready {place.getsockname()[1]}", flush=True)
    threading.Thread(target=_tell_cost, daemon=True).start()
    await uvicorn.Server(config).serve(sockets=[place])
    listening.cancel()
    keeper.stop()
    answers.stop()


if __name__ == "__main__":
    logs.set_up("WARNING", "text")
    asyncio.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
