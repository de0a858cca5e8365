"""What can be done with a return (返赃) until it is verified, and how it ends without being given back; the only door.

Appointments and the handing over stand in `handlers/returns/handing.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.callbacks import actions as callbacks
from handlers.callbacks.rules import ask_at
from handlers.dialogue import kinds
from handlers.dialogue.access import OFFICERS, refuse, require
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Actor, Scene, called
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.incidents.place import area_of
from handlers.incidents.records import numbered
from handlers.incidents.rules import split_private
from handlers.reading import workdays
from handlers.reading.codes import Code, codes
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from handlers.returns import records, rules, views
from storage import areas, audit, cases, incidents, people
from storage.areas import Area
from storage.purposes import Purpose
from storage.returns import Return, ReturnState


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose it is: a `person` the bot knows by the record `code`, or a `note` by which they are phoned."""

    person: int | None = None
    code: str = ""
    note: str = ""
    area: Area | None = None


def owner_by(session: Session, scene: Scene, words: str) -> Owner | None:
    """Who is meant as the owner: by the code of what they reported, else as a note; None where nothing is said.

    Nobody is looked up by name or number. Raises Refusal for a code that cannot name an owner.
    """
    named = next((one for one in codes(fold(words)) if one.prefix in "报求线隐"), None)
    if named is None:
        other = next((one for one in codes(fold(words)) if str(one) == fold(words).strip()), None)
        if other is not None:
            raise refuse("returns.not_a_report", code=str(other))
        note = split_private(words.strip()).private["words"][: rules.MOST]
        return Owner(note=note) if note else None
    return _teller(session, scene, named)


def _teller(session: Session, scene: Scene, named: Code) -> Owner:
    case = kinds.named(session, [named], None)
    incident = numbered(session, named)
    if case is None or incident is None or not case.kind.is_team(session, scene.actor, case):
        raise kinds.unknown(session, scene, [named])
    person = incidents.origin_of(session, incident).get("person")
    if not isinstance(person, int):
        raise refuse("returns.owner_left", code=str(named))
    if people.is_colleague(session, person):
        raise refuse("returns.owner_colleague", code=str(named))
    return Owner(person=person, code=str(named), area=areas.get(session, incident.area_id))


def register(
    session: Session, scene: Scene, what: str, owner: Owner, now: datetime, station: Station, gazetteer: Gazetteer
) -> list[Say]:
    """Register a thing that was found again (登记): sealed; another officer is asked to verify it within 24 hours."""
    words = rules.unserialled(split_private(what).private["words"])
    if not words:
        raise refuse("returns.what")
    if len(words) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    area = owner.area or area_of(session, gazetteer, what, scene)
    require(scene.actor, "返赃", area)
    private = {"what": words, "from": owner.code, "note": owner.note}
    begun = Return(
        purpose=Purpose.SERVICE,
        area_id=area.id,
        state=ReturnState.REGISTERED,
        registered_by=scene.actor.id,
        handler_id=scene.actor.id,
        next_at=_verify_by(now, station),
        expires_at=now + station.incident_lives,
    )
    row = cases.add(
        session,
        begun,
        now,
        private={name: value for name, value in private.items() if value},
        origin={"person": owner.person} if owner.person is not None else {},
        teller_id=owner.person,
    )
    audit.write(session, "return", now, actor_id=scene.actor.id, topic=row.topic, code=row.code, area=area.id)
    key = "returns.registered_masked" if words != what.strip() else "returns.registered"
    return [
        Say(
            text(key, code=row.code, thing=words, place=area.name),
            buttons=rows(button("returns.button.withdraw", f"撤销 {row.code}")),
        ),
        *views.check(session, row, "returns.check", records.other_officers(session, row)),
    ]


def _verify_by(now: datetime, station: Station) -> datetime:
    return workdays.due(now, rules.UNVERIFIED, station.workdays)


def verify(session: Session, actor: Actor, row: Return, now: datetime, station: Station) -> list[Say]:
    """Another officer has looked at the thing and whose it is (核实): now an appointment is due in three workdays."""
    if not actor.has(OFFICERS, areas.get(session, row.area_id)):
        raise refuse("returns.officers_only")
    if actor.id == row.registered_by:
        raise refuse("returns.not_yourself", code=row.code)
    records.require_state(row, ReturnState.REGISTERED)
    if records.owner_of(session, row) is None and not records.owner_note(session, row):
        raise refuse("returns.no_owner", code=row.code)
    by = workdays.due(now, rules.NO_APPOINTMENT, station.workdays)
    cases.move(
        session,
        row,
        ReturnState.VERIFIED,
        verified_by=actor.id,
        verified_at=now,
        meet_by=by,
        next_at=ask_at(by, station.quiet_from, station.quiet_until),
    )
    audit.write(session, "return.verified", now, actor_id=actor.id, topic=row.topic)
    cases.add_note(session, row, "verified", "", now)
    undo = button("returns.button.unverify", f"撤销 {row.code}")
    return [
        Say(text("returns.verified", code=row.code, minutes=_minutes()), buttons=rows(undo)),
        *views.arrange(session, row, "first", now, station),
    ]


def _minutes() -> int:
    return int(rules.SLIP.total_seconds() // 60)


def reject(session: Session, actor: Actor, row: Return, why: str, now: datetime) -> list[Say]:
    """The other officer found that something does not fit (驳回): it stays unverified, its handler hears why."""
    if not actor.has(OFFICERS, areas.get(session, row.area_id)):
        raise refuse("returns.officers_only")
    if actor.id == row.registered_by:
        raise refuse("returns.not_yourself", code=row.code)
    records.require_state(row, ReturnState.REGISTERED)
    words = split_private(why).private["words"][: rules.MOST]
    if not words:
        raise refuse("returns.reject_why", code=row.code)
    cases.add_note(session, row, "rejected", words, now)
    return [
        Say(text("returns.rejected", code=row.code)),
        *views.to_handler(row, "returns.was_rejected", words=words),
    ]


def set_owner(session: Session, scene: Scene, row: Return, words: str, now: datetime, station: Station) -> list[Say]:
    """Whose it is was told anew (失主): it is to be verified again, whoever it was thought to belong to."""
    owner = owner_by(session, scene, words)
    if owner is None:
        raise refuse("returns.whose", code=row.code)
    records.require_state(row, ReturnState.REGISTERED, ReturnState.VERIFIED, ReturnState.MEETING)
    if row.state is not ReturnState.REGISTERED:
        _unverify(session, row, now, station)
    cases.set_teller(session, row, {"person": owner.person} if owner.person is not None else {}, owner.person)
    records.keep(session, row, note=owner.note or None, **({"from": owner.code} if owner.code else {}))
    cases.add_note(session, row, "owner", owner.code, now)
    return [
        Say(text("returns.owner_set", code=row.code)),
        *views.check(session, row, "returns.check", records.other_officers(session, row)),
    ]


def _unverify(session: Session, row: Return, now: datetime, station: Station) -> None:
    cases.move(
        session,
        row,
        ReturnState.REGISTERED,
        verified_by=None,
        verified_at=None,
        meet_by=None,
        meets_at=None,
        matched_at=None,
        tries=0,
        next_at=_verify_by(now, station),
    )
    records.keep(session, row, times=None, wish=None, code=None)


def not_mine(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    """The owner says it is not theirs: nothing is handed over, and it is to be verified anew."""
    records.require_state(row, ReturnState.VERIFIED, ReturnState.MEETING)
    _unverify(session, row, now, station)
    cases.add_note(session, row, "not_mine", "", now)
    says = [
        Say(text("returns.thanks_not_mine", code=row.code)),
        *views.to_handler(row, "returns.was_not_mine", thing=views.thing(session, row)),
    ]
    cases.set_teller(session, row, {}, None)
    return says


def withdraw(session: Session, actor: Actor, row: Return, now: datetime, station: Station) -> list[Say]:
    """Take back (撤销): the registration while nobody verified it, or one's own verification within ten minutes."""
    if row.state is ReturnState.VERIFIED and row.verified_by == actor.id and row.verified_at is not None:
        if now - row.verified_at > rules.SLIP or records.times_of(session, row, now):
            raise refuse("returns.too_late", code=row.code)
        _unverify(session, row, now, station)
        cases.add_note(session, row, "unverified", "", now)
        return [Say(text("returns.unverified", code=row.code)), *views.to_handler(row, "returns.was_unverified")]
    records.check_handler(session, actor, row)
    if row.is_over:
        raise records.not_now(row)
    if row.state is not ReturnState.REGISTERED:
        raise refuse("returns.end_instead", code=row.code)
    _end(session, row, now, station)
    return [
        Say(
            text("returns.withdrawn", code=row.code),
            buttons=rows(button("returns.button.reopen", f"重开 {row.code}")),
        )
    ]


def end(session: Session, row: Return, why: str, now: datetime, station: Station) -> list[Say]:
    """End without handing over (终止), with the reason; the owner hears that it is off, not why."""
    words = split_private(why).private["words"][: rules.MOST]
    if not words:
        raise refuse("returns.end_why", code=row.code)
    records.require_state(row, ReturnState.REGISTERED, ReturnState.VERIFIED, ReturnState.MEETING)
    told = bool(records.times_of(session, row, now)) and records.owner_of(session, row) is not None
    _end(session, row, now, station)
    cases.add_note(session, row, "ended", words, now)
    says = [
        Say(text("returns.ended", code=row.code), buttons=rows(button("returns.button.reopen", f"重开 {row.code}")))
    ]
    return [*says, views.to_owner(session, row, "returns.owner.ended")] if told else says


def _end(session: Session, row: Return, now: datetime, station: Station) -> None:
    cases.move(
        session,
        row,
        ReturnState.ENDED,
        closed_at=now,
        next_at=None,
        meets_at=None,
        expires_at=now + station.incident_lives,
    )


def reopen(session: Session, actor: Actor, row: Return, now: datetime, station: Station) -> list[Say]:
    """Open again by word (重开): one that was ended is verified anew, one handed over is followed up."""
    require(actor, "重开", areas.get(session, row.area_id))
    if row.state is ReturnState.ENDED:
        cases.change(session, row, closed_at=None, handler_id=row.handler_id or actor.id)
        _unverify(session, row, now, station)
        cases.add_note(session, row, "reopened", "", now)
        asked = views.check(session, row, "returns.check", records.other_officers(session, row))
        return [Say(text("returns.reopened", code=row.code)), *asked]
    records.require_state(row, ReturnState.HANDED, ReturnState.CLOSED)
    callbacks.cancel(session, row.topic, now)
    open_again(session, row, row.handler_id, now, station)
    return [
        Say(text("returns.reopened", code=row.code)),
        *views.to_handler(row, "returns.follow_up", thing=views.thing(session, row)),
    ]


def open_again(session: Session, row: Return, handler: int | None, now: datetime, station: Station) -> None:
    """It was handed over, and is open again: for this handler, or for whoever takes it."""
    by = workdays.due(now, rules.NO_APPOINTMENT, station.workdays)
    cases.move(
        session,
        row,
        ReturnState.VERIFIED,
        handler_id=handler,
        reopened=row.reopened + 1,
        handed_at=None,
        closed_at=None,
        meets_at=None,
        matched_at=None,
        meet_by=by,
        next_at=ask_at(by, station.quiet_from, station.quiet_until),
    )
    records.keep(session, row, times=None, wish=None, code=None)
    cases.add_note(session, row, "reopened", "", now)


def told_more(session: Session, actor: Actor, row: Return, words: str, now: datetime) -> list[Say]:
    """The owner says more (补充), and its handler hears it; what the handler adds is kept beside it."""
    added = split_private(words).private["words"]
    if not added:
        raise refuse("returns.more_what", code=row.code)
    if len(added) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    owner = cases.is_teller(session, row, actor.id)
    cases.add_note(session, row, "told" if owner else "added", added, now)
    says = [Say(text("incidents.added", code=row.code))]
    return [*says, *views.to_handler(row, "incidents.was_added", words=added)] if owner else says


def take(session: Session, actor: Actor, row: Return, now: datetime) -> list[Say]:
    """Take it over (接单), so that somebody is there for the owner; who had it hears that."""
    require(actor, "返赃", areas.get(session, row.area_id))
    if row.is_over:
        raise records.not_now(row)
    callbacks.check_handler(session, row.topic, actor.id)
    before = row.handler_id
    if before == actor.id:
        raise refuse("disputes.yours", code=row.code)
    cases.change(session, row, handler_id=actor.id)
    cases.add_note(session, row, "taken", people.name_of(session, actor.id), now)
    says = [Say(text("returns.taken", code=row.code), person=actor.id)]
    if before is not None:
        line = text("incidents.assign.from_you", code=row.code, to=called(session, actor.id))
        says.append(Say(line, person=before))
    return says


def offered(session: Session, row: Return, kept_out: Sequence[int]) -> list[Say]:
    """Officers of its area are asked who takes it."""
    near = [one for one in people.holders(session, OFFICERS, row.area_id) if one not in kept_out]
    line = text("returns.wanted", code=row.code, place=areas.get(session, row.area_id).name)
    take_it = rows(button("returns.button.take", f"接单 {row.code}"))
    return [Say(line, buttons=take_it, person=one) for one in near[: views.MOST_ASKED]]
