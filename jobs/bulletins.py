"""Bulletins (通报): scheduled ones go out, unanswered requests lapse, and at their end copies are closed."""

from handlers.bulletins import closing
from handlers.bulletins.views import Office
from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.world import World
from jobs.due import Clock
from storage import bulletins


def step(world: World) -> int:
    """Do what is due now; how many bulletins took a step."""
    now = world.now()
    done = 0
    with world.db.write() as session:
        office = Office(session, world.words, world.station, now)
        says: list[Say] = []
        for bulletin in bulletins.expiring(session, now):
            says += closing.expire(office, bulletin)
            done += 1
        for bulletin in bulletins.due(session, now):
            says += closing.step(office, bulletin)
            done += 1
        post(session, world.words, says, Cause("bulletins"), now)
    return done


tick = Clock(step, bulletins.any_due)
TICK = tick
