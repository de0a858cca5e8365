"""The weekly figures (周报) in time: on the day and at the hour the station chose they are told to the desk, once.

They are counted and drawn before anything is locked; a row of `storage/weekly.py` says that a week was told. Pictures
and sheets somebody asks for are made here too, so that nobody waits for them to be drawn.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.scene import actor_of
from handlers.dialogue.wording import text
from handlers.dialogue.world import World
from handlers.weekly import actions, report, weeks
from storage import audit, weekly

PATIENCE: Final = timedelta(minutes=10)
"""What could not be made in this time is given up, and said so."""


def tick(world: World) -> int:
    """Make what was asked for, and tell the week whose moment has come; how many messages."""
    return _make(world) + _publish(world)


def _publish(world: World) -> int:
    """A world that began after the moment has nothing to tell."""
    now = world.now()
    first = report.due(now, world.station)
    if first is None:
        return 0
    station = world.station
    with world.db.read() as session:
        if weekly.issue(session, first) is not None:
            return 0
        began = audit.began(session)
        if began is None or station.weekly_at is None:
            return 0
        if began > weeks.told_at(first, station.weekly_at, now.tzinfo, station.workdays):
            return 0
        shown = actions.prepare(session, world.words, station, first, now)
        kept = report.frozen(session, weeks.stretch(first, now))
    with world.db.write() as session:
        return actions.publish(session, world.words, first, shown, kept, now)


def _make(world: World) -> int:
    now = world.now()
    with world.db.read() as session:
        wanted = weekly.orders(session)
    for one in wanted:
        late = now - one.created_at > PATIENCE
        with world.db.read() as session:
            actor = actor_of(session, one.person_id)
            made = None if late else actions.make(session, world.words, world.station, actor, one, now)
        with world.db.write() as session:
            if not weekly.drop_order(session, one.id):
                continue
            said = Say(text("weekly.not_made"))
            if made is not None:
                said = actions.tell(session, world.words, actor, made, now)
            post(session, world.words, [replace(said, person=actor.id)], Cause(f"weekly_order:{one.id}"), now)
    return len(wanted)


TICK = tick
