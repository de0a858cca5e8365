"""The audit chain (审计) in time: once a day its end is handed out to the administrators (存证)."""

from handlers.audit import actions, rules
from handlers.dialogue.world import World
from storage import audit


def tick(world: World) -> int:
    """Hand out the day's anchor once its time has come; how many messages.

    The chain is checked before, a long one by parts. One that began after that time has nothing to anchor yet.
    """
    if world.station.anchor_at is None:
        return 0
    now = world.now()
    due = rules.last_due(now, world.station.anchor_at)
    day = f"{due:%Y-%m-%d}"
    with world.db.read() as session:
        if audit.is_anchored(session, day):
            return 0
        began = audit.began(session)
        if began is None or began > due:
            return 0
        broken = audit.verify_part(session, now.toordinal())
    with world.db.write() as session:
        return actions.hand_out(session, world.words, day, broken, now)


TICK = tick
