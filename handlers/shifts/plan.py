"""排班: what is to be covered; which hours are open and who is near; stop it; give a zone to a firm."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.cases import plain as plainly
from handlers.dialogue import asking
from handlers.dialogue.access import DESK, OFFICERS, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, said, text
from handlers.incidents.rules import clean
from handlers.reading import intent_watch
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from handlers.shifts import actions, orders, records, views
from handlers.shifts.orders import Unread
from storage import areas, cases, chats, shifts
from storage.areas import Area
from storage.shifts import LETTER, PlanState, ShiftPlan, ShiftZone

HOLES = ("空档", "空班", "缺人", "缺口")
STEPS = (*HOLES, "看", "停", "叫人", "派", "撤")
_SEVERAL = re.compile(r"(?:\d{1,3}|[一两二三四五六七八九十]{1,2})\s*个?(?:片|处|岗|点位)")
_FIRM = re.compile(r"^(?P<zone>\d{1,2})\s*号?片?\s*(?:给|由)?\s*(?P<firm>[^\d\s]{2,8})\s*(?P<n>\d{1,2})?\s*人?$")


def plan(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], now: datetime, gazetteer: Gazetteer
) -> list[Say]:
    """排班 8个片 夜间22点到6点 每片2人; 排班 空档; 排班 停 班1; 排班 派 班1 3 平安保安 2人."""
    words = clean(rest)
    step = next((one for one in STEPS if words.startswith(one)), "")
    own = [code for code in codes if code.prefix == LETTER]
    if step or (own and own[0].span[0] == 0):
        found = records.to_plan(session, scene, own)
        left = words[own[0].span[1] :].strip() if own else words.removeprefix(step).strip()
        return _privately(scene, _step(session, scene, step, found, left, now))
    if not words:
        return _privately(scene, _listed(session, scene, now))
    area, told = _area(session, scene, words, gazetteer)
    found_orders = orders.read(told, now.date())
    private = chats.private_of(session, scene.actor.id)
    if isinstance(found_orders, Unread):
        raise refuse(f"shifts.lacks.{found_orders.lacks}", line=found_orders.line[:40])
    if private is not None:
        asking.drop(session, FORM, scene.actor.id, private.id, now)
    return _privately(scene, actions.set_up(session, scene.actor, area, found_orders, words, now, gazetteer))


def _privately(scene: Scene, says: list[Say]) -> list[Say]:
    """Names and holes are for the planner; in a group one hears only where to look."""
    if not scene.is_group:
        return says
    me = scene.actor.id
    moved = [one if one.chat is not None or one.person is not None else replace(one, person=me) for one in says]
    return [*moved, Say(text("common.answered_privately"), opens_for=me, quote=True)]


def _area(session: Session, scene: Scene, words: str, gazetteer: Gazetteer) -> tuple[Area, str]:
    """Over which area it is planned: the one the first line begins with, where it says how many zones; else one's own.

    Raises Refusal where somebody plans over no area.
    """
    own = next((hold for hold in scene.actor.holds if hold.role in OFFICERS | DESK), None)
    if own is None:
        raise refuse("shifts.no_area")
    home = areas.get(session, own.area_id)
    first = re.split(r"[\s,，]", words, maxsplit=1)
    if len(first) == 2:
        found = gazetteer.find(first[0], scene.area_id)
        if found is not None and found.area is not None:
            area = areas.get(session, found.area)
            if first[0] in (area.name, *area.aliases) and _SEVERAL.match(fold(first[1]).strip()):
                return area, first[1]
    return home, words


def _step(session: Session, scene: Scene, step: str, found: ShiftPlan, left: str, now: datetime) -> list[Say]:
    if found.state is PlanState.STOPPED and (step in HOLES or step == "派"):
        raise refuse("shifts.stopped_how", code=found.code)
    if step in HOLES:
        return [views.holes_of(session, found, now)]
    if step == "停":
        return actions.stop(session, scene.actor, found, now)
    if step == "叫人":
        return actions.call(session, found, now)
    if step in ("派", "撤"):
        return _firm(session, step, found, left, now)
    return [views.shown(session, found, now)]


def _firm(session: Session, step: str, found: ShiftPlan, left: str, now: datetime) -> list[Say]:
    told = _FIRM.match(fold(left))
    zone = _zone(session, found, told["zone"]) if told is not None else None
    if told is None or zone is None:
        raise refuse("shifts.firm_how", code=found.code)
    if step == "派":
        return actions.give_to_firm(session, found, zone, told["firm"], int(told["n"] or 1), now)
    freed = actions.take_from_firm(session, found, zone, told["firm"], now)
    if not freed:
        raise refuse("shifts.no_firm", firm=told["firm"])
    return [Say(text("shifts.freed", zone=views.zone_name(session, zone), firm=told["firm"], n=freed))]


def _zone(session: Session, found: ShiftPlan, number: str) -> ShiftZone | None:
    return next((one for one in shifts.zones_of(session, found) if one.number == int(number)), None)


def _listed(session: Session, scene: Scene, now: datetime) -> list[Say]:
    """The plans in force; where there is none, the talk that sets one up."""
    mine = [one for one in records.plans_for(session, scene.actor) if records.plans(session, scene.actor, one)]
    if not mine:
        private = chats.private_of(session, scene.actor.id)
        return asking.begin(session, FORM, scene.actor.id, private.id, now) if private is not None else []
    lines = tuple(views.plan_head(session, one) for one in mine[: views.MOST])
    buttons = [
        (
            button("shifts.button.holes_of", f"排班 空档 {one.code}", code=one.code),
            button("shifts.button.show_one", f"排班 看 {one.code}", code=one.code),
        )
        for one in mine[:3]
    ]
    return [Say(text("shifts.plans", lines=lines), buttons=rows(*buttons))]


def read_zones(text: str) -> str | Problem:
    """Which zones: their number or their names."""
    words = clean(text)
    made = orders.read(f"{words} 22点到6点 2人", date.min)
    return Problem(_lack("zones")) if isinstance(made, Unread) else words


def read_hours(text: str) -> str | Problem:
    """From when to when, on which days."""
    words = clean(text)
    made = orders.read(f"1个片 {words} 每片2人", date.min)
    return Problem(_lack("hours")) if isinstance(made, Unread) else words


def read_needed(text: str) -> str | Problem:
    """How many people a zone."""
    found = re.search(r"\d{1,2}|[一两二三四五六七八九十]", fold(text))
    return str(orders.number(found[0])) if found is not None else Problem(_lack("people"))


def _lack(what: str) -> Text:
    return text(f"shifts.lacks.{what}", line="")


def finish(
    session: Session, scene: Scene, answers: Mapping[str, Any], now: datetime, gazetteer: Gazetteer
) -> list[Say]:
    """Set up what was told question by question."""
    words = f"{answers['zones']} {answers['hours']} 每片{answers['needed']}人"
    return plan(session, scene, words, (), now, gazetteer)


def start_again(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """重开 班1."""
    return actions.start_again(session, records.to_plan(session, scene, codes), now)


def progress(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """进度 班1 is 排班 看 班1; whoever may take its shifts sees its zones and hours, and nobody's name."""
    named = cases.numbered(session, ShiftPlan, codes[0].number) if codes else None
    if named is not None and not records.plans(session, scene.actor, named):
        if records.may_take(session, scene.actor, named) and named.state is PlanState.ACTIVE:
            lines = (views.plan_head(session, named), *views.plan_lines(session, named))
            take = rows(button("shifts.button.open", "领班"))
            return _privately(scene, [Say(text("incidents.lines", lines=lines), buttons=take)])
    found = records.to_plan(session, scene, codes)
    return _privately(scene, [views.shown(session, found, now)])


def stop(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """撤销 班1 is 排班 停 班1."""
    found = records.to_plan(session, scene, codes)
    return _privately(scene, actions.stop(session, scene.actor, found, now))


def _is_team(session: Session, actor: Actor, found: ShiftPlan) -> bool:
    return records.plans(session, actor, found)


def _todo(session: Session, scene: Scene, now: datetime) -> list[Text]:
    """The plans of this person with something open in the next day."""
    mine = [one for one in records.plans_for(session, scene.actor) if one.handler_id == scene.actor.id]
    return [views.plan_head(session, one) for one in mine if one.state is PlanState.ACTIVE][:3]


def _choices(*words: str) -> tuple[tuple[Button, ...], ...]:
    return (tuple(Button(said(one), one) for one in words),)


FORM = Form(
    "shift",
    (
        Question("zones", read_zones, optional=False),
        Question("hours", read_hours, choices=_choices("每天 22点到6点", "每天 8点到18点", "24小时"), optional=False),
        Question("needed", read_needed, choices=_choices("1人", "2人", "3人"), optional=False),
    ),
    finish,
)
FORMS = (FORM,)
KIND = plainly.kind(
    ShiftPlan,
    is_team=_is_team,
    todo=_todo,
    answers={"进度": progress, "撤销": stop, "办结": stop, "重开": start_again},
)
COMMAND = Command("排班", plan, bare=intent_watch.shift, rank=58)
