"""线索汇总: all sightings of a search as one time-line, privately."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.searches import actions
from handlers.searches.finding import meant
from storage.searches import SearchState


def summary(session: Session, actor: Actor, codes: Sequence[Code], topic: str | None, now: datetime) -> Say:
    """线索汇总 寻3."""
    search = meant(session, actor, codes, topic, "线索汇总", [SearchState.PUBLISHED])
    return actions.timeline(session, actor, search, now)


COMMAND = Command("线索汇总", summary, latin="sightings", bare=intent.timeline, private=True, rank=24)
