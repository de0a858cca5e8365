"""Objections (异议) in time: unanswered ones take a suspect notice back, those to ended notices are closed."""

from dataclasses import replace

from handlers.bulletins.views import Office
from handlers.dialogue.say import Cause, post
from handlers.dialogue.world import World
from handlers.objections import actions
from jobs.due import Clock
from storage import objections


def step(world: World) -> int:
    """Take every step that is due; how many there were. Nothing is locked where nothing is contested."""
    now = world.now()
    with world.db.read() as session:
        if not actions.any_due(Office(session, world.words, world.station, now)):
            return 0
    done = 0
    with world.db.write() as session:
        office = Office(session, world.words, world.station, now)
        for contest in objections.every_open(session, lock=True):
            name = f"contest:{contest.id}:{contest.next_at}"
            says = actions.step(office, contest)
            named = [replace(one, key=f"{name}:{place}") for place, one in enumerate(says)]
            post(session, world.words, named, Cause(name), now)
            done += 1
    return done


tick = Clock(step, lambda session, now: objections.any_open(session))
TICK = tick
