"""Which plan, zone and shift are meant, and who may take one (查班)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, OFFICERS, WATCH, Refusal, refuse
from handlers.dialogue.kinds import unknown
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.reading.when import read_when
from handlers.shifts import orders, rules
from handlers.shifts.rules import Hole, Hours, Span, Taken
from storage import areas, cases, shifts
from storage.shifts import LETTER, PlanState, ShiftClaim, ShiftPlan, ShiftZone

_CLOCK = re.compile(r"(\d{1,2}(?::\d{2})?)\s*点?\s*(?:-|到|至|~)\s*(\d{1,2}(?::\d{2})?)\s*点?")
_DATE = re.compile(r"(?<!\d)(\d{1,2})-(\d{1,2})(?![\d:])")


@dataclass(frozen=True, slots=True)
class Slot:
    """A shift of a zone of a plan; `span` is the whole of it."""

    plan: ShiftPlan
    zone: ShiftZone
    span: Span

    @property
    def says(self) -> str:
        """How it is named in what a button says: 班1 3 11-20."""
        day = self.span.start
        return f"{self.plan.code} {self.zone.number} {day.month:02d}-{day.day:02d}"


def hours_of(plan: ShiftPlan, zone: ShiftZone) -> Hours:
    """When a zone is to be covered."""
    return Hours(zone.days, zone.from_minute, zone.minutes, plan.starts_on, plan.ends_on)


def slots(session: Session, plan: ShiftPlan, since: datetime, until: datetime) -> list[Slot]:
    """Every shift of a plan in that time; moments are in the zone of `since`."""
    return [
        Slot(plan, zone, span)
        for zone in shifts.zones_of(session, plan)
        for span in rules.shifts(hours_of(plan, zone), since.tzinfo, since, until)
    ]


def taken(session: Session, slot: Slot) -> list[ShiftClaim]:
    """What is taken of a shift."""
    return list(shifts.claims_of(session, slot.zone, slot.span.start, slot.span.end))


def holes(session: Session, slot: Slot, now: datetime) -> list[Hole]:
    """What of a shift is open and has not gone by."""
    span = Span(max(slot.span.start, now), slot.span.end)
    if span.start >= span.end:
        return []
    claims = [span_of(one, slot) for one in taken(session, slot)]
    return rules.holes(span, slot.zone.needed, claims)


def span_of(claim: ShiftClaim, slot: Slot) -> Taken:
    """A claim as the rules know it."""
    zone = slot.span.start.tzinfo
    return Taken(claim.starts_at.astimezone(zone), claim.ends_at.astimezone(zone), claim.heads)


def plans_for(session: Session, actor: Actor) -> list[ShiftPlan]:
    """The plans in force of which somebody may take a shift."""
    within = {one for hold in actor.holds if hold.role in WATCH for one in areas.subtree(session, hold.area_id)}
    return list(shifts.active(session, within))


def may_take(session: Session, actor: Actor, plan: ShiftPlan) -> bool:
    """Whether somebody may take shifts of a plan: who walks the watch over one of its zones may help in the others."""
    return any(actor.has(WATCH, areas.get(session, zone.area_id)) for zone in shifts.zones_of(session, plan))


def plans(session: Session, actor: Actor, plan: ShiftPlan) -> bool:
    """Whether somebody plans there: an officer or the desk over its area."""
    return actor.has(OFFICERS | DESK, areas.get(session, plan.area_id))


def to_plan(session: Session, scene: Scene, codes: Sequence[Code]) -> ShiftPlan:
    """The plan a planner means; the only one there is where none is named; raises Refusal."""
    found = _named(session, codes)
    if found is None and not _own(codes):
        mine = [one for one in plans_for(session, scene.actor) if plans(session, scene.actor, one)]
        if len(mine) != 1:
            raise refuse("shifts.which")
        return mine[0]
    if found is None or not plans(session, scene.actor, found):
        raise unknown(session, scene, _own(codes))
    return found


def not_active(plan: ShiftPlan) -> Refusal:
    """Why nothing can be done with it now."""
    return refuse("shifts.not_active", code=plan.code, state=text(f"shift_plans.state.{plan.state}"))


def _own(codes: Sequence[Code]) -> list[Code]:
    return [code for code in codes if code.prefix == LETTER]


def _named(session: Session, codes: Sequence[Code]) -> ShiftPlan | None:
    own = _own(codes)
    return cases.numbered(session, ShiftPlan, own[0].number) if own else None


def slot_of(session: Session, scene: Scene, words: str, codes: Sequence[Code], now: datetime) -> tuple[Slot, Span]:
    """The shift somebody means by 班1 3 11-20 22:00-02:00, and the stretch of it; raises Refusal."""
    plan = _named(session, codes)
    if not _own(codes):
        near = plans_for(session, scene.actor)
        if len(near) != 1:
            raise refuse("shifts.how_to_take")
        plan = near[0]
    if plan is None or not may_take(session, scene.actor, plan):
        raise unknown(session, scene, _own(codes))
    if plan.state is not PlanState.ACTIVE:
        raise not_active(plan)
    said = fold(words)
    for code in _own(codes)[:1]:
        said = (said[: code.span[0]] + " " + said[code.span[1] :]).strip()
    zone, said = _zone(session, plan, said)
    clock = _CLOCK.search(_DATE.sub(" ", said))
    span = _day(session, plan, zone, said, now)
    if span is None:
        raise refuse("shifts.no_such_shift", code=plan.code, zone=zone.name)
    slot = Slot(plan, zone, span)
    if clock is None:
        return slot, span
    part = rules.within(span, clock[1], clock[2])
    if part is None:
        raise refuse("shifts.not_within", code=plan.code)
    return slot, part


def _zone(session: Session, plan: ShiftPlan, said: str) -> tuple[ShiftZone, str]:
    zones = shifts.zones_of(session, plan)
    named = next((one for one in zones if said.startswith(one.name)), None)
    if named is not None:
        return named, said[len(named.name) :]
    found = re.match(r"第?\s*(\d{1,2}|[一二三四五六七八九十]{1,3}(?=号?片))\s*号?片?(?![\d:-])", said)
    if found is None and len(zones) == 1:
        return zones[0], said
    number = orders.number(found[1]) if found is not None else 0
    zone = next((one for one in zones if one.number == number), None)
    if zone is None:
        raise refuse("shifts.which_zone", code=plan.code, most=len(zones))
    return zone, said[found.end() :] if found is not None else said


def _day(session: Session, plan: ShiftPlan, zone: ShiftZone, said: str, now: datetime) -> Span | None:
    """The shift of the day named, else the next one."""
    spans = list(rules.shifts(hours_of(plan, zone), now.tzinfo, now, now + rules.LONGEST))
    dated = _DATE.search(said)
    if dated is not None:
        day = int(dated[1]), int(dated[2])
        return next((one for one in spans if (one.start.month, one.start.day) == day), None)
    when = read_when(said, now, past=False)
    start = when.start if when is not None else None
    if start is None:
        return spans[0] if spans else None
    wanted = start.date() if isinstance(start, datetime) else start
    return next((one for one in spans if one.start.date() == wanted), None)


def own_claim(session: Session, actor: Actor, slot: Slot) -> ShiftClaim | None:
    """What somebody has taken of a shift."""
    return next((one for one in taken(session, slot) if one.person_id == actor.id), None)


def slot_of_claim(session: Session, claim: ShiftClaim, now: datetime) -> Slot | None:
    """The shift a claim is part of."""
    zone = shifts.zone_of(session, claim)
    plan = shifts.plan_of(session, zone)
    start = claim.starts_at.astimezone(now.tzinfo)
    spans = rules.shifts(hours_of(plan, zone), now.tzinfo, start, start + timedelta(minutes=1))
    return next((Slot(plan, zone, one) for one in spans if one.start <= start < one.end), None)
