"""发送情况: which groups got a notice and which did not, and why; in words and as a sheet, privately."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue
from handlers.publishing import records, reporting
from handlers.publishing.reporting import Report
from handlers.reading import intent
from handlers.reading.codes import Code


def look(
    session: Session, words: Catalogue, actor: Actor, codes: Sequence[Code], topic: str | None, now: datetime
) -> Report:
    """Gather it all before anything is locked."""
    return reporting.look(session, words, actor, records.meant(session, actor, codes, topic, "发送情况"), now)


def report(session: Session, words: Catalogue, actor: Actor, seen: Report, now: datetime) -> list[Say]:
    """发送情况 反4."""
    return reporting.tell(session, words, actor, seen, now)


COMMAND = Command("发送情况", report, latin="delivery", bare=intent.has_code, look=look, private=True, rank=28)
