"""Publishing: deliveries and changes go on chunk by chunk."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.world import World
from handlers.publishing import actions
from jobs.due import Clock
from storage import changes, deliveries


def step(world: World) -> int:
    """Take what is being published or taken back a chunk further."""
    now = world.now()
    with world.db.write() as session:
        return actions.advance(session, world.words, now)


def any_waits(session: Session, now: datetime) -> bool:
    """Whether something is being published or taken back, or was halted a moment ago."""
    halted = deliveries.any_just_halted(session, now - actions.HALTED_FOR)
    return halted or deliveries.any_under_way(session) or changes.any_going(session)


tick = Clock(step, any_waits)
TICK = tick
