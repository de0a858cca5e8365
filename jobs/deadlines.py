"""Deadlines (时限): a report nobody takes climbs to the officer, then to the desk."""

from handlers.dialogue.say import Cause, post
from handlers.dialogue.world import World
from handlers.incidents import work
from jobs.due import Clock
from storage import incidents


def step(world: World) -> int:
    """Take the steps that are due; how many incidents there were."""
    now = world.now()
    with world.db.write() as session:
        due = incidents.due(session, now)
        for incident in due:
            says = work.climb(session, incident, now, world.station)
            post(session, world.words, says, Cause(f"incident:{incident.id}"), now)
        return len(due)


tick = Clock(step, incidents.due.any)
TICK = tick
