"""The answer owed (欠的答复): begun with the tip, stopped with the answer; what time says until then."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import CHIEFS, DESK, OFFICERS
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.intelligence import rules
from handlers.intelligence.rules import Hours, Step
from storage import incidents, intelligence, people
from storage.incidents import Incident, IncidentKind, IncidentState
from storage.intelligence import Study
from storage.lanes import Lane


def is_owed(incident: Incident) -> bool:
    """Whether it is a tip whose teller is owed what was found out; a sighting of somebody missing ends with them."""
    return incident.kind is IncidentKind.TIP and incident.search_id is None


def hours(station: Station) -> Hours:
    """The station's days and hours."""
    return Hours(station.workdays, station.quiet_from, station.quiet_until)


def begin(session: Session, incident: Incident, now: datetime, station: Station) -> None:
    """The clock of a tip begins, or begins anew once it is opened again; one about a notice belongs to it already."""
    if not is_owed(incident):
        return
    due_at = rules.owed_at(now, station.workdays)
    row = intelligence.begin(session, incident, now, due_at, rules.strikes_at(now, 0, hours(station)))
    if incident.bulletin_id is not None and row.joined is None:
        intelligence.change(session, row, joined=f"bulletin:{incident.bulletin_id}")


def answered(session: Session, incident: Incident, now: datetime) -> None:
    """It is closed, and whoever told it or what was merged into it was told."""
    ids = [incident.id, *(one.id for one in incidents.merged_into(session, incident))]
    intelligence.answered(session, ids, now)


def strike(session: Session, row: Study, now: datetime, station: Station) -> list[Say]:
    """A step of the clock: nobody has answered whoever told it."""
    incident = incidents.get(session, row.incident_id)
    if incident.state not in (IncidentState.OPEN, IncidentState.TAKEN) or incident.text is None or incident.left:
        intelligence.change(session, row, next_at=None)
        return []
    step, stage, following = rules.advance(row.since.astimezone(now.tzinfo), row.stage, now, hours(station))
    intelligence.change(session, row, stage=stage, next_at=following)
    if step is Step.ASSESS and row.assessed_at is not None:
        return []
    drafted = row.answer is not None and row.verdict is not None
    key = "intelligence.clock.look" if drafted else f"intelligence.clock.{step}"
    line = text(key, code=incident.code, days=dict(rules.STEPS)[step])
    word, shown = ("答复", "look") if drafted else ("情报", "open")
    buttons = rows(button(f"intelligence.button.{shown}", f"{word} {incident.code}"))
    one = Say(line, buttons=buttons, lane=Lane.REMINDER)
    return to_people(one, _hear(session, incident, row, step))


def _hear(session: Session, incident: Incident, row: Study, step: Step) -> list[int]:
    """Who hears of a step: who has it; then the officers; then the desk and the chief."""
    officers = people.nearest_holders(session, OFFICERS, incident.area_id)
    if step is Step.ASSESS or row.verdict is not None:
        found = officers
    elif step is Step.REMIND:
        found = [incident.taken_by] if incident.taken_by is not None else officers
    else:
        found = [*([incident.taken_by] if incident.taken_by is not None else []), *officers]
    if step is Step.DESK:
        found = [*found, *people.nearest_holders(session, CHIEFS | DESK, incident.area_id)]
    return list(dict.fromkeys(found))
