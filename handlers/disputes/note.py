"""调解记: a fact of the case, in one message or question by question: what was done, where, how, before whom."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import Refusal
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Question, plain
from handlers.dialogue.say import Button, Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import said, text
from handlers.disputes import actions, records, rules
from handlers.disputes.rules import Fact
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from storage.forms import OpenForm


def note(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """Note what was done; without words, ask for it."""
    dispute = records.for_handler(session, scene, codes, topic)
    words = after_codes(rest, records.named(codes))
    if words:
        return actions.add_fact(session, dispute, rules.fact(words), now)
    records.going(dispute)
    if scene.chat is None:
        return []
    return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, topic=dispute.topic)


def finish(session: Session, scene: Scene, answers: Mapping[str, Any], form: OpenForm, now: datetime) -> list[Say]:
    """Note what was answered."""
    dispute = records.meant(session, (), form.topic)
    if dispute is None:
        return [Say(text("incidents.unknown"))]
    fact = Fact(answers["what"], *((answers[name] or "")[:40] for name in ("room", "method", "witness")))
    try:
        records.check_handler(session, scene.actor, dispute)
        return actions.add_fact(session, dispute, fact, now)
    except Refusal as refusal:
        return [Say(refusal.text)]


def _choices(words: Sequence[str]) -> tuple[tuple[Button, ...], ...]:
    made = [Button(said(one), one) for one in words]
    return tuple(tuple(made[start : start + 3]) for start in range(0, len(made), 3))


FORM = Form(
    "dispute_note",
    (
        Question("what", plain, optional=False),
        Question("room", plain, choices=_choices(rules.ROOMS)),
        Question("method", plain, choices=_choices(rules.METHODS)),
        Question("witness", plain),
    ),
    finish,
)
FORMS = (FORM,)
COMMAND = Command("调解记", note, bare=intent.never, rank=62)
