"""The weekly figures (周报) in time: on the day and at the hour the station chose they are told to the desk, once.

They are counted and drawn before anything is locked; a row of `storage/weekly.py` says that a week was told.
"""

from handlers.dialogue.world import World
from handlers.weekly import actions, report, weeks
from storage import audit, weekly


def tick(world: World) -> int:
    """Tell the week whose moment has come; how many messages. A world that began after it has nothing to tell."""
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


TICK = tick
