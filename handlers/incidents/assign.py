"""转派: hand an incident to somebody else, or to another area's team."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, OFFICERS, WORKERS, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Button, Say, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import said, text
from handlers.dialogue.world import Station
from handlers.incidents import records, work
from handlers.incidents.close import answered
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.identifiers import mask
from handlers.reading.places import Gazetteer
from storage import areas, incidents, people
from storage.incidents import Incident, IncidentKind

MOST_BUTTONS = 8
MOST_BYTES = 50


def assign(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    via: str,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Hand on the incident named to the person or area named; without a name, offer who there is."""
    incident = records.find_for_team(session, scene, codes, topic) or _own(session, scene)
    target = after_codes(rest, records.named(codes)).removeprefix("给").strip()
    if not target:
        return _offer(session, scene, incident)
    same = people.all_named(session, target)
    person = next((one for one in same if people.is_colleague(session, one.id)), same[0] if same else None)
    if person is not None:
        says = work.assign_person(session, scene.actor, incident, person.id, now)
        return answered(scene, says, text("incidents.assign.done", to=target), via)
    place = gazetteer.find(target, incident.area_id)
    if place is None or place.area is None:
        raise refuse("incidents.assign.nobody", name=mask(target)[:20])
    area = areas.get(session, place.area)
    says = work.assign_area(session, scene.actor, incident, area, now, station)
    return answered(scene, says, text("incidents.assign.done", to=area.name), via)


def _own(session: Session, scene: Scene) -> Incident:
    """The only incident this person has taken; raises Refusal asking which."""
    mine = incidents.in_hands_of(session, scene.actor.id)
    if len(mine) != 1:
        raise refuse("incidents.which_assign")
    return mine[0]


def _offer(session: Session, scene: Scene, incident: Incident) -> list[Say]:
    """The people of the area's team as buttons; of a tip privately."""
    if incident.state not in records.UNDER_WAY:
        raise refuse("incidents.not_open", state=text(f"incidents.state.{incident.state}"))
    ids = [
        *people.holders(session, WORKERS, incident.area_id),
        *people.holders(session, OFFICERS, incident.area_id),
        *people.nearest_holders(session, DESK, incident.area_id),
    ]
    if incident.kind is IncidentKind.TIP:
        ids = [*people.nearest_holders(session, OFFICERS, incident.area_id), *ids]
    names = [people.name_of(session, one) for one in dict.fromkeys(ids) if one != incident.taken_by]
    buttons = [Button(said(name), f"转派 {incident.code} {name}") for name in names if name]
    fitting = [one for one in buttons if len(one.does.encode()) <= MOST_BYTES][:MOST_BUTTONS]
    pairs = [tuple(fitting[start : start + 2]) for start in range(0, len(fitting), 2)]
    line = text("incidents.assign.whom", code=incident.code)
    if scene.is_group and records.hidden(session, incident):
        return [
            Say(line, buttons=rows(*pairs), person=scene.actor.id),
            Say(text("incidents.aside"), opens_for=scene.actor.id, quote=True),
        ]
    return [Say(line, buttons=rows(*pairs), quote=True)]


COMMAND = Command("转派", assign, latin="assign", bare=intent.hand_over, rank=21)
