"""A playground at work: the sample county, the real bot behind it, and a server a browser can open."""

import asyncio
import contextlib
import random
import shutil
import socket
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import uvicorn

from bot.channels.console import ACCOUNT
from bot.channels.playground import Playground
from bot.drills import take_part
from bot.play import load_county
from bot.web.app import build
from bot.web.hub import PlaygroundHub
from bot.web.play_clock import PlayClock, clear, move
from bot.web.roster import read_roster
from handlers.dialogue import turn
from handlers.dialogue.drill import DrillCall
from handlers.dialogue.message import Incoming, PlayCall
from handlers.dialogue.world import Station, World
from jobs import clock as ticking
from jobs.dispatch import Dispatcher
from storage import worlds
from storage.database import Database
from storage.worlds import WorldKind
from tests.support.stage import KEYS, ROOT, START, filled, words


def free_port() -> int:
    """A port nobody listens on, below those the system deals out: nobody is dealt it before it is used."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError


class Playing:
    """One playground; `run` serves it until `stop` is called from any thread."""

    def __init__(self, folder: Path, start: datetime = START, port: int = 0, *, drill: bool = False) -> None:
        path = folder / "play.db"
        shutil.copy(filled(), path)
        db = Database(f"sqlite:///{path}", KEYS, "OFF")
        self.clock = PlayClock(base=lambda: start)
        kind = WorldKind.DRILL if drill else WorldKind.PLAYGROUND
        self.world = World(kind, db, words(), Station(anchor_at=None, weekly_at=None), self.clock)
        with db.write() as session:
            worlds.found(session, kind, start).kind = kind
        roster = take_part(self.world, ROOT / "samples") if drill else read_roster(ROOT / "samples")
        self.hub = PlaygroundHub(roster, self.world.now, self.world.bot_names, drill=drill)
        self.channel = Playground(self.hub, takes=DrillCall if drill else PlayCall)
        self.dispatcher = Dispatcher(self.world, self.channel, "playing")
        self.hub.move_clock = self._move
        self.hub.restart = None if drill else self._restart
        self.socket = socket.create_server(("127.0.0.1", port))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.ready = threading.Event()
        self._answering: set[asyncio.Task[None]] = set()
        self._lock = asyncio.Lock()

    def stop(self) -> None:
        """Let the server come to its end."""
        self.loop.call_soon_threadsafe(self._ended.set)

    async def run(self) -> None:
        """Serve until stopped."""
        self.loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        config = uvicorn.Config(build(self.hub), log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        tasks = [
            asyncio.create_task(self.channel.listen(self._accept)),
            asyncio.create_task(self.dispatcher.run()),
            asyncio.create_task(server.serve([self.socket])),
        ]
        self.ready.set()
        await self._ended.wait()
        await self.channel.close()
        server.should_exit = True
        await tasks.pop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.world.db.close()

    async def _accept(self, incoming: Incoming) -> None:
        queue = await asyncio.to_thread(turn.receive, self.world, incoming)
        if queue is not None:
            task = asyncio.create_task(self._answer(queue))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, queue: str) -> None:
        async with self._lock:
            while await asyncio.to_thread(turn.answer_next, self.world, queue):
                pass
        await self._settle()

    async def _settle(self) -> None:
        while await asyncio.to_thread(ticking.tick, self.world) | await ticking.fetch(
            self.world, {ACCOUNT: self.channel}
        ):
            pass
        await self.dispatcher.drain()

    async def _move(self, span: timedelta | None) -> bool:
        return await move(self.world, self.clock, span, self._settle, self.hub.clock_moved)

    async def _restart(self) -> None:
        await self._settle()
        await asyncio.to_thread(clear, self.world, self.clock)
        await asyncio.to_thread(load_county, self.world, ROOT / "samples")


@contextlib.contextmanager
def playing(folder: Path, start: datetime = START, port: int = 0, *, drill: bool = False) -> Iterator[Playing]:
    """A playground served from a thread of its own, on a spare port unless one is named."""
    one = Playing(folder, start, port, drill=drill)
    thread = threading.Thread(target=lambda: asyncio.run(one.run()))
    thread.start()
    if not one.ready.wait(20):
        raise TimeoutError("the playground did not start")
    try:
        yield one
    finally:
        one.stop()
        thread.join(20)
