"""不属实: an officer turns a reported search down."""

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


def reject(session: Session, actor: Actor, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """不属实 寻3."""
    search = meant(session, actor, codes, topic, "不属实", [SearchState.REPORTED])
    return actions.reject(session, actor, search, now)


COMMAND = Command("不属实", reject, latin="untrue", bare=intent.has_code, rank=25)
