"""Disclosures (查身份): requests nobody answered lapse, and an identity shown is taken away again."""

import logging

from handlers.dialogue.say import Cause, post
from handlers.dialogue.world import World
from handlers.disclosures import actions
from jobs.due import Clock
from storage import disclosures

LOG = logging.getLogger("wangge.disclosures")


def step(world: World) -> int:
    """Look at what is due; how much. One that fails holds up no other."""
    now = world.now()
    with world.db.write() as session:
        rows = disclosures.due(session, now)
        for row in rows:
            try:
                with session.begin_nested():
                    says = actions.look_after(session, row, now)
                    post(session, world.words, says, Cause(f"disclosure:{row.id}"), now)
            except Exception as error:
                LOG.error("disclosure failed: row=%s %s", row.id, type(error).__name__)
                session.refresh(row)
                disclosures.give_up(session, row)
        return len(rows)


tick = Clock(step, disclosures.due.any)
TICK = tick
