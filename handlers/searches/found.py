"""找到: the person is there again; asked once more, unless the number was typed where only one can be meant."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Catalogue
from handlers.dialogue.world import Station
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.searches import actions, telling
from handlers.searches.finding import is_sure, meant
from handlers.searches.opening import OPEN


def found(
    session: Session,
    words: Catalogue,
    station: Station,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    via: str,
    now: datetime,
) -> list[Say]:
    """找到 寻3."""
    actor = scene.actor
    search = meant(session, actor, codes, topic, "找到", OPEN)
    said = fold(rest)
    if said.endswith(telling.NOT_YET):
        return actions.not_found(search)
    sure = said.endswith(telling.SURE) or is_sure(session, actor, codes, via, search, OPEN)
    return actions.found(session, words, station, scene, search, now, sure=sure)


COMMAND = Command("找到", found, latin="found", bare=intent.found, rank=23)
