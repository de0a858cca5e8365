"""暂停, 继续, 停发: what an officer does to a notice on its way; the buttons under its progress say the same."""

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
from handlers.searches.finding import check_goes_on


def pause(
    session: Session, words: Catalogue, actor: Actor, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """暂停 反4; 暂停 寻3."""
    return operating.pause(session, words, actor, records.meant(session, actor, codes, topic, "暂停"), now)


def resume(
    session: Session, words: Catalogue, actor: Actor, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """继续 反4."""
    check_goes_on(session, actor, codes, "继续")
    return operating.resume(session, words, actor, records.meant(session, actor, codes, topic, "继续"), now)


def stop(
    session: Session, words: Catalogue, actor: Actor, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """停发 反4."""
    return operating.stop(session, words, actor, records.meant(session, actor, codes, topic, "停发"), now)


COMMANDS = (
    Command("暂停", pause, latin="pause", bare=intent.has_code, rank=28),
    Command("继续", resume, latin="resume", bare=intent.has_code, rank=0),
    Command("停发", stop, latin="halt", bare=intent.has_code, rank=28),
)
