"""不属实: an officer turns a reported search down."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.searches import actions, telling
from handlers.searches.finding import is_sure, meant
from storage.searches import SearchState

STATES = (SearchState.DRAFT, SearchState.REPORTED)


def reject(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, via: str, now: datetime
) -> list[Say]:
    """不属实 寻3; asked once more where another may be meant."""
    search = meant(session, scene.actor, codes, topic, "不属实", [SearchState.REPORTED])
    asked = via in ("button", "choice") or fold(rest).endswith(telling.SURE)
    sure = asked or is_sure(session, scene.actor, codes, via, search, STATES)
    return actions.reject(session, scene, search, now, sure=sure)


COMMAND = Command("不属实", reject, latin="untrue", bare=intent.has_code, rank=25)
