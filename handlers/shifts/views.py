"""Views of shifts (看法): what is open and who is near and free, in the areas' order; names for planners alone."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import called
from handlers.dialogue.wording import Text, said, text
from handlers.shifts import orders, records, rules
from handlers.shifts.records import Slot
from handlers.shifts.rules import Hole, Span
from handlers.volunteers import actions as volunteering
from storage import areas, people, shifts
from storage.people import Role
from storage.shifts import ShiftPlan, ShiftZone

CALLED = (Role.VOLUNTEER, Role.GUARD, Role.AUXILIARY)
"""Who is asked to fill a hole."""
MOST = 8
MOST_GROUPS = 6
WEEKDAYS = "一二三四五六日"


def when(span: Span) -> str:
    """11月20日（周五）22:00–次日06:00."""
    start, end = span.start, span.end
    later = "次日" if end.date() > start.date() else ""
    return f"{start.month}月{start.day}日（周{WEEKDAYS[start.weekday()]}）{start:%H:%M}–{later}{end:%H:%M}"


def zone_name(session: Session, zone: ShiftZone) -> str:
    """What a zone is called, with its area where the name is none."""
    area = areas.get(session, zone.area_id)
    return zone.name if zone.name.startswith(area.name) else f"{area.name}{zone.name}"


def plan_head(session: Session, plan: ShiftPlan) -> Text:
    """Where, how many zones, until when."""
    return text(
        "shifts.head",
        code=plan.code,
        area=areas.get(session, plan.area_id).name,
        n=len(shifts.zones_of(session, plan)),
        until=f"{plan.ends_on.month}月{plan.ends_on.day}日",
    )


def plan_lines(session: Session, plan: ShiftPlan) -> list[Text]:
    """Its zones, those of the same hours in one line."""
    found: dict[tuple[str, int, int, int], list[str]] = {}
    for zone in shifts.zones_of(session, plan):
        found.setdefault((zone.days, zone.from_minute, zone.minutes, zone.needed), []).append(zone.name)
    return [
        text(
            "shifts.zone_line",
            names=orders.chunks(names),
            days=orders.days_words(days),
            hours=orders.clock_words(start, minutes),
            needed=needed,
        )
        for (days, start, minutes, needed), names in found.items()
    ]


def open_slots(session: Session, plans: Sequence[ShiftPlan], now: datetime) -> list[tuple[Slot, Hole]]:
    """What is open in the next seven days, the soonest first."""
    found = [
        (slot, hole)
        for plan in plans
        for slot in records.slots(session, plan, now, now + rules.AHEAD)
        for hole in records.holes(session, slot, now)
    ]
    return sorted(found, key=lambda one: (one[1].start, one[0].plan.number, one[0].zone.number))


def hole_line(session: Session, slot: Slot, hole: Hole) -> Text:
    """Where and when, and how many are missing."""
    return text(
        "shifts.hole",
        zone=zone_name(session, slot.zone),
        when=when(Span(hole.start, hole.end)),
        missing=hole.missing,
    )


def holes_of(session: Session, plan: ShiftPlan, now: datetime) -> Say:
    """What of a plan is open in the next seven days, and who is near and free for it."""
    found = open_slots(session, [plan], now)
    if not found:
        return Say(text("shifts.no_holes", code=plan.code), buttons=rows(*plan_buttons(plan)))
    return Say(
        text("shifts.holes", code=plan.code, lines=hole_lines(session, found)), buttons=rows(*plan_buttons(plan))
    )


def hole_lines(session: Session, found: Sequence[tuple[Slot, Hole]], *, near: bool = True) -> tuple[Text, ...]:
    """What is open, zones of one area that lack as many at the same time in one line; near: who could fill it."""
    alike: dict[tuple[object, ...], list[tuple[Slot, Hole]]] = {}
    for slot, hole in found:
        alike.setdefault((hole.start, hole.end, hole.missing, slot.zone.area_id), []).append((slot, hole))
    lines: list[Text] = []
    for group in list(alike.values())[:MOST]:
        (slot, hole), names = group[0], [one.zone.name for one, _ in group]
        if len(names) == 1:
            lines.append(hole_line(session, slot, hole))
        else:
            zones, at = orders.chunks(names), when(Span(hole.start, hole.end))
            lines.append(text("shifts.hole_each", zones=zones, when=at, missing=hole.missing))
        lines += near_and_free(session, slot, hole) if near else []
    if len(alike) > MOST:
        lines.append(text("shifts.more_holes", n=len(alike) - MOST))
    return tuple(lines)


def near_and_free(session: Session, slot: Slot, hole: Hole) -> list[Text]:
    """Groups of people near a zone with nothing else in hand then, and firms of the plan; in the areas' order."""
    parts: list[Text] = []
    free = set(free_for(session, slot, hole))
    near = _near(session, slot.zone)
    grants = people.granted(session, CALLED, near)
    for area_id in near:
        for role in CALLED:
            n = len({person for person, held, where in grants if (held, where) == (role, area_id) and person in free})
            if n:
                parts.append(text("shifts.group", area=areas.get(session, area_id).name, role=role.value, n=n))
    parts += [said(firm) for firm in _free_firms(session, slot, hole)]
    return [text("shifts.near", who=_joined(tuple(parts[:MOST_GROUPS])))] if parts else []


def _near(session: Session, zone: ShiftZone) -> list[int]:
    """The zone's area, those inside it, above it and beside it, in the order of the tree."""
    area = areas.get(session, zone.area_id)
    beside = [one.id for one in areas.all_of(session) if one.parent_id == area.parent_id and area.parent_id is not None]
    found = {*area.lineage, *beside, *areas.subtree(session, area.id)}
    return [one.id for one in areas.all_of(session) if one.id in found]


def free_for(session: Session, slot: Slot, hole: Hole) -> list[int]:
    """Ids of those near a hole who have taken nothing at that time; volunteers at their hours only."""
    near = _near(session, slot.zone)
    kept = shifts.busy(session, hole.start, hole.end)
    away = volunteering.away_at(session, near, hole.start)
    return [
        person
        for person, role, _ in people.granted(session, CALLED, near)
        if person not in kept and (role is not Role.VOLUNTEER or person not in away)
    ]


def _free_firms(session: Session, slot: Slot, hole: Hole) -> list[str]:
    """Firms that stand elsewhere in the plan and not at that time: they could complement."""
    names: dict[str, bool] = {}
    for zone in shifts.zones_of(session, slot.plan):
        for claim in shifts.claims_of(session, zone, hole.start - rules.AHEAD, hole.end + rules.AHEAD):
            if claim.firm:
                at_work = claim.starts_at < hole.end and claim.ends_at > hole.start
                names[claim.firm] = names.get(claim.firm, True) and not at_work
    return [name for name, free in names.items() if free]


def plan_buttons(plan: ShiftPlan) -> tuple[tuple[Button, ...], ...]:
    """What a planner does next."""
    code = plan.code
    return (
        (button("shifts.button.holes", f"排班 空档 {code}"), button("shifts.button.call", f"排班 叫人 {code}")),
        (button("shifts.button.show", f"排班 看 {code}"), button("shifts.button.stop", f"排班 停 {code}")),
    )


def shown(session: Session, plan: ShiftPlan, now: datetime) -> Say:
    """Who stands where in the next two days, for a planner."""
    lines: list[Text] = [plan_head(session, plan), *plan_lines(session, plan)]
    for slot in records.slots(session, plan, now, now + rules.TOLD_BEFORE * 2)[: MOST * 2]:
        taken = records.taken(session, slot)
        who = tuple(_who(session, slot, claim) for claim in taken)
        key = "shifts.slot" if who else "shifts.slot_empty"
        lines.append(text(key, zone=zone_name(session, slot.zone), when=when(slot.span), who=_joined(who)))
    return Say(text("incidents.lines", lines=tuple(lines)), buttons=rows(*plan_buttons(plan)))


def _who(session: Session, slot: Slot, claim: shifts.ShiftClaim) -> Text:
    taken = records.span_of(claim, slot)
    part = "" if Span(taken.start, taken.end) == slot.span else f"（{taken.start:%H:%M}–{taken.end:%H:%M}）"
    if claim.firm:
        return text("shifts.firm", firm=claim.firm, n=claim.heads, part=part)
    return text("shifts.person", name=called(session, claim.person_id or 0), part=part)


def _joined(parts: tuple[Text, ...]) -> Text:
    if not parts:
        return said("")
    joined = parts[0]
    for one in parts[1:]:
        joined = text("shifts.and", one=joined, other=one)
    return joined


def offer_buttons(session: Session, found: Sequence[tuple[Slot, Hole]], most: int) -> list[Button]:
    """A button for each hole; part of a shift with its hours."""
    made = []
    for slot, hole in found[:most]:
        part = ""
        if hole.start != slot.span.start or hole.end != slot.span.end:
            part = f" {hole.start:%H:%M}-{hole.end:%H:%M}"
        day = f"{hole.start.month}月{hole.start.day}日 {hole.start:%H:%M}"
        label = {"zone": slot.zone.name, "when": day}
        made.append(button("shifts.button.take", f"领班 {slot.says}{part}", **label))
    return made
