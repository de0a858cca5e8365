"""The clock: what is due now happens now.

Every file of this floor with a `TICK` takes part: each tick claims rows that are due and puts what is said into
the outbox in the same transaction, so that any number of processes may tick.
"""

import importlib
import logging
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache

from handlers.dialogue.world import World
from jobs import media
from jobs.channel import Channel
from jobs.due import Clock

LOG = logging.getLogger("wangge.clock")
Tick = Callable[[World], int]
"""Does a chunk of one kind of due work and tells how much was done; 0 when nothing is due."""


@cache
def all_ticks() -> Mapping[str, Tick]:
    """Name → tick of the files of this floor."""
    package = importlib.import_module("jobs")
    modules = [importlib.import_module(f"jobs.{found.name}") for found in pkgutil.iter_modules(package.__path__)]
    return {module.__name__: module.TICK for module in modules if hasattr(module, "TICK")}


def _wanted(world: World, ticks: Mapping[str, Tick]) -> dict[str, Tick]:
    """Those in which something is due, by one look at all of them; those that look by themselves are run."""
    now = world.now()
    wanted: dict[str, Tick] = {}
    with world.db.read() as session:
        for name, one in ticks.items():
            if not isinstance(one, Clock):
                wanted[name] = one
            elif one.look(session, now):
                wanted[name] = one.run
    return wanted


def tick(world: World) -> bool:
    """Do a chunk of everything that is due; whether there was anything. One that fails holds up no other."""
    busy = False
    ticks = all_ticks()
    try:
        wanted = _wanted(world, ticks)
    except Exception as error:
        LOG.error("not looked what is due: %s", type(error).__name__)
        wanted = dict(ticks)
    for name, run in wanted.items():
        try:
            busy = run(world) > 0 or busy
        except Exception as error:
            LOG.error("tick failed: %s %s", name, type(error).__name__)
    return busy


async def fetch(world: World, channels: Mapping[str, Channel]) -> bool:
    """Fetch media that are wanted; whether there were any."""
    return await media.fetch_due(world, channels)
