"""情报: the officers' list of tips that are owed an answer, and the sheet of one; from anybody else, a tip."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, OFFICERS, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Catalogue, text
from handlers.dialogue.world import Station
from handlers.incidents import records, similar, tip
from handlers.incidents.rules import TIP
from handlers.incidents.words import after_codes
from handlers.intelligence import actions, views
from handlers.reading.codes import Code
from handlers.reading.places import Gazetteer
from storage import areas
from storage.incidents import Incident, IncidentKind

READERS = OFFICERS | DESK


def intel(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    media: list[int],
    location: tuple[float, float] | None,
    message: Incoming,
    via: str,
    now: datetime,
    station: Station,
    words: Catalogue,
    gazetteer: Gazetteer,
    seen: int | None,
) -> list[Say]:
    """情报 alone lists, 情报 线3 opens; words that tell something are a tip like those of 线索."""
    own = [code for code in codes if code.prefix == TIP][:1]
    told = bool(after_codes(rest, own) if own else rest.strip()) or bool(media) or location is not None
    if own and not told and not scene.actor.has(READERS):
        raise records.unknown(session, scene, own[0])
    if told or not scene.actor.has(READERS):
        return tip.tip(
            session,
            scene,
            rest,
            codes,
            topic,
            media,
            location,
            message,
            via,
            now,
            station,
            words,
            gazetteer,
            seen,
        )
    if own:
        says = [_sheet(session, scene, own, now, gazetteer)]
    else:
        says = [views.waiting(session, _theirs(session, scene.actor), now)]
    if not scene.is_group:
        return says
    aside = Say(text("incidents.aside"), opens_for=scene.actor.id, quote=True)
    return [*records.privately(says, scene.actor.id), aside]


def _sheet(session: Session, scene: Scene, codes: Sequence[Code], now: datetime, gazetteer: Gazetteer) -> Say:
    incident = for_officers(session, scene, codes)
    return views.sheet(session, gazetteer, incident, actions.study(session, incident), now)


def for_officers(session: Session, scene: Scene, codes: Sequence[Code]) -> Incident:
    """The tip an officer or the desk of its area, or who has it, means; else a Refusal that tells nothing."""
    incident = records.find_for_team(session, scene, codes, None)
    if incident is None or incident.kind is not IncidentKind.TIP:
        raise refuse("intelligence.which")
    if incident.taken_by != scene.actor.id and not records.leads(session, scene.actor, incident):
        raise records.unknown(session, scene, codes[0])
    return incident


def _theirs(session: Session, actor: Actor) -> list[int]:
    """Ids of the areas whose tips this person may decide about."""
    found: list[int] = []
    for hold in actor.holds:
        if hold.role in READERS:
            found += areas.subtree(session, hold.area_id)
    return list(dict.fromkeys(found))


COMMAND = Command("情报", intel, latin="intel", look=similar.look_for(IncidentKind.TIP), rank=66)
