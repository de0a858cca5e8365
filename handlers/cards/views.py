"""Who is responsible where (谁负责): what is public by the station's choice and by each person's own."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from storage import areas, cards, people
from storage.areas import Area
from storage.cards import ContactCard
from storage.people import Role

SHOWN = (Role.GRID_WORKER, Role.AUXILIARY, Role.OFFICER, Role.MEDIATOR)
"""Who residents turn to."""
MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Duty:
    """A role somebody holds over an area; names of those who agreed to be named."""

    role: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Face:
    """What a person's card shows."""

    name: str
    role: str
    area: Area


def duties(session: Session, area_id: int) -> list[Duty]:
    """The roles held over an area, the nearest holders of each; without consent nobody is named."""
    found = []
    for role in SHOWN:
        holders = people.nearest_holders(session, (role,), area_id)
        if not holders:
            continue
        shown = cards.agreed(session, holders)
        names = [people.name_of(session, one) for one in holders if one in shown]
        found.append(Duty(role.value, tuple(one for one in names if one)[:MOST_NAMES]))
    return found


def hold_of(actor: Actor) -> tuple[Role, int] | None:
    """The role and area with which somebody stands on a card: the first of the roles residents turn to."""
    found = [hold for role in SHOWN for hold in actor.holds if hold.role is role]
    return (found[0].role, found[0].area_id) if found else None


def face_of(session: Session, card: ContactCard) -> Face | None:
    """What a person's card shows now; None where it was taken back, or its role is held no more."""
    if card.person_id is None or card.ended_at is not None:
        return None
    covering = {area.id for area in areas.lineage(session, card.area_id)}
    held = [role for role, area_id in people.holds_of(session, card.person_id) if area_id in covering]
    role = next((one for one in SHOWN if one in held), None)
    name = people.name_of(session, card.person_id)
    return Face(name, role.value, areas.get(session, card.area_id)) if role is not None and name else None


def answer(session: Session, area: Area, station: Station) -> Text:
    """Who is responsible for an area, in words."""
    found = duties(session, area.id)
    lines = [text("cards.who", area=area.name) if found else text("cards.nobody", area=area.name)]
    for one in found:
        key = "cards.named" if one.names else "cards.unnamed"
        lines.append(text(key, role=one.role, names="、".join(one.names)))
    return text("incidents.lines", lines=(*lines, office(station)))


def office(station: Station) -> Text:
    """How the station is reached: its own lines, never a private number."""
    if station.lines:
        return text("cards.office", station=station.name, lines="、".join(station.lines))
    return text("cards.no_office", station=station.name)


def scanned(session: Session, card: ContactCard | None, station: Station) -> Text:
    """What whoever scanned or typed a card reads; one that is out of date says so, and who is there now."""
    if card is None:
        return text("cards.unknown")
    area = areas.get(session, card.area_id)
    if card.person_id is None:
        return answer(session, area, station)
    face = face_of(session, card)
    if face is None:
        return text("incidents.lines", lines=(text("cards.stale"), answer(session, area, station)))
    told = text("cards.face", name=face.name, role=face.role, area=face.area.name)
    return text("incidents.lines", lines=(told, office(station), text("cards.say_it_here")))
