"""Evening talks (夜话) in time: all are reminded an hour before, notes are asked for, and it closes."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.say import Say
from handlers.dialogue.world import Station, World
from handlers.talks import actions
from jobs import due
from storage import cases
from storage.talks import Talk


def tick(world: World) -> int:
    """Step the talks whose clock strikes; what they say to many goes out in this world's words."""

    def step(session: Session, talk: Talk, now: datetime, station: Station) -> list[Say]:
        return actions.step(session, talk, now, station, world.words)

    return due.each("talk", cases.due_of(Talk), step)(world)


TICK = tick
