"""The clock: what is due now happens now. Each tick claims rows, and puts what is said into the outbox with them."""

from collections.abc import Callable, Mapping

from handlers.dialogue.world import World
from jobs import media
from jobs.channel import Channel

Tick = Callable[[World], int]
"""One kind of due work: does a chunk of it and tells how much was done; 0 when nothing is due."""

TICKS: dict[str, Tick] = {}


def tick(world: World) -> bool:
    """Do a chunk of everything that is due; whether there was anything."""
    return any([run(world) for run in TICKS.values()])


async def fetch(world: World, channels: Mapping[str, Channel]) -> bool:
    """Fetch media that are wanted; whether there were any."""
    return await media.fetch_due(world, channels)
