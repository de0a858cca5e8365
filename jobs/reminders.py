"""Reminders ring (提醒): claimed, counted and queued in one transaction, so that any number of processes may tick."""

import logging

from handlers.dialogue.say import Cause, post
from handlers.dialogue.world import World
from handlers.reminders import actions
from jobs.due import Clock
from storage import reminders

LOG = logging.getLogger("wangge.reminders")


def step(world: World) -> int:
    """Ring what is due; how many. One that cannot be rung is cancelled and holds up no other."""
    now = world.now()
    with world.db.write() as session:
        rows = reminders.due(session, now)
        for row in rows:
            try:
                with session.begin_nested():
                    post(session, world.words, actions.ring(session, row, now), Cause(f"reminder:{row.id}"), now)
            except Exception as error:
                LOG.error("reminder failed: row=%s %s", row.id, type(error).__name__)
                session.refresh(row)
                reminders.give_up(session, row)
        return len(rows)


tick = Clock(step, reminders.any_due)
TICK = tick
