"""Which incident is meant, and who may see it (查号): a stranger and an unknown number hear the same."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, OFFICERS, TEAM, WORKERS, Refusal, refuse
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text
from handlers.incidents import rules
from handlers.reading.codes import Code
from storage import areas, by_area, chats, incidents, people
from storage.areas import Area
from storage.incidents import Incident, IncidentKind, IncidentState

UNDER_WAY = (IncidentState.OPEN, IncidentState.TAKEN)
EVER = tuple(IncidentState)


def named(codes: Iterable[Code]) -> list[Code]:
    """The incident codes among the codes of a message."""
    return [code for code in codes if code.prefix in rules.LETTERS]


def of_topic(session: Session, topic: str | None) -> Incident | None:
    """The incident a message was about; None once it is erased."""
    kind, _, number = (topic or "").partition(":")
    found = session.get(Incident, int(number)) if kind == "incident" and number.isdecimal() else None
    return None if found is None or found.text is None else found


def numbered(session: Session, code: Code) -> Incident | None:
    """The incident of this code, whoever asks."""
    return incidents.numbered(session, IncidentKind(code.prefix), code.number)


def is_teller(session: Session, actor: Actor, incident: Incident) -> bool:
    """Whether this person told of it."""
    return bool(actor.id) and incident.teller_digest == incidents.teller_digest(session, actor.id)


def is_team(session: Session, actor: Actor, incident: Incident) -> bool:
    """Whether this person belongs to the team of its area, or has taken it."""
    return incident.taken_by == actor.id or actor.has(TEAM, areas.get(session, incident.area_id))


def leads(session: Session, actor: Actor, incident: Incident) -> bool:
    """Whether this person is an officer, chief or desk of its area."""
    return actor.has(OFFICERS | DESK, areas.get(session, incident.area_id))


def hidden(session: Session, incident: Incident) -> bool:
    """Whether its words and number are for private talk only: a tip, or words that describe a person."""
    if incident.kind is IncidentKind.TIP or rules.describes_person(incidents.text_of(session, incident)):
        return True
    return bool(incidents.private_of(session, incident).get("person"))


def hide_if_person(session: Session, incident: Incident, words: str) -> None:
    """What is said later (补充, 办结) may describe somebody, too: from then on it is for private talk only."""
    if rules.describes_person(words) and not hidden(session, incident):
        private = {**incidents.private_of(session, incident), "person": True}
        incidents.rewrite(session, incident, incidents.text_of(session, incident), private=private)


def find_for_team(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Incident | None:
    """The incident a worker means by code or by the message answered; None where neither names one.

    Raises Refusal where there is none of this code that they may see.
    """
    own = named(codes)
    incident = numbered(session, own[0]) if own else of_topic(session, topic)
    if incident is not None and is_team(session, scene.actor, incident):
        return incident
    if own or incident is not None:
        raise unknown(session, scene, own[0] if own else None)
    return None


def find_for_anyone(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Incident | None:
    """The incident its finder or a worker means; None where neither code nor message names one; raises Refusal."""
    own = named(codes)
    incident = numbered(session, own[0]) if own else of_topic(session, topic)
    if incident is not None and (is_teller(session, scene.actor, incident) or is_team(session, scene.actor, incident)):
        return incident
    if own or incident is not None:
        raise unknown(session, scene, own[0] if own else None)
    return None


def unknown(session: Session, scene: Scene, code: Code | None) -> Refusal:
    """The one answer to a number that does not exist and to one that is not theirs; names their latest of the kind."""
    if code is None:
        return refuse("incidents.unknown")
    latest = _latest(session, scene, IncidentKind(code.prefix))
    if latest is None:
        return refuse("incidents.unknown_code", code=str(code))
    if latest.code == str(code):
        return refuse("nearby.not_this_way", code=latest.code)
    return refuse("incidents.unknown_latest", code=str(code), latest=latest.code)


def _latest(session: Session, scene: Scene, kind: IncidentKind) -> Incident | None:
    """The newest of the kind this person may be reminded of in this chat."""
    if scene.kind.is_public and (kind is IncidentKind.TIP or scene.chat is None):
        return None
    own = [one for one in incidents.told_by(session, scene.actor.id) if one.kind is kind] if scene.actor.id else []
    if scene.kind.is_public and scene.chat is not None:
        here = scene.chat.id
        own = [one for one in own if incidents.origin_of(session, one).get("chat") == here]
    if scene.is_group and kind is IncidentKind.TIP:
        return None
    theirs = by_area.newest(session, team_areas(session, scene.actor), EVER, kinds=[kind], most=1)
    found = [*own[:1], *([] if scene.kind.is_public else theirs)]
    found = [one for one in found if not (scene.is_group and hidden(session, one))]
    return max(found, key=lambda one: one.number, default=None)


def team_areas(session: Session, actor: Actor) -> list[int]:
    """Ids of every area in which this person belongs to the team."""
    found: list[int] = []
    for hold in actor.holds:
        if hold.role in TEAM:
            found += areas.subtree(session, hold.area_id)
    return list(dict.fromkeys(found))


def aside(scene: Scene, codes: Sequence[Code], make: Callable[[], list[Say]]) -> list[Say]:
    """What is asked about a tip in a group is answered privately, whether it exists or not."""
    if not scene.is_group or not any(code.prefix == rules.TIP for code in codes):
        return make()
    try:
        says = [one for one in make() if one.opens_for is None]
    except Refusal as refusal:
        says = [Say(refusal.text)]
    return [*privately(says, scene.actor.id), Say(text("incidents.aside"), opens_for=scene.actor.id, quote=True)]


def privately(says: Iterable[Say], person_id: int) -> list[Say]:
    """Turn answers into this chat into answers to the person."""
    return [
        one
        if one.chat is not None or one.person is not None
        else replace(one, person=person_id, quote=False, slot=None, topic=None)
        for one in says
    ]


def team_people(session: Session, area: Area) -> list[int]:
    """Ids of the workers and officers nearest to an area."""
    nearest = people.nearest_holders(session, WORKERS, area.id)
    return list(dict.fromkeys([*nearest, *people.nearest_holders(session, OFFICERS, area.id)]))


def reaches(session: Session, person_id: int) -> bool:
    """Whether this person has opened their private talk."""
    private = chats.private_of(session, person_id)
    return private is not None and private.state is chats.ChatState.OPEN
