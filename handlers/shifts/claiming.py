"""Who stands when (领班, 换班): take a shift or a part of it, give it back, offer it, take it over; the only door."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.say import Button, Say, button, rows, to_people
from handlers.dialogue.scene import Actor, actor_of, called
from handlers.dialogue.wording import text
from handlers.reminders.rules import KEPT
from handlers.shifts import records, rules, views
from handlers.shifts.records import Slot
from handlers.shifts.rules import Span
from storage import chats, reminders, shifts
from storage.lanes import Lane
from storage.purposes import Purpose
from storage.reminders import Reminder, ReminderState
from storage.shifts import ShiftClaim, ShiftPlan


def could(session: Session, person_id: int, plan: ShiftPlan) -> bool:
    """Whether somebody may take shifts of a plan."""
    return records.may_take(session, actor_of(session, person_id), plan)


def take(session: Session, actor: Actor, slot: Slot, part: Span, now: datetime) -> list[Say]:
    """Take a shift, or as much of it as is open (领班); nobody stands in two places."""
    open_parts = [one for one in records.holes(session, slot, now) if one.start < part.end and part.start < one.end]
    if not open_parts:
        if records.own_claim(session, actor, slot) is not None:
            raise refuse("shifts.yours", zone=slot.zone.name, when=views.when(slot.span))
        raise refuse("shifts.full", zone=slot.zone.name, when=views.when(part))
    span = Span(max(part.start, open_parts[0].start), min(part.end, open_parts[-1].end))
    own = records.own_claim(session, actor, slot)
    if own is not None and rules.overlaps(span, [Span(own.starts_at, own.ends_at)]):
        raise refuse("shifts.yours", zone=slot.zone.name, when=views.when(slot.span))
    _free(session, actor.id, span, now)
    claim = ShiftClaim(zone_id=slot.zone.id, starts_at=span.start, ends_at=span.end, person_id=actor.id)
    shifts.take(session, claim)
    _remind(session, claim, slot, now)
    line = text("shifts.taken", zone=views.zone_name(session, slot.zone), when=views.when(span))
    return [Say(line, buttons=rows(_own_buttons(slot)), person=actor.id)]


def _own_buttons(slot: Slot) -> tuple[Button, ...]:
    give = button("shifts.button.give_back", f"领班 退 {slot.says}")
    return (give, button("shifts.button.swap", f"换班 {slot.says}"))


def _free(session: Session, person_id: int, span: Span, now: datetime) -> None:
    """Raise a Refusal where somebody has taken something else at that time."""
    for one in shifts.claims_by(session, person_id, now):
        if rules.overlaps(span, [Span(one.starts_at, one.ends_at)]):
            zone = shifts.zone_of(session, one)
            found = Span(one.starts_at.astimezone(now.tzinfo), one.ends_at.astimezone(now.tzinfo))
            raise refuse("shifts.two_places", zone=views.zone_name(session, zone), when=views.when(found))


def _remind(session: Session, claim: ShiftClaim, slot: Slot, now: datetime) -> None:
    """Remind whoever has it an hour before it begins."""
    home = chats.private_of(session, claim.person_id or 0)
    at = claim.starts_at - rules.REMIND
    claim.reminder_id = None
    if home is not None and claim.person_id is not None and at > now:
        span = Span(claim.starts_at.astimezone(now.tzinfo), claim.ends_at.astimezone(now.tzinfo))
        words = f"值班 {views.zone_name(session, slot.zone)}，{views.when(span)}"
        expires = claim.ends_at + KEPT
        row = reminders.add(session, Purpose.REMINDER, claim.person_id, home.id, words, at, now, expires_at=expires)
        claim.reminder_id = row.id
    session.flush()


def _silence(session: Session, claim: ShiftClaim, now: datetime) -> None:
    row = session.get(Reminder, claim.reminder_id) if claim.reminder_id is not None else None
    if row is not None and row.state is ReminderState.ACTIVE:
        reminders.end(session, row, ReminderState.CANCELLED, now + KEPT)


def _when(claim: ShiftClaim, now: datetime) -> str:
    return views.when(Span(claim.starts_at.astimezone(now.tzinfo), claim.ends_at.astimezone(now.tzinfo)))


def silence_all(session: Session, plan: ShiftPlan, now: datetime) -> None:
    """Nobody is reminded of a plan that is in force no more."""
    for zone in shifts.zones_of(session, plan):
        for claim in shifts.claims_of(session, zone, now, now + rules.LONGEST):
            _silence(session, claim, now)


def remind_all(session: Session, plan: ShiftPlan, now: datetime) -> None:
    """Everybody is reminded again of what they have taken."""
    for zone in shifts.zones_of(session, plan):
        for claim in shifts.claims_of(session, zone, now, now + rules.LONGEST):
            slot = records.slot_of_claim(session, claim, now)
            if slot is not None:
                _remind(session, claim, slot, now)


def give_all_back(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """Somebody helps no more: what they had taken is open again, and planners hear what begins within a day."""
    says: list[Say] = []
    for claim in shifts.claims_by(session, actor.id, now):
        slot = records.slot_of_claim(session, claim, now)
        if slot is not None:
            says += [one for one in give_back(session, actor, slot, now) if one.person != actor.id]
    return says


def _own(session: Session, actor: Actor, slot: Slot) -> ShiftClaim:
    claim = records.own_claim(session, actor, slot)
    if claim is None:
        raise refuse("shifts.not_yours", zone=slot.zone.name, when=views.when(slot.span))
    return claim


def give_back(session: Session, actor: Actor, slot: Slot, now: datetime) -> list[Say]:
    """Give a shift back (退): it is open again, and its planner hears it where it begins within a day."""
    claim = _own(session, actor, slot)
    _silence(session, claim, now)
    soon = claim.starts_at - now < rules.TOLD_BEFORE
    again = rows(button("shifts.button.take_again", f"领班 {slot.says}"))
    zone, when = views.zone_name(session, slot.zone), _when(claim, now)
    shifts.free(session, claim)
    says = [Say(text("shifts.given_back", zone=zone, when=when), buttons=again, person=actor.id)]
    if soon and slot.plan.handler_id is not None and slot.plan.handler_id != actor.id:
        line = text("shifts.opened", code=slot.plan.code, zone=zone, when=when)
        call = rows(button("shifts.button.call", f"排班 叫人 {slot.plan.code}"))
        says.append(Say(line, buttons=call, person=slot.plan.handler_id, lane=Lane.REMINDER))
    return says


def offer(session: Session, actor: Actor, slot: Slot, now: datetime) -> list[Say]:
    """Offer a shift to others (换班): it stays one's own until somebody takes it over."""
    claim = _own(session, actor, slot)
    if claim.offered:
        raise refuse("shifts.offered_already", zone=slot.zone.name)
    claim.offered = True
    session.flush()
    hole = rules.Hole(claim.starts_at.astimezone(now.tzinfo), claim.ends_at.astimezone(now.tzinfo), 1)
    near = [
        one
        for one in dict.fromkeys(views.free_for(session, slot, hole))
        if one != actor.id and could(session, one, slot.plan)
    ]
    zone, when = views.zone_name(session, slot.zone), views.when(Span(hole.start, hole.end))
    undo = rows(button("shifts.button.keep", f"换班 不换 {slot.says}"))
    asked = Say(
        text("shifts.who_swaps", zone=zone, when=when),
        buttons=rows(button("shifts.button.take_over", f"换班 接 {slot.says}")),
        lane=Lane.REMINDER,
    )
    key = "shifts.offered" if near else "shifts.offered_nobody"
    return [Say(text(key), buttons=undo, person=actor.id), *to_people(asked, near)]


def keep(session: Session, actor: Actor, slot: Slot, now: datetime) -> list[Say]:
    """Offer it no more (不换)."""
    claim = _own(session, actor, slot)
    if not claim.offered:
        raise refuse("shifts.not_offered", zone=slot.zone.name)
    claim.offered = False
    session.flush()
    return [Say(text("shifts.kept", zone=slot.zone.name), buttons=rows(_own_buttons(slot)), person=actor.id)]


def take_over(session: Session, actor: Actor, slot: Slot, now: datetime) -> list[Say]:
    """Take over what somebody offered (接): first come, first served; whoever had it hears it."""
    claim = next((one for one in records.taken(session, slot) if one.offered and one.person_id is not None), None)
    if claim is None:
        raise refuse("shifts.not_offered", zone=slot.zone.name)
    if claim.person_id == actor.id:
        raise refuse("shifts.own_offer")
    before = claim.person_id
    _hand(session, claim, actor.id, slot, now)
    claim.before_id = before
    session.flush()
    zone, when = views.zone_name(session, slot.zone), _when(claim, now)
    undo = rows((button("shifts.button.return", f"换班 还回 {slot.says}"),))
    told = to_people(
        Say(text("shifts.swapped_told", name=called(session, actor.id), zone=zone, when=when), lane=Lane.REMINDER),
        [before] if before is not None else [],
    )
    return [Say(text("shifts.swapped", zone=zone, when=when), buttons=undo, person=actor.id), *told]


def _hand(session: Session, claim: ShiftClaim, to: int, slot: Slot, now: datetime) -> None:
    _free(session, to, Span(claim.starts_at, claim.ends_at), now)
    _silence(session, claim, now)
    claim.person_id, claim.offered = to, False
    _remind(session, claim, slot, now)


def hand_back(session: Session, actor: Actor, slot: Slot, now: datetime) -> list[Say]:
    """A slip (还回): it is again whose it was, if they are still free; else it is to be offered."""
    claim = _own(session, actor, slot)
    before = claim.before_id
    if before is None or not could(session, before, slot.plan):
        raise refuse("shifts.nobody_before", zone=slot.zone.name)
    _hand(session, claim, before, slot, now)
    claim.before_id = None
    session.flush()
    zone, when = views.zone_name(session, slot.zone), _when(claim, now)
    told = Say(
        text("shifts.returned_told", zone=zone, when=when),
        buttons=rows(_own_buttons(slot)),
        person=before,
        lane=Lane.REMINDER,
    )
    return [Say(text("shifts.returned", zone=zone, when=when), person=actor.id), told]
