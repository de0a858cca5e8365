"""Media (图片): fetched in time, re-encoded without their hidden data, sealed."""

from collections.abc import Mapping

from handlers.dialogue.world import World
from jobs.channel import Channel


async def fetch_due(world: World, channels: Mapping[str, Channel]) -> bool:
    """Fetch what is wanted now; whether there was anything."""
    return False
