"""办结、重开: close an incident with what came of it; open it again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import Refusal, refuse, require
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Question, plain
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.incidents import records, work
from handlers.incidents.words import after_codes
from handlers.intelligence import answer, owing
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.searches.finding import check_goes_on
from storage import chats, incidents
from storage.forms import OpenForm
from storage.incidents import Incident

QUICK = {"done": "已现场处理好", "passed_on": "已转专业部门处理", "nothing": "到场查看，没有问题"}
"""The usual outcomes: the label `incidents.quick.<name>` and what is said by pressing it."""


def close(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    via: str,
    now: datetime,
    station: Station,
) -> list[Say]:
    """Close the incident named, the one answered to, or the only one this person has taken."""
    incident = records.find_for_team(session, scene, codes, topic) or _own(session, scene)
    outcome = after_codes(rest, records.named(codes))
    if owing.is_owed(incident):
        return answer.closing(session, scene, incident, outcome, now)
    if not outcome:
        return _ask(session, scene, incident, now)
    says = work.close(session, scene.actor, incident, outcome, now, station)
    return answered(scene, says, _closed(session, scene, incident), via, incident)


def _closed(session: Session, scene: Scene, incident: Incident) -> Text:
    if scene.is_group and records.hidden(session, incident):
        return text("incidents.closed_tip")
    return text("incidents.closed", code=incident.code)


def answered(scene: Scene, says: list[Say], line: Text, via: str, incident: Incident | None = None) -> list[Say]:
    """Add the answer to the one who did it; a button in a group is answered by a toast, the card shows the rest."""
    if says and scene.is_group and via in ("button", "choice"):
        return [replace(says[0], toast=line), *says[1:]]
    undo = incident is not None and not scene.is_group
    buttons = rows(button("incidents.button.reopen", f"重开 {incident.code}")) if incident and undo else ()
    return [Say(line, quote=True, toast=line, buttons=buttons), *says]


def _own(session: Session, scene: Scene) -> Incident:
    """The only incident this person has taken; raises Refusal asking which."""
    mine = incidents.in_hands_of(session, scene.actor.id)
    if len(mine) != 1:
        raise refuse("incidents.which_close")
    return mine[0]


def _ask(session: Session, scene: Scene, incident: Incident, now: datetime) -> list[Say]:
    """No outcome was said: ask for it with the usual ones as buttons; of a tip privately."""
    work.may_close(session, scene.actor, incident)
    if not scene.is_group or records.hidden(session, incident):
        private = chats.private_of(session, scene.actor.id)
        if private is None:
            raise refuse("incidents.which_close")
        says = asking.begin(session, FORM, scene.actor.id, private.id, now, topic=incident.topic)
        if scene.is_group:
            says.append(Say(text("incidents.aside"), opens_for=scene.actor.id, quote=True))
        return says
    buttons = tuple(
        (button(f"incidents.quick.{name}", f"办结 {incident.code} {words}"),) for name, words in QUICK.items()
    )
    return [Say(text("incidents.ask_outcome", code=incident.code), buttons=buttons, quote=True)]


def finish(
    session: Session, scene: Scene, answers: Mapping[str, Any], form: OpenForm, now: datetime, station: Station
) -> list[Say]:
    """Close with the outcome asked for."""
    incident = records.of_topic(session, form.topic)
    if incident is None:
        return [Say(text("incidents.unknown"))]
    try:
        says = work.close(session, scene.actor, incident, answers["outcome"], now, station)
    except Refusal as refusal:
        return [Say(refusal.text)]
    return answered(scene, says, text("incidents.closed", code=incident.code), "form", incident)


def reopen(
    session: Session,
    scene: Scene,
    codes: Sequence[Code],
    topic: str | None,
    via: str,
    now: datetime,
    station: Station,
) -> list[Say]:
    """Open a closed incident again, or part a merged one; who told it hears how the team learns that it is not well."""
    own = records.numbered(session, records.named(codes)[0]) if records.named(codes) else None
    if own is not None and records.is_teller(session, scene.actor, own):
        work.may_reopen(session, scene.actor, own)
    require(scene.actor, "重开", None)
    incident = records.find_for_team(session, scene, codes, topic)
    if incident is None:
        check_goes_on(session, scene.actor, codes, "重开")
        raise refuse("incidents.which_reopen")
    says = work.reopen(session, scene.actor, incident, now, station)
    return answered(scene, says, text("incidents.reopened"), via)


FORM = Form(
    "incident_outcome",
    (
        Question(
            "outcome",
            plain,
            choices=tuple((Button(text(f"incidents.quick.{name}"), words),) for name, words in QUICK.items()),
            optional=False,
        ),
    ),
    finish,
)
FORMS = (FORM,)
COMMANDS = (
    Command("办结", close, latin="done", aliases=("销号",), bare=intent.done, rank=22),
    Command("重开", reopen, bare=intent.only_code, rank=0),
)
