"""找到: the person is there again; without the number typed, or by a button, one question comes first."""

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
from handlers.reading.normal import fold
from handlers.searches import actions, telling
from handlers.searches.finding import meant
from handlers.searches.opening import OPEN
from storage.searches import LETTER


def found(
    session: Session,
    words: Catalogue,
    station: Station,
    actor: Actor,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    via: str,
    now: datetime,
) -> list[Say]:
    """找到 寻3."""
    search = meant(session, actor, codes, topic, "找到", OPEN)
    said = fold(rest)
    if said.endswith(telling.NOT_YET):
        return actions.not_found(search)
    named = any(one.prefix == LETTER for one in codes) and via not in ("button", "choice")
    sure = named or said.endswith(telling.SURE)
    return actions.found(session, words, station, actor, search, now, sure=sure)


COMMAND = Command("找到", found, latin="found", bare=intent.found, rank=23)
