"""同意志愿、不同意志愿: an officer answers an offer to help."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import plain
from handlers.dialogue.access import DESK, OFFICERS, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.kinds import unknown
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.incidents.rules import clean
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.volunteers import actions, leaving
from storage import areas, cases
from storage.volunteers import LETTER, Volunteer, VolunteerState


def _is_team(session: Session, actor: Actor, row: Volunteer) -> bool:
    return actor.has(OFFICERS | DESK, areas.get(session, row.area_id))


def _meant(session: Session, scene: Scene, codes: Sequence[Code]) -> Volunteer:
    """The offer an officer of its area means; a Refusal that tells anybody else nothing."""
    own = [code for code in codes if code.prefix == LETTER]
    if not own:
        raise refuse("volunteers.which")
    found = cases.numbered(session, Volunteer, own[0].number)
    if found is None or not _is_team(session, scene.actor, found):
        raise unknown(session, scene, own)
    return found


def agree(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """同意志愿 志1."""
    return actions.agree(session, scene.actor, _meant(session, scene, codes), now)


def reject(session: Session, scene: Scene, rest: str, codes: Sequence[Code], now: datetime) -> list[Say]:
    """不同意志愿 志1 原因."""
    row = _meant(session, scene, codes)
    return actions.reject(session, scene.actor, row, after_codes(clean(rest), codes), now)


def progress(session: Session, scene: Scene, codes: Sequence[Code]) -> list[Say]:
    """How an offer stands, for whoever made it and for the officers of the area."""
    own = [code for code in codes if code.prefix == LETTER]
    found = cases.numbered(session, Volunteer, own[0].number) if own else None
    mine = found is not None and cases.is_teller(session, found, scene.actor.id)
    if found is None or scene.is_group or not (mine or _is_team(session, scene.actor, found)):
        raise unknown(session, scene, codes)
    if not mine and found.state is VolunteerState.ASKED:
        return [actions.application(session, found)]
    return [Say(text("incidents.progress.line", code=found.code, state=text(f"volunteers.state.{found.state}")))]


def withdraw(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """Take one's own offer back (撤销 志1)."""
    found = cases.numbered(session, Volunteer, codes[0].number) if codes else None
    if found is None or scene.is_group or not cases.is_teller(session, found, scene.actor.id):
        raise unknown(session, scene, codes)
    return leaving.leave(session, scene.actor, now)


def _waiting(session: Session, scene: Scene, now: datetime) -> list[Text]:
    within = [
        one
        for hold in scene.actor.holds
        if hold.role in OFFICERS | DESK
        for one in areas.subtree(session, hold.area_id)
    ]
    if scene.is_group or not within:
        return []
    waiting = [one for one in cases.open_ones(session, Volunteer, within, 0) if one.state is VolunteerState.ASKED]
    return [text("volunteers.todo", code=one.code, area=areas.get(session, one.area_id).name) for one in waiting]


KIND = plain.kind(
    Volunteer,
    is_team=_is_team,
    todo=_waiting,
    answers={"进度": progress, "撤销": withdraw},
)
COMMANDS = (
    Command("同意志愿", agree, bare=intent.has_code, rank=0),
    Command("不同意志愿", reject, bare=intent.has_code, rank=0),
)
