"""An incident as a kind of record (报、隐、求、线): what call-backs and supervision ask of it."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.callbacks.actions import reaches
from handlers.dialogue.access import DESK, OFFICERS
from handlers.dialogue.kinds import Addressee, Case, Kind
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.dialogue.world import Station
from handlers.incidents import close, records, rules, work
from handlers.reading.identifiers import mask
from storage import audit, incidents, people
from storage.incidents import Incident, IncidentKind


def of_id(session: Session, incident_id: int) -> Case | None:
    """The incident with this id; None once it is erased."""
    found = records.of_topic(session, f"incident:{incident_id}")
    return work.case(session, found) if found is not None else None


def _numbered(session: Session, letter: str, number: int) -> Case | None:
    found = incidents.numbered(session, IncidentKind(letter), number)
    return work.case(session, found) if found is not None else None


def _of(session: Session, case: Case) -> Incident:
    return incidents.get(session, int(case.topic.partition(":")[2]))


def _is_team(session: Session, actor: Actor, case: Case) -> bool:
    return records.is_team(session, actor, _of(session, case))


def _note(session: Session, case: Case, kind: str, words: str, now: datetime) -> None:
    incidents.add_note(session, _of(session, case), kind, words, now)


def _addressees(session: Session, case: Case) -> list[Addressee]:
    """Who told of it, and where it was told for another that one, too, by phone through the desk.

    A tip's teller is not asked, nor one who told of a search or a notice.
    """
    incident = _of(session, case)
    person = incidents.origin_of(session, incident).get("person")
    elsewhere = incident.search_id is not None or incident.bulletin_id is not None
    if incident.kind is IncidentKind.TIP or elsewhere:
        return []
    found = [Addressee(person, "报的人")] if isinstance(person, int) else []
    caller = _caller(session, incident) if incident.on_behalf and _phones(session, incident) else None
    return [*found, Addressee(caller, "本人", by_phone=True)] if caller is not None else found


def _caller(session: Session, incident: Incident) -> int | None:
    """Who phones: the desk, else an officer; never who handled it."""
    callers = [*people.holders(session, DESK, incident.area_id), *people.holders(session, OFFICERS, incident.area_id)]
    return next((one for one in callers if one != incident.taken_by and reaches(session, one)), None)


def _phones(session: Session, incident: Incident) -> str:
    """The numbers told with it."""
    return "、".join(incidents.private_of(session, incident).get("phone", ()))


def _reach(session: Session, case: Case, side: str, caller: int, now: datetime) -> str:
    """Whom a caller phones; that it was shown to them is kept."""
    audit.write(session, "incident.call", now, actor_id=caller, topic=case.topic)
    return _phones(session, _of(session, case))


def _reopen(session: Session, case: Case, now: datetime, station: Station) -> list[Say]:
    return work.not_satisfied(session, _of(session, case), now, station)


def _shown(session: Session, case: Case, words: str) -> str:
    return mask(words, doors=False)


KIND = Kind(
    name="incident",
    letters=rules.LETTERS,
    of_id=of_id,
    numbered=_numbered,
    is_team=_is_team,
    note=_note,
    addressees=_addressees,
    reopen=_reopen,
    shown=_shown,
    reach=_reach,
    answers={"重开": close.reopen},
    opened_by={"重开": "回访"},
)
