"""Call-backs (回访) in time: people are asked, asked once more, and the round ends."""

from dataclasses import replace

from handlers.callbacks import actions
from handlers.dialogue.say import Cause, post
from handlers.dialogue.world import World
from storage import callbacks


def tick(world: World) -> int:
    """Take the steps that are due; how many rounds there were."""
    now = world.now()
    with world.db.read() as session:
        if not callbacks.due(session, now, 1):
            return 0
    with world.db.write() as session:
        rows = callbacks.due(session, now)
        for row in rows:
            name = f"callback:{row.id}:{row.state}"
            says = actions.step(session, row, now, world.station)
            named = [replace(one, key=one.key or f"{name}:{place}") for place, one in enumerate(says)]
            post(session, world.words, named, Cause(name), now)
        return len(rows)


TICK = tick
