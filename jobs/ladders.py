"""Ladders (升级阶梯) in time: clocks that run out climb, stopped ones go on, each step at its own moment."""

from dataclasses import replace

from handlers.dialogue.say import Cause, post
from handlers.dialogue.world import World
from handlers.ladders import actions
from storage import ladders


def tick(world: World) -> int:
    """Take the steps that are due; how many ladders there were."""
    now = world.now()
    with world.db.read() as session:
        if not ladders.due(session, now, 1):
            return 0
    with world.db.write() as session:
        rows = ladders.due(session, now)
        for row in rows:
            name = f"ladder:{row.id}:{row.next_at}"
            says = actions.advance(session, row, now, world.station)
            named = [replace(one, key=f"{name}:{place}") for place, one in enumerate(says)]
            post(session, world.words, named, Cause(name), now)
        return len(rows)


TICK = tick
