"""Doubts: whoever answers for an area hears once that calls are in doubt, after a crash or a lost answer."""

from handlers.dialogue.say import Cause, post
from handlers.dialogue.world import World
from handlers.publishing import doubting
from jobs.due import Clock


def step(world: World) -> int:
    """Tell the groups concerned of new doubts; how many were told. Nothing is locked where all were told."""
    now = world.now()
    with world.db.read() as session:
        if not doubting.step(session, now):
            return 0
    with world.db.write() as session:
        return len(post(session, world.words, doubting.step(session, now), Cause("doubts"), now))


tick = Clock(step, doubting.any_new)
TICK = tick
