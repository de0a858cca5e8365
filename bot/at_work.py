"""A world at work: its channels listen, its inbox is answered, its outbox drained, its clock ticks."""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import memory
from bot.menus import Menus, ShowsMenus
from bot.metrics import WorldMetrics
from bot.receive import Answers, Keeper
from handlers.dialogue import access
from handlers.dialogue.command import main_commands
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.dialogue.world import World
from jobs import clock
from jobs.channel import CallFailed, Channel
from jobs.dispatch import Dispatcher
from jobs.ownership import Ownership
from storage import calls
from storage.chats import ChatKind

LOG = logging.getLogger("wangge.work")
CHUNKS = 200
"""Chunks of due work done in one tick; what is left waits for the next."""
SETTLE = 10.0
QUIET_HOUR = 4
"""The hour, in the station's zone, at which all of memory is visited."""
EVERYBODY = Actor(0)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class AtWork:
    """One world with its channels; made and used in the event loop."""

    def __init__(
        self,
        world: World,
        channels: Sequence[Channel],
        *,
        metrics: WorldMetrics | None = None,
        ownership: Ownership | None = None,
        answers: Answers | None = None,
    ) -> None:
        self.world = world
        self.channels = {channel.account: channel for channel in channels}
        if metrics is not None:
            world.took = metrics.turn
        self.answers = answers or Answers(world)
        self.keeper = Keeper(world, self.answers)
        self.ownership = ownership or Ownership(world, new_owner())
        self._dispatchers = [Dispatcher(world, channel, self.ownership.owner, watcher=metrics) for channel in channels]
        self._menus = [Menus(world, one, time.monotonic) for one in channels if isinstance(one, ShowsMenus)]
        self._hearing: list[asyncio.Task[None]] = []
        self._draining: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to hear and to speak."""
        self._draining = self._drain()
        self._hearing = [
            asyncio.create_task(always("listen", partial(self._hear, one))) for one in self.channels.values()
        ]

    def _drain(self) -> list[asyncio.Task[None]]:
        """Begin to speak."""
        return [asyncio.create_task(always("drain", one.run)) for one in self._dispatchers if not is_tied(one.channel)]

    async def _hear(self, channel: Channel) -> None:
        """Let a channel learn who it is, then listen: alone, where its platform hears but one at a time."""
        await self._introduce(channel)
        if getattr(channel, "hears_alone", False):
            waits = (
                f"another program hears {channel.account} already: stop one of the two, or give this one a bot of "
                "its own; until then this one waits"
            )
            await self.ownership.while_held(f"listen:{channel.account}", partial(self._listen, channel), waits)
        else:
            await self._listen(channel)

    async def _introduce(self, channel: Channel) -> None:
        """Let a channel learn who it is where it wants to."""
        learn: Callable[[], Awaitable[None]] | None = getattr(channel, "start", None)
        if learn is not None:
            await learn()
        names = getattr(channel, "bot_names", ())
        self.world.bot_names = tuple(dict.fromkeys((*names, *self.world.bot_names)))

    async def _listen(self, channel: Channel) -> None:
        """Show the menu of commands where there is one, and listen."""
        show: Callable[..., Awaitable[None]] | None = getattr(channel, "set_menu", None)
        if show is not None:
            try:
                await show(menu(self.world))
            except CallFailed as error:
                LOG.warning("menu of commands not shown: %s", error.reason)
        if not is_tied(channel):
            await channel.listen(self.keeper.accept)
            return
        dispatcher = next(one for one in self._dispatchers if one.channel is channel)
        speaking = asyncio.create_task(always("drain", dispatcher.run))
        try:
            await channel.listen(self.keeper.accept)
        finally:
            await _end([speaking])

    async def tick(self) -> None:
        """Do what is due."""
        for _ in range(CHUNKS):
            if not await asyncio.to_thread(clock.tick, self.world):
                return

    async def rest(self) -> None:
        """While nobody waits for an answer, let memory settle."""
        if self.answers.settle(0):
            memory.settle_again()

    async def fetch(self) -> None:
        """Fetch the media that are wanted."""
        try:
            while await clock.fetch(self.world, self.channels):
                pass
        except Exception as error:
            LOG.error("media not fetched: %s", type(error).__name__)

    async def show_menus(self) -> bool:
        """Show the next private menu that no longer fits its owner's roles; whether there was one."""
        return any([await one.step() for one in self._menus])

    async def settle(self) -> None:
        """Let everything that is due happen and be shown; at most about `SETTLE` seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SETTLE
        while loop.time() < until:
            await asyncio.to_thread(self.answers.settle, max(until - loop.time(), 0))
            await self.tick()
            await self.fetch()
            for dispatcher in self._dispatchers:
                dispatcher.wake()
            if not await asyncio.to_thread(self._due):
                return
            await asyncio.sleep(0.02)

    def _due(self) -> bool:
        """Whether a call waits that may go out now, or is on the wire."""
        with self.world.db.read() as session:
            return calls.any_due(session, list(self.channels), self.world.now())

    async def stop(self) -> None:
        """Hear no more, finish what has begun, give the accounts back; what waits goes on at the next start."""
        await _end(self._hearing)
        await asyncio.to_thread(self.keeper.stop)
        await asyncio.to_thread(self.answers.stop)
        await _end(self._draining)
        for channel in self.channels.values():
            await channel.close()
        self.world.db.close()


def scheduled(working: Sequence[AtWork], zone: ZoneInfo) -> AsyncIOScheduler:
    """The clock's calls for each of these: what is late is done once, and never twice at a time."""
    scheduler = AsyncIOScheduler(
        timezone=zone, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    for work in working:
        scheduler.add_job(work.tick, "interval", seconds=1)
        scheduler.add_job(work.fetch, "interval", seconds=1)
        scheduler.add_job(work.rest, "interval", seconds=60)
    scheduler.add_job(memory.settle_anew, "cron", hour=QUIET_HOUR)
    return scheduler


def menu(world: World) -> list[tuple[str, str]]:
    """Latin names of the commands everybody may use, with what they do, in their order."""
    return [
        (one.latin, world.words.render(text(f"help.{one.word}.about")))
        for one in main_commands()
        if one.rank
        and one.latin
        and world.words.has(f"help.{one.word}.about")
        and access.may(EVERYBODY, one.word, ChatKind.PRIVATE)
    ]


def new_owner() -> str:
    """A name for this process that no other has, on whichever machine."""
    return f"{socket.gethostname()[:24]}-{os.getpid()}-{secrets.token_hex(4)}"


async def always(what: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run again what ended in an error, with growing pauses."""
    pause, loop = FIRST_PAUSE, asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await run()
            return
        except Exception as error:
            LOG.error("%s failed, again in %.0f s: %s", what, pause, type(error).__name__)
        if loop.time() - began > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def is_tied(channel: Channel) -> bool:
    """Whether a channel speaks over the connection by which it hears, so that only its hearer can drain it."""
    return bool(getattr(channel, "speaks_where_it_hears", False))


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
