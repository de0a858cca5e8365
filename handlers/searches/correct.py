"""更正: an officer changes the words of a notice; copies that stand are edited."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.searches import actions
from handlers.searches.finding import meant
from handlers.searches.opening import OPEN


def correct(
    session: Session,
    words: Catalogue,
    actor: Actor,
    codes: Sequence[Code],
    topic: str | None,
    rest: str,
    now: datetime,
) -> list[Say]:
    """更正 寻3 穿的是红棉袄."""
    search = meant(session, actor, codes, topic, "更正", OPEN)
    return actions.correct(session, words, actor, search, _without_code(rest, codes), now)


def _without_code(rest: str, codes: Sequence[Code]) -> str:
    """What follows the code, as typed."""
    return rest[codes[0].span[1] :].lstrip(" \t，,：:。") if codes else rest.strip()


COMMAND = Command("更正", correct, latin="correct", bare=intent.has_code, private=True, rank=24)
