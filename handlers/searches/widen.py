"""扩圈: a published search goes out to the next area up."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue
from handlers.publishing.rules import sure_of
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.searches import actions
from handlers.searches.finding import meant
from storage.searches import SearchState


def widen(
    session: Session,
    words: Catalogue,
    actor: Actor,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    now: datetime,
) -> list[Say]:
    """扩圈 寻3; the button under a message that says how many groups that are adds 共12群."""
    search = meant(session, actor, codes, topic, "扩圈", [SearchState.PUBLISHED])
    return actions.widen(session, words, actor, search, now, sure=sure_of(fold(rest))[1])


COMMAND = Command("扩圈", widen, latin="widen", bare=intent.widen, rank=22)
