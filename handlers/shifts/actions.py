"""What can be done with a plan of shifts (排班): set up, stop, call people, give to a firm; the only door."""

from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, OFFICERS, refuse
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.scene import Actor, actor_of
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.incidents.rules import split_private
from handlers.reading.identifiers import mask
from handlers.reading.places import Gazetteer
from handlers.shifts import claiming, records, rules, views
from handlers.shifts.orders import Orders
from storage import areas, audit, cases, people, shifts
from storage.areas import Area
from storage.lanes import Lane
from storage.people import Role
from storage.purposes import Purpose
from storage.shifts import PlanState, ShiftClaim, ShiftPlan, ShiftZone

MOST_WORDS = 500
MOST_FIRM = 8
MOST_SHIFTS = 62


def set_up(
    session: Session, actor: Actor, area: Area, told: Orders, words: str, now: datetime, gazetteer: Gazetteer
) -> list[Say]:
    """Set up what is to be covered from today on: zones are areas inside this one, or have names of their own."""
    if not actor.has(OFFICERS | DESK, area):
        raise refuse("shifts.not_here", area=area.name)
    plan = cases.add(
        session,
        ShiftPlan(
            purpose=Purpose.SAFETY,
            area_id=area.id,
            handler_id=actor.id,
            state=PlanState.ACTIVE,
            starts_on=now.date(),
            ends_on=told.last,
            told_until=now + rules.TOLD_BEFORE,
            settled_until=now,
            expires_at=now + rules.LONGEST + rules.LIVES,
        ),
        now,
        private={"words": split_private(words).masked[:MOST_WORDS]},
        origin={},
        teller_id=None,
    )
    for line in told.lines:
        for name in line.names:
            where = _area(session, gazetteer, name, area)
            zone = ShiftZone(
                name=mask(where.name if where is not None else name)[:32],
                area_id=where.id if where is not None else area.id,
                days=line.days,
                from_minute=line.from_minute,
                minutes=line.minutes,
                needed=line.needed,
            )
            shifts.add_zone(session, plan, zone)
    n = len(shifts.zones_of(session, plan))
    audit.write(session, "shift", now, actor_id=actor.id, topic=plan.topic, code=plan.code, area=area.id, zones=n)
    _wind(session, plan, now)
    lines = [views.plan_head(session, plan), *views.plan_lines(session, plan), text("shifts.set_up", code=plan.code)]
    return [Say(text("incidents.lines", lines=tuple(lines)), buttons=rows(*views.plan_buttons(plan)))]


def _area(session: Session, gazetteer: Gazetteer, name: str, within: Area) -> Area | None:
    found = gazetteer.find(name, within.id)
    area = areas.get(session, found.area) if found is not None and found.area is not None else None
    known = area is not None and (name in (area.name, *area.aliases)) and areas.covers(within, area)
    return area if known else None


def _wind(session: Session, plan: ShiftPlan, now: datetime) -> None:
    """Set the clock to the next shift to be told of or counted; after the last one it ends."""
    spans = [one.span for one in records.slots(session, plan, _local(plan.settled_until, now), now + rules.AHEAD)]
    following = rules.next_moment(spans, plan.told_until, plan.settled_until)
    last = datetime.combine(plan.ends_on, time(), now.tzinfo) + timedelta(days=2)
    cases.change(session, plan, next_at=min(one for one in (following, last, now + rules.AHEAD / 2) if one is not None))


def _local(moment: datetime, now: datetime) -> datetime:
    return moment.astimezone(now.tzinfo)


def stop(session: Session, actor: Actor, plan: ShiftPlan, now: datetime) -> list[Say]:
    """Stop a plan (停): nobody is expected any more, and those who had taken something hear it."""
    held = _holders(session, plan, now)
    if not cases.move(
        session, plan, PlanState.STOPPED, only_from={PlanState.ACTIVE}, next_at=now + rules.SLIP, closed_at=now
    ):
        raise records.not_active(plan)
    claiming.silence_all(session, plan, now)
    audit.write(session, "shift.stop", now, actor_id=actor.id, topic=plan.topic)
    told = Say(text("shifts.stopped_told", code=plan.code), lane=Lane.REMINDER)
    undo = rows(button("shifts.button.start_again", f"重开 {plan.code}"))
    return [Say(text("shifts.stopped", code=plan.code), buttons=undo), *to_people(told, held)]


def _holders(session: Session, plan: ShiftPlan, now: datetime) -> list[int]:
    found = [
        claim.person_id
        for zone in shifts.zones_of(session, plan)
        for claim in shifts.claims_of(session, zone, now, now + rules.LONGEST)
    ]
    return [one for one in dict.fromkeys(found) if one is not None]


def start_again(session: Session, plan: ShiftPlan, now: datetime) -> list[Say]:
    """A plan stopped by mistake is in force again (重开), with what was taken of it."""
    if plan.ends_on < now.date() or not cases.move(
        session,
        plan,
        PlanState.ACTIVE,
        only_from={PlanState.STOPPED},
        closed_at=None,
        told_until=now + rules.TOLD_BEFORE,
        settled_until=now,
    ):
        raise refuse("shifts.over", code=plan.code)
    claiming.remind_all(session, plan, now)
    _wind(session, plan, now)
    told = Say(text("shifts.again_told", code=plan.code), lane=Lane.REMINDER)
    held = _holders(session, plan, now)
    key = "shifts.again" if held else "shifts.again_empty"
    says = [Say(text(key, code=plan.code), buttons=rows(*views.plan_buttons(plan)))]
    return [*says, *to_people(told, held)]


def call(session: Session, plan: ShiftPlan, now: datetime) -> list[Say]:
    """Ask those who are near and free to fill what is open (叫人), each once with the soonest holes."""
    if plan.is_over:
        raise refuse("shifts.stopped_how" if plan.state is PlanState.STOPPED else "shifts.over", code=plan.code)
    found = views.open_slots(session, [plan], now)[: views.MOST]
    if not found:
        raise refuse("shifts.no_holes", code=plan.code)
    near: dict[int, None] = {}
    for slot, hole in found:
        near |= dict.fromkeys(
            one for one in views.free_for(session, slot, hole) if claiming.could(session, one, slot.plan)
        )
    if not near:
        raise refuse("shifts.nobody_near", code=plan.code)
    lines = views.hole_lines(session, found[:4], near=False)
    line = text("shifts.please", area=areas.get(session, plan.area_id).name, lines=lines)
    one = Say(line, buttons=rows(*views.offer_buttons(session, found, 4)), lane=Lane.REMINDER)
    return [Say(text("shifts.called", n=len(near))), *to_people(one, near)]


def give_to_firm(session: Session, plan: ShiftPlan, zone: ShiftZone, firm: str, heads: int, now: datetime) -> list[Say]:
    """Give a zone to a firm (派) with so many people for every shift to come; their names are not kept."""
    name = mask(firm)[:MOST_FIRM]
    if plan.state is not PlanState.ACTIVE:
        raise records.not_active(plan)
    taken_back = take_from_firm(session, plan, zone, name, now)
    spans = list(rules.shifts(records.hours_of(plan, zone), now.tzinfo, now, now + rules.LONGEST))[:MOST_SHIFTS]
    for span in spans:
        row = ShiftClaim(zone_id=zone.id, starts_at=max(span.start, now), ends_at=span.end, firm=name, heads=heads)
        shifts.take(session, row)
    key = "shifts.given_anew" if taken_back else "shifts.given"
    undo = rows(button("shifts.button.take_back", f"排班 撤 {plan.code} {zone.number} {name}"))
    fields = {"zone": views.zone_name(session, zone), "firm": name, "n": heads, "times": len(spans)}
    return [Say(text(key, **fields), buttons=undo)]


def take_from_firm(session: Session, plan: ShiftPlan, zone: ShiftZone, firm: str, now: datetime) -> int:
    """A firm stands in a zone no more (撤); how many shifts that frees."""
    found = [one for one in shifts.claims_of(session, zone, now, now + rules.LONGEST) if one.firm == firm]
    for one in found:
        shifts.free(session, one)
    return len(found)


def step(session: Session, plan: ShiftPlan, now: datetime, station: Station) -> list[Say]:
    """Time: what stays open a day before is told to the planner; what is over is counted, and forgotten who took it."""
    if plan.state is not PlanState.ACTIVE:
        shifts.drop_claims(session, plan)
        cases.change(session, plan, next_at=None)
        return []
    _settle(session, plan, now)
    says = _tell(session, plan, now)
    if now.date() > plan.ends_on + timedelta(days=1):
        cases.move(session, plan, PlanState.ENDED, next_at=None, closed_at=now)
        shifts.drop_claims(session, plan)
        told = Say(text("shifts.ended", code=plan.code), lane=Lane.REMINDER)
        return [*says, *_to_planner(session, plan, told)]
    _wind(session, plan, now)
    return says


def _settle(session: Session, plan: ShiftPlan, now: datetime) -> None:
    for slot in records.slots(session, plan, _local(plan.settled_until, now), now):
        if slot.span.end + rules.SETTLED > now or slot.span.end <= plan.settled_until:
            continue
        claims = [records.span_of(one, slot) for one in records.taken(session, slot)]
        needed = slot.zone.needed
        covered = rules.covered_minutes(slot.span, needed, claims)
        shifts.settle(session, slot.zone, slot.span.end, rules.wanted_minutes(slot.span, needed), covered)
    cases.change(session, plan, settled_until=max(plan.settled_until, now - rules.SETTLED))


def _tell(session: Session, plan: ShiftPlan, now: datetime) -> list[Say]:
    until = now + rules.TOLD_BEFORE
    coming = [
        slot
        for slot in records.slots(session, plan, now, until + timedelta(seconds=1))
        if plan.told_until < slot.span.start <= until
    ]
    cases.change(session, plan, told_until=max(plan.told_until, until))
    open_ones = [(slot, hole) for slot in coming for hole in records.holes(session, slot, now)]
    if not open_ones:
        return []
    one = Say(
        text("shifts.still_open", code=plan.code, lines=views.hole_lines(session, open_ones)),
        buttons=rows(*views.plan_buttons(plan)),
        lane=Lane.REMINDER,
    )
    return _to_planner(session, plan, one)


def _to_planner(session: Session, plan: ShiftPlan, one: Say) -> list[Say]:
    """Who planned it, while they plan there; else the nearest officers."""
    if plan.handler_id is not None and records.plans(session, actor_of(session, plan.handler_id), plan):
        return to_people(one, [plan.handler_id])
    return to_people(one, people.nearest_holders(session, OFFICERS - {Role.CASE_TEAM}, plan.area_id))
