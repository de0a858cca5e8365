"""What the team can do (办事): take, hand on, close, open again, merge; and what silence does. The only door."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.audit.actions import viewed
from handlers.callbacks import actions as callbacks
from handlers.dialogue.access import DESK, OFFICERS, TEAM, Refusal, refuse, require
from handlers.dialogue.kinds import Case
from handlers.dialogue.say import Say, to_each, to_people
from handlers.dialogue.scene import Actor, actor_of, called
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.incidents import records, rules, views
from handlers.incidents.actions import spans
from handlers.intelligence import owing
from handlers.reading.identifiers import mask
from storage import areas, audit, chats, hazards, incidents, moments, people
from storage.areas import Area
from storage.callbacks import barred
from storage.chats import ChatKind
from storage.incidents import Incident, IncidentState
from storage.moments import Clock
from storage.people import Role


def _require(session: Session, actor: Actor, word: str, incident: Incident) -> None:
    """Raise a Refusal unless this person may do it over the incident's area, or has taken it."""
    if incident.taken_by != actor.id:
        require(actor, word, areas.get(session, incident.area_id))


def _briefed(session: Session, incident: Incident, person_id: int, now: datetime, given: bool = False) -> Say:
    """All there is to know, privately for the one who has it; that it was seen unmasked is kept."""
    audit.write(session, "incident.brief", now, actor_id=person_id, topic=incident.topic)
    return replace(views.brief(session, incident, given), person=person_id)


def take(session: Session, actor: Actor, incident: Incident, now: datetime) -> list[Say]:
    """Take an incident (接单): the first wins, and hears privately all there is to know."""
    _require(session, actor, "接单", incident)
    callbacks.check_handler(session, incident.topic, actor.id)
    only = {IncidentState.OPEN}
    if not incidents.move(
        session, incident, IncidentState.TAKEN, only_from=only, taken_by=actor.id, taken_at=now, next_at=None
    ):
        raise _not_open(session, actor, incident)
    moments.note(session, incident.topic, Clock.RESPONDED, now)
    return [
        replace(_briefed(session, incident, actor.id, now), toast=text("incidents.taken_toast")),
        *views.to_team(session, incident),
        *views.to_finder(session, incident, "incidents.finder.taken", but=actor.id),
    ]


def _not_open(session: Session, actor: Actor, incident: Incident) -> Refusal:
    """Why it cannot be taken any more; without its number, for a tip is taken in a group, too."""
    if incident.state is IncidentState.TAKEN and incident.taken_by is not None:
        if incident.taken_by == actor.id:
            return refuse("incidents.taken_by_you")
        return refuse("incidents.taken_by", name=called(session, incident.taken_by))
    return refuse("incidents.not_open", state=text(f"incidents.state.{incident.state}"))


def assign_person(session: Session, actor: Actor, incident: Incident, person_id: int, now: datetime) -> list[Say]:
    """Hand an incident to somebody of a team (转派); they hear privately all there is to know."""
    _require(session, actor, "转派", incident)
    if not actor_of(session, person_id).has(TEAM):
        raise refuse("incidents.assign.not_team", name=called(session, person_id))
    before = incident.taken_by
    if before == person_id:
        raise refuse("incidents.assign.has_it", name=called(session, person_id))
    callbacks.check_handler(session, incident.topic, person_id)
    if not incidents.move(
        session,
        incident,
        IncidentState.TAKEN,
        only_from=set(records.UNDER_WAY),
        taken_by=person_id,
        taken_at=now,
        next_at=None,
    ):
        raise refuse("incidents.not_open", state=text(f"incidents.state.{incident.state}"))
    moments.note(session, incident.topic, Clock.RESPONDED, now)
    name = people.name_of(session, person_id)
    incidents.add_note(session, incident, views.ASSIGNED, name, now, actor.id)
    says = [
        _briefed(session, incident, person_id, now, given=True),
        *views.to_team(session, incident),
        *_told_before(incident, before, actor, name),
    ]
    if before is None:
        says += views.to_finder(session, incident, "incidents.finder.taken")
    return says


def hand_back(session: Session, person_id: int, station: Station, now: datetime) -> list[Say]:
    """What somebody who can't work any more had taken waits for the team again, and the clock starts anew."""
    says: list[Say] = []
    for incident in incidents.in_hands_of(session, person_id):
        incidents.move(session, incident, IncidentState.OPEN, taken_by=None, taken_at=None)
        due = now + rules.ladder(incident.kind, spans(station))[0]
        incidents.relocate(session, incident, incident.area_id, due)
        says += views.to_team(session, incident)
    return says


def assign_area(
    session: Session, actor: Actor, incident: Incident, area: Area, now: datetime, station: Station
) -> list[Say]:
    """Hand an incident to the team of another area (转派); it waits to be taken there, and the clock starts anew."""
    _require(session, actor, "转派", incident)
    if area.id == incident.area_id and incident.state is IncidentState.OPEN:
        raise refuse("incidents.assign.is_there", name=area.name)
    before, old = incident.taken_by, {chat.id for chat in chats.team_of(session, incident.area_id)}
    due = now + rules.ladder(incident.kind, spans(station))[0]
    if incident.state not in records.UNDER_WAY:
        raise refuse("incidents.not_open", state=text(f"incidents.state.{incident.state}"))
    if before is not None:
        incidents.move(session, incident, IncidentState.OPEN, taken_by=None, taken_at=None)
    incidents.relocate(session, incident, area.id, due)
    incidents.add_note(session, incident, views.ASSIGNED, area.name, now, actor.id)
    return [
        *views.to_team(session, incident),
        *views.left(session, incident, old),
        *_told_before(incident, before, actor, area.name),
    ]


def _told_before(incident: Incident, before: int | None, actor: Actor, to: str) -> list[Say]:
    """Whoever had it hears that it went on."""
    if before is None or before == actor.id:
        return []
    return [Say(text("incidents.assign.from_you", code=incident.code, to=to), person=before)]


def close(
    session: Session,
    actor: Actor,
    incident: Incident,
    outcome: str,
    now: datetime,
    station: Station,
    *,
    told: str = "incidents.finder.done",
) -> list[Say]:
    """Close an incident with what came of it (办结): by its taker, an officer, a chief or the desk.

    told: the sentence its finder hears, with the gaps `code` and `outcome`.
    """
    may_close(session, actor, incident)
    words = rules.clean(outcome)
    if len(words) > rules.MOST_OUTCOME:
        raise refuse("incidents.too_long", most=rules.MOST_OUTCOME)
    taker = incident.taken_by
    if not incidents.move(
        session,
        incident,
        IncidentState.DONE,
        only_from=set(records.UNDER_WAY),
        taken_by=taker or actor.id,
        closed_at=now,
        next_at=None,
    ):
        raise refuse("incidents.not_open", state=text(f"incidents.state.{incident.state}"))
    incidents.set_outcome(session, incident, mask(words, doors=False))
    moments.note(session, incident.topic, Clock.RESPONDED, now)
    moments.note(session, incident.topic, Clock.CALMED, now)
    callbacks.begin(session, case(session, incident), now, station)
    owing.answered(session, incident, now)
    records.hide_if_person(session, incident, words)
    says = [
        *views.to_team(session, incident),
        *views.to_finder(session, incident, told, outcome=mask(words)),
    ]
    if taker not in (None, actor.id):
        says.append(Say(text("incidents.closed_for_you", code=incident.code), person=taker))
    return says


def may_close(session: Session, actor: Actor, incident: Incident) -> None:
    """Raise a Refusal naming who may, unless this person may close it now."""
    _require(session, actor, "办结", incident)
    if incident.state not in records.UNDER_WAY:
        raise refuse("incidents.not_open", state=text(f"incidents.state.{incident.state}"))
    if incident.taken_by not in (None, actor.id) and not records.leads(session, actor, incident):
        raise refuse("incidents.close_not_yours", name=called(session, incident.taken_by or 0))


def reopen(session: Session, actor: Actor, incident: Incident, now: datetime, station: Station) -> list[Say]:
    """Open a closed incident again (重开) with its taker, or part a merged one from the other."""
    _require(session, actor, "重开", incident)
    taker = incident.taken_by
    was_merged = incident.state is IncidentState.MERGED
    due = now + rules.ladder(incident.kind, spans(station))[0]
    only = {IncidentState.DONE, IncidentState.MERGED}
    if not incidents.move(
        session, incident, IncidentState.OPEN, only_from=only, closed_at=None, merged_into_id=None, stage=0, next_at=due
    ):
        raise refuse("incidents.still_open", state=text(f"incidents.state.{incident.state}"))
    incidents.add_note(session, incident, views.REOPENED, people.name_of(session, actor.id), now, actor.id)
    callbacks.cancel(session, incident.topic, now)
    moments.anew(session, incident.topic)
    owing.begin(session, incident, now, station)
    hazards.anew(session, incident, now)
    says: list[Say] = []
    if taker in barred(session, incident.topic):
        taker = None
    if taker is not None and incidents.move(session, incident, IncidentState.TAKEN, taken_at=now, next_at=None):
        says.append(_briefed(session, incident, taker, now))
    key = "incidents.finder.parted" if was_merged else "incidents.finder.reopened"
    return [*says, *views.to_team(session, incident), *views.to_finder(session, incident, key)]


def may_reopen(session: Session, actor: Actor, incident: Incident) -> None:
    """Raise a Refusal telling who told it, and is not of its team, how to say that it is not well."""
    if records.is_team(session, actor, incident):
        return
    if incident.state is IncidentState.WITHDRAWN:
        raise refuse("incidents.is_withdrawn", code=incident.code)
    if incident.taken_by is not None or incident.state is IncidentState.OPEN:
        raise refuse("incidents.reopen_how", code=incident.code)


def case(session: Session, incident: Incident) -> Case:
    """An incident as the shared rooms see it."""
    return Case(
        incident.topic,
        incident.code,
        incident.key_id,
        incident.area_id,
        incident.taken_by,
        incident.created_at,
        incident.state in records.UNDER_WAY,
        views.place_line(session, incident),
    )


def not_satisfied(session: Session, incident: Incident, now: datetime, station: Station) -> list[Say]:
    """Who told of it is not satisfied (回访): it waits to be taken by somebody else, and the clock starts anew."""
    before, due = incident.taken_by, now + rules.ladder(incident.kind, spans(station))[0]
    only = {IncidentState.DONE}
    if not incidents.move(
        session, incident, IncidentState.OPEN, only_from=only, closed_at=None, taken_by=None, stage=0, next_at=due
    ):
        return []
    incidents.add_note(session, incident, views.REOPENED, "回访不满意", now)
    hazards.anew(session, incident, now)
    says = views.to_team(session, incident)
    if before is not None:
        says.append(Say(text("callbacks.other_takes", code=incident.code), person=before))
    return says


def merge(session: Session, actor: Actor, incident: Incident, into: Incident, now: datetime) -> list[Say]:
    """Merge a report into another about the same thing (合并); its finder hears where it went and, later, the end."""
    for one in (incident, into):
        _require(session, actor, "合并", one)
    if incident.id == into.id:
        raise refuse("incidents.merge_same")
    if into.state not in records.UNDER_WAY:
        raise refuse("incidents.merge_closed")
    taker = incident.taken_by
    if not incidents.move(
        session,
        incident,
        IncidentState.MERGED,
        only_from=set(records.UNDER_WAY),
        merged_into_id=into.id,
        next_at=None,
        closed_at=now,
    ):
        raise refuse("incidents.not_open", state=text(f"incidents.state.{incident.state}"))
    said_where = not records.hidden(session, into) and not records.hidden(session, incident)
    key = "incidents.finder.merged_into" if said_where else "incidents.finder.merged"
    fields: dict[str, Any] = {"into": into.code} if said_where else {}
    says = [*views.to_team(session, incident), *views.to_finder(session, incident, key, **fields)]
    if into.taken_by is not None:
        words = str(incidents.private_of(session, incident).get("words") or incidents.text_of(session, incident))
        line = text("incidents.was_merged", code=incident.code, into=into.code, words=words)
        media = tuple(incidents.media_of(session, incident))
        says += viewed(session, incident.topic, "merged", [Say(line, person=into.taken_by, media=media)], now)
    if taker is not None and taker not in (actor.id, into.taken_by):
        says.append(Say(text("incidents.assign.from_you", code=incident.code, to=into.code), person=taker))
    return says


def climb(session: Session, incident: Incident, now: datetime, station: Station) -> list[Say]:
    """Take the next step of the ladder: nobody took it, so the officer hears privately, then the desk."""
    if incident.state is not IncidentState.OPEN:
        incident.next_at = None
        session.flush()
        return []
    stage, due = incident.stage + 1, incident.next_at or now
    first, second = rules.ladder(incident.kind, spans(station))
    incident.stage, incident.next_at = stage, due + (second - first) if stage == 1 else None
    session.flush()
    offer = replace(
        views.offer(session, incident, now - incident.created_at),
        key=f"incident:{incident.id}:stage:{stage}:{int(due.timestamp())}",
    )
    if stage == 1:
        officers = people.nearest_holders(session, OFFICERS - {Role.CASE_TEAM}, incident.area_id)
        return to_people(offer, officers)
    desks = chats.nearest(session, (ChatKind.DESK,), incident.area_id)
    if desks and not records.hidden(session, incident):
        return to_each(offer, [chat.id for chat in desks])
    return to_people(offer, people.nearest_holders(session, DESK, incident.area_id))
