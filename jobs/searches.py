"""Searches (寻人) in time: unverified ones go up, published ones widen or expire, photos of closed ones are erased."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.orm import Session

from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.world import World
from handlers.searches import steps
from jobs.due import Clock
from storage import searches
from storage.searches import Search


def step(world: World) -> int:
    """Take every step that is due; how many there were."""
    now, done = world.now(), 0
    with world.db.write() as session:
        for search in searches.expiring(session, now):
            _say(world, session, search, "end", steps.expire(session, world.words, search, now))
            done += 1
        for search in searches.unreviewed(session, now):
            _say(world, session, search, f"review {search.review_at}", steps.unreviewed(session, search, now))
            done += 1
        for search in searches.due(session, now):
            due = search.next_at
            _say(world, session, search, f"{due}", steps.step(session, world.words, world.station, search, now))
            done += 1
    return done


def _say(world: World, session: Session, search: Search, step: str, says: Iterable[Say]) -> None:
    """Queue with permanent keys: the same step of the same search is never said twice."""
    cause = Cause(f"{search.topic}:{search.revision}:{step}")
    named = [replace(one, key=f"{cause.name}:{place}") for place, one in enumerate(says)]
    post(session, world.words, named, cause, world.now())


tick = Clock(step, searches.any_due)
TICK = tick
