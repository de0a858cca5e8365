"""平息: things have calmed down, though the matter is not done yet; the second of the three clocks stops."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import views
from handlers.dialogue import kinds
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.reading import intent
from handlers.reading.codes import Code
from storage import moments
from storage.moments import Clock


def calm(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """Note the moment, the first time; whoever says it has been there."""
    case = kinds.for_team(session, scene, codes, topic)
    known = moments.of(session, case.topic)
    if known is not None and known.calmed_at is not None:
        raise refuse("cases.is_calm", code=case.code)
    if not case.going:
        raise refuse("cases.over", code=case.code)
    moments.note(session, case.topic, Clock.RESPONDED, now)
    moments.note(session, case.topic, Clock.CALMED, now)
    return [Say(text("cases.calmed", code=case.code, span=views.span_words(now - case.created_at)))]


COMMAND = Command("平息", calm, bare=intent.never, rank=64)
