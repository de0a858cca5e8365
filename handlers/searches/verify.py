"""核实: an officer confirms a missing person; it is published at once."""

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
from handlers.searches import actions
from handlers.searches.finding import meant
from storage.searches import SearchState


def verify(
    session: Session,
    words: Catalogue,
    station: Station,
    actor: Actor,
    codes: Sequence[Code],
    topic: str | None,
    rest: str,
    now: datetime,
) -> list[Say]:
    """核实 寻3, with 有危险 where the officer sees some, 依法 where the law stands for the guardian's consent."""
    search = meant(session, actor, codes, topic, "核实", [SearchState.REPORTED])
    said = fold(rest)
    danger = "危险" in said and "没有危险" not in said and "无危险" not in said and "没危险" not in said
    return actions.verify(session, words, station, actor, search, now, danger=danger, by_law="依法" in said)


COMMAND = Command("核实", verify, latin="verify", bare=intent.verify, rank=21)
