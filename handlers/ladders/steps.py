"""升级、暂停计时、恢复计时: what people do to a ladder by word."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import kinds
from handlers.dialogue.access import DESK, OFFICERS, SAFETY, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.kinds import Case
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.world import Station
from handlers.incidents.words import after_codes
from handlers.ladders import actions, rules
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reminders import rules as times
from storage import areas


def _theirs(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Case:
    """The record, where this person handles it or leads its area; else a Refusal."""
    case = kinds.for_team(session, scene, codes, topic)
    leads = scene.actor.has(OFFICERS | DESK | SAFETY, areas.get(session, case.area_id))
    if case.handler_id != scene.actor.id and not leads:
        raise refuse("cases.not_yours", code=case.code)
    return case


def climb(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """Hand a matter up one rung: 升级 纠3 双方都请了律师."""
    case = _theirs(session, scene, codes, topic)
    says = actions.climb(session, case, after_codes(rest, codes), now, station)
    line = actions.line(session, case.topic, now, station)
    return says if case.handler_id == scene.actor.id or line is None else [Say(line), *says]


def stop(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """Stop the clock with a reason, a week or until the day named: 暂停计时 纠3 等伤情鉴定 到12月1日."""
    case = _theirs(session, scene, codes, topic)
    wish = times.read(after_codes(rest, codes), now)
    until = now + rules.USUAL_STOP
    if wish.when is not None and wish.when.repeat is None:
        until, _ = times.first_moment(wish.when, now)
    return actions.stop(session, case, wish.text.removesuffix("到").strip(), until, now, station)


def resume(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """Let the clock go on."""
    return actions.resume(session, _theirs(session, scene, codes, topic), now, station)


COMMANDS = (
    Command("升级", climb, bare=intent.never, rank=65),
    Command("暂停计时", stop, bare=intent.never, rank=66),
    Command("恢复计时", resume, bare=intent.has_code, rank=0),
)
