"""限期、复查: the day by which a hazard is mended, and the look that follows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.hazards import actions, rules
from handlers.incidents import records
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from storage.incidents import Incident


def _meant(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Incident:
    """The hazard named or answered to."""
    found = records.find_for_team(session, scene, codes, topic)
    if found is None:
        raise refuse("hazards.refuse.which")
    return found


def due(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    now: datetime,
    station: Station,
) -> list[Say]:
    """限期 隐12 周五; 取消 takes the day away."""
    incident = _meant(session, scene, codes, topic)
    words = after_codes(rest, records.named(codes))
    return _quoted(scene, actions.set_day(session, scene.actor, incident, words, now, station))


def check(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    media: list[int],
    now: datetime,
    station: Station,
) -> list[Say]:
    """复查 隐12: the photos; 通过, 不通过 and a new day, 撤销; a photo sent along is one of after."""
    incident = _meant(session, scene, codes, topic)
    words = after_codes(rest, records.named(codes))
    passed, more = rules.verdict(words)
    if passed:
        return _quoted(scene, actions.passed(session, scene.actor, incident, more, media, now, station))
    if passed is False:
        return _quoted(scene, actions.failed(session, scene.actor, incident, more, media, now, station))
    if words.strip() in ("撤销", "点错"):
        return _quoted(scene, actions.undo(session, incident, now, station))
    says = actions.look(session, scene.actor, incident, media, now)
    if scene.is_group:
        says.append(Say(text("incidents.aside"), opens_for=scene.actor.id, quote=True))
    return says


def _quoted(scene: Scene, says: list[Say]) -> list[Say]:
    """In a group the first of it answers whoever said it; its buttons are for the one who did it."""
    if not scene.is_group or not says:
        return says
    return [replace(says[0], quote=True), *says[1:]]


COMMANDS = (
    Command("限期", due, bare=intent.has_code, rank=0),
    Command("复查", check, bare=intent.has_code, rank=0),
)
