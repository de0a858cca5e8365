"""补发: only the groups that did not get a notice get it once more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue
from handlers.publishing import operating, records
from handlers.reading import intent
from handlers.reading.codes import Code


def again(
    session: Session, words: Catalogue, actor: Actor, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """补发 反4."""
    return operating.again(session, words, actor, records.meant(session, actor, codes, topic, "补发"), now)


COMMAND = Command("补发", again, latin="retry", bare=intent.has_code, rank=28)
