"""Supervision letters (督办) in time: the officer is reminded every week until the safety office lets go."""

from dataclasses import replace

from handlers.dialogue.say import Cause, post
from handlers.dialogue.world import World
from handlers.supervision import actions
from storage import supervisions


def tick(world: World) -> int:
    """Remind of the letters that are due; how many."""
    now = world.now()
    with world.db.read() as session:
        if not supervisions.due(session, now, 1):
            return 0
    with world.db.write() as session:
        rows = supervisions.due(session, now)
        for row in rows:
            name = f"supervision:{row.id}:{row.reminded + 1}"
            says = actions.remind(session, row, now, world.station)
            named = [replace(one, key=f"{name}:{place}") for place, one in enumerate(says)]
            post(session, world.words, named, Cause(name), now)
        return len(rows)


TICK = tick
