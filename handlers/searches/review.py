"""复核: a second officer has looked at what one alone published."""

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


def review(session: Session, actor: Actor, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """复核 寻3."""
    search = meant(session, actor, codes, topic, "复核", [SearchState.PUBLISHED])
    return actions.review(session, actor, search, now)


COMMAND = Command("复核", review, latin="review", bare=intent.has_code, rank=22)
