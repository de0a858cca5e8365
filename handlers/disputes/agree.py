"""达成、终止: both sides have agreed, and on what; or the mediation ends without an agreement, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import Refusal
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Question, plain
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.disputes import closing, records
from handlers.incidents.rules import clean
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from storage.disputes import DisputeState
from storage.forms import OpenForm


def agree(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """Keep the agreement told; said again before anybody is called back it replaces the first."""
    dispute = records.for_handler(session, scene, codes, topic)
    words = clean(after_codes(rest, records.named(codes)))
    if words:
        return closing.agree(session, dispute, words, now, station)
    if dispute.state is not DisputeState.AGREED:
        records.going(dispute)
    if scene.chat is None:
        return []
    return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, topic=dispute.topic)


def finish(
    session: Session, scene: Scene, answers: Mapping[str, Any], form: OpenForm, now: datetime, station: Station
) -> list[Say]:
    """Keep the agreement asked for."""
    dispute = records.meant(session, (), form.topic)
    if dispute is None:
        return [Say(text("incidents.unknown"))]
    try:
        records.check_handler(session, scene.actor, dispute)
        return closing.agree(session, dispute, clean(answers["words"]), now, station)
    except Refusal as refusal:
        return [Say(refusal.text)]


def end(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """End without an agreement: 终止 纠3 双方不愿再调解."""
    dispute = records.for_handler(session, scene, codes, topic)
    return closing.end(session, dispute, after_codes(rest, records.named(codes)), now, station)


FORM = Form("dispute_agreement", (Question("words", plain, optional=False),), finish)
FORMS = (FORM,)
COMMANDS = (
    Command("达成", agree, aliases=("达成协议",), bare=intent.never, rank=63),
    Command("终止", end, aliases=("调解不成",), bare=intent.never, rank=0),
)
