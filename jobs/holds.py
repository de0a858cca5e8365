"""Legal holds (保留): whoever placed one is reminded before it ends, and at its end it ends."""

from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.world import World
from handlers.holds import actions
from storage import holds


def tick(world: World) -> int:
    """Do what is due; how many holds took a step."""
    now = world.now()
    with world.db.read() as session:
        if not holds.due(session, now, 1):
            return 0
    with world.db.write() as session:
        due = holds.due(session, now)
        says: list[Say] = [one for hold in due for one in actions.step(session, hold, now)]
        post(session, world.words, says, Cause("holds"), now)
        return len(due)


TICK = tick
