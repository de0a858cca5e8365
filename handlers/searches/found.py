"""找到: the person is there again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue
from handlers.dialogue.world import Station
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.searches import actions
from handlers.searches.finding import meant
from handlers.searches.opening import OPEN


def found(
    session: Session,
    words: Catalogue,
    station: Station,
    actor: Actor,
    codes: Sequence[Code],
    topic: str | None,
    now: datetime,
) -> list[Say]:
    """找到 寻3."""
    search = meant(session, actor, codes, topic, "找到", OPEN)
    return actions.found(session, words, station, actor, search, now)


COMMAND = Command("找到", found, latin="found", bare=intent.found, rank=23)
