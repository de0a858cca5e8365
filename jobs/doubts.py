"""Doubts: whoever answers for an area hears once that calls are in doubt, after a crash or a lost answer."""

from handlers.dialogue.say import Cause, post
from handlers.dialogue.world import World
from handlers.publishing import doubting


def tick(world: World) -> int:
    """Tell the groups concerned of new doubts; how many were told."""
    now = world.now()
    with world.db.read() as session:
        if not doubting.any_new(session, now) or not doubting.step(session, now):
            return 0
    with world.db.write() as session:
        return len(post(session, world.words, doubting.step(session, now), Cause("doubts"), now))


TICK = tick
