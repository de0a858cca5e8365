"""查实、查否、无法核、答复: what was found out, and the answer to whoever told it, read by an officer first."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Question, plain
from handlers.dialogue.say import Button, Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.incidents import records, work
from handlers.incidents.words import GAP, after_codes
from handlers.intelligence import actions, rules, views
from handlers.intelligence.intel import for_officers
from handlers.intelligence.study import tips
from handlers.reading.codes import Code
from storage import chats, forms, incidents, intelligence
from storage.forms import FormState, OpenForm
from storage.incidents import Incident, IncidentKind
from storage.intelligence import Verdict

BACK = "退回"
USUAL = {
    "done": "已查实并依法处理",
    "nothing": "查过了，没有发现问题",
    "not_enough": "线索还不够，有新情况请再告诉我们",
}
"""What most answers say: the label `intelligence.usual.<name>` and what is said by pressing it."""


def _finder_of(verdict: Verdict) -> Callable[..., list[Say]]:
    def handle(session: Session, scene: Scene, rest: str, codes: Sequence[Code], now: datetime) -> list[Say]:
        own = tips(rest, codes)
        incident = records.find_for_team(session, scene, own, None) or _only_one(session, scene, codes)
        if incident is None:
            raise refuse("intelligence.which")
        words = after_codes(rest, own).removeprefix("了").strip(GAP)
        row = actions.study(session, incident)
        if not words and row.answer is None and scene.chat is not None:
            return _ask(session, scene, incident, verdict, scene.chat.id, now)
        _no_more_asked(session, scene, incident, now)
        return actions.draft(session, scene.actor, incident, verdict, words, now)

    return handle


def _only_one(session: Session, scene: Scene, codes: Sequence[Code]) -> Incident | None:
    """Without a number, the only tip in somebody's hands."""
    held = incidents.in_hands_of(session, scene.actor.id) if scene.actor.id and not codes else ()
    mine = [one for one in held if one.kind is IncidentKind.TIP]
    return mine[0] if len(mine) == 1 else None


def _ask(
    session: Session, scene: Scene, incident: Incident, verdict: Verdict, chat_id: int, now: datetime
) -> list[Say]:
    work.may_close(session, scene.actor, incident)
    known = {"verdict": str(verdict)}
    return asking.begin(session, FORM, scene.actor.id, chat_id, now, known, topic=incident.topic)


def _no_more_asked(session: Session, scene: Scene, incident: Incident, now: datetime) -> None:
    """What was still asked about this tip has been said, so that the next words are no answer to it."""
    form = forms.open_of(session, scene.actor.id, scene.chat.id, now) if scene.chat is not None else None
    if form is not None and form.name == FORM.name and form.topic == incident.topic:
        forms.close(session, form, FormState.DONE, now)


def finish(session: Session, scene: Scene, answers: Mapping[str, Any], form: OpenForm, now: datetime) -> list[Say]:
    """Draft the answer asked for."""
    incident = records.of_topic(session, form.topic)
    if incident is None:
        return [Say(text("incidents.unknown"))]
    try:
        return actions.draft(session, scene.actor, incident, Verdict(answers["verdict"]), answers["words"], now)
    except Refusal as refusal:
        return [Say(refusal.text)]


def closing(session: Session, scene: Scene, incident: Incident, outcome: str, now: datetime) -> list[Say]:
    """办结 of a tip leads to its answer: which verdict, in which words; in a group all of it is said privately."""
    work.may_close(session, scene.actor, incident)
    row = actions.study(session, incident)
    found = rules.verdict_in(outcome)
    if outcome:
        says = actions.draft(session, scene.actor, incident, Verdict(found) if found else None, outcome, now)
    else:
        says = [views.which_verdict(incident, intelligence.answer_of(session, incident, row))]
    if not scene.is_group:
        return says
    if chats.private_of(session, scene.actor.id) is None:
        raise refuse("incidents.which_close")
    aside = Say(text("incidents.aside"), opens_for=scene.actor.id, quote=True)
    return [*records.privately(says, scene.actor.id), aside]


def answer(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], now: datetime, station: Station
) -> list[Say]:
    """答复 线3 shows what will be said; its button sends that version; 答复 线3 退回 hands it back with a reason."""
    own = tips(rest, codes)
    incident = for_officers(session, scene, own)
    words = after_codes(rest, own)
    if words.startswith(BACK):
        return actions.hand_back(session, scene.actor, incident, words.removeprefix(BACK).strip(" ：:，,"), now)
    seen = rules.draft_seen(words)
    if seen is None:
        return actions.look(session, scene.actor, incident)
    return actions.send(session, scene.actor, incident, seen, now, station)


FORM = Form(
    "tip_answer",
    (
        Question(
            "words",
            plain,
            choices=tuple((Button(text(f"intelligence.usual.{name}"), words),) for name, words in USUAL.items()),
            optional=False,
        ),
    ),
    finish,
    keeps=frozenset({"verdict"}),
)
FORMS = (FORM,)
COMMANDS = (
    *(Command(one, _finder_of(one), rank=0) for one in Verdict),
    Command("答复", answer, rank=0),
)
