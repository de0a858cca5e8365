"""Legal holds (保留): whoever placed one is reminded before it ends, and at its end it ends."""

from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.world import World
from handlers.holds import actions
from jobs.due import Clock
from storage import holds


def step(world: World) -> int:
    """Do what is due; how many holds took a step."""
    now = world.now()
    with world.db.write() as session:
        due = holds.due(session, now)
        says: list[Say] = [one for hold in due for one in actions.step(session, hold, now)]
        post(session, world.words, says, Cause("holds"), now)
        return len(due)


tick = Clock(step, holds.any_due)
TICK = tick
