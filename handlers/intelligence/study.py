"""研判、并案、单列: what an officer makes of a tip, and where it belongs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Question, plain
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.incidents import records
from handlers.incidents.rules import TIP
from handlers.incidents.words import after_codes, tip_first
from handlers.intelligence import actions, joining
from handlers.intelligence.intel import for_officers
from handlers.reading.codes import Code
from storage.forms import OpenForm


def assess(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], now: datetime, station: Station
) -> list[Say]:
    """研判 线3 与上月两起手法相同; without words they are asked for."""
    own = tips(rest, codes)
    incident = for_officers(session, scene, own)
    words = after_codes(rest, own)
    if not words and scene.chat is not None:
        actions.study(session, incident)
        return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, topic=incident.topic)
    return [actions.assess(session, scene.actor, incident, words, now, station)]


def tips(rest: str, codes: Sequence[Code]) -> list[Code]:
    """The codes of tips among those of a message."""
    return [code for code in tip_first(rest, codes) if code.prefix == TIP]


def finish(
    session: Session, scene: Scene, answers: Mapping[str, Any], form: OpenForm, now: datetime, station: Station
) -> list[Say]:
    """Keep the assessment asked for."""
    incident = records.of_topic(session, form.topic)
    if incident is None:
        return [Say(text("incidents.unknown"))]
    try:
        return [actions.assess(session, scene.actor, incident, answers["words"], now, station)]
    except Refusal as refusal:
        return [Say(refusal.text)]


def join(session: Session, scene: Scene, rest: str, codes: Sequence[Code], now: datetime) -> list[Say]:
    """并案 线3 协2: the first code is the tip, the second what it belongs to."""
    own = tips(rest, codes)
    incident = for_officers(session, scene, own[:1])
    others = [code for code in codes if code.span != own[0].span and str(code) != str(own[0])]
    if not others:
        raise refuse("intelligence.join_what", code=incident.code)
    return actions.join(session, scene.actor, incident, joining.target(session, scene, others[0]), now)


def single(session: Session, scene: Scene, rest: str, codes: Sequence[Code], now: datetime) -> list[Say]:
    """单列 线3."""
    return actions.single(session, scene.actor, for_officers(session, scene, tips(rest, codes)), now)


FORM = Form("tip_assessment", (Question("words", plain, optional=False),), finish)
FORMS = (FORM,)
COMMANDS = (
    Command("研判", assess, rank=0),
    Command("并案", join, rank=0),
    Command("单列", single, rank=0),
)
