"""领班、换班: take a shift or give it back; offer one to others, take one over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.incidents.rules import clean
from handlers.reading import intent_watch
from handlers.reading.codes import Code, codes
from handlers.reading.normal import fold
from handlers.shifts import claiming, records, views
from handlers.shifts.rules import Span
from storage import shifts

MOST = 6
GIVE_BACK = ("退", "不领", "还")
SWAPS = {"接": claiming.take_over, "不换": claiming.keep, "还回": claiming.hand_back}


def take(session: Session, scene: Scene, rest: str, via: str, now: datetime) -> list[Say]:
    """领班 alone lists what is open; 领班 班1 3片 今晚; 领班 班1 3 11-20 22:00-02:00; 领班 退 班1 3 11-20."""
    words = clean(rest)
    back = next((one for one in GIVE_BACK if words.startswith(one)), "")
    words = words.removeprefix(back).strip()
    if not words and not back:
        return _heard(scene, [_open(session, scene, now)], via)
    slot, part = records.slot_of(session, scene, words, _codes(words), now)
    if back:
        return _heard(scene, claiming.give_back(session, scene.actor, slot, now), via)
    return _heard(scene, claiming.take(session, scene.actor, slot, part, now), via)


def _codes(words: str) -> Sequence[Code]:
    return codes(fold(words))


def _heard(scene: Scene, says: list[Say], via: str) -> list[Say]:
    """Who stands when is nobody's in a group: it is answered privately."""
    if not scene.is_group:
        return says
    line = text("common.answered_privately")
    me = scene.actor.id
    moved = [one if one.chat is not None or one.person is not None else replace(one, person=me) for one in says]
    if via in ("button", "choice"):
        return [replace(moved[0], toast=line), *moved[1:]]
    return [*moved, Say(line, opens_for=me, quote=True)]


def _open(session: Session, scene: Scene, now: datetime) -> Say:
    """What is open in the next seven days where somebody may stand and has nothing else then."""
    plans = records.plans_for(session, scene.actor)
    mine = [Span(one.starts_at, one.ends_at) for one in shifts.claims_by(session, scene.actor.id, now)]
    found = [
        (slot, hole)
        for slot, hole in views.open_slots(session, plans, now)
        if not any(hole.start < one.end and one.start < hole.end for one in mine)
    ]
    if not found:
        return Say(text("shifts.nothing_open"), person=scene.actor.id)
    lines = tuple(views.hole_line(session, slot, hole) for slot, hole in found[:MOST])
    return Say(
        text("shifts.open", lines=lines),
        buttons=rows(*views.offer_buttons(session, found, MOST)),
        person=scene.actor.id,
    )


def swap(session: Session, scene: Scene, rest: str, via: str, now: datetime) -> list[Say]:
    """换班 alone lists one's own; 换班 班1 3 11-20; 换班 接 班1 3 11-20; 换班 不换 …; 换班 还回 …."""
    words = clean(rest)
    step = next((one for one in SWAPS if words.startswith(one)), "")
    words = words.removeprefix(step).strip()
    if not words and not step:
        return _heard(scene, [_own(session, scene, now)], via)
    slot, _ = records.slot_of(session, scene, words, _codes(words), now)
    do = SWAPS.get(step, claiming.offer)
    return _heard(scene, do(session, scene.actor, slot, now), via)


def _own(session: Session, scene: Scene, now: datetime) -> Say:
    """What somebody has taken, each with a button to offer it."""
    lines, buttons = [], []
    for claim in shifts.claims_by(session, scene.actor.id, now)[:MOST]:
        slot = records.slot_of_claim(session, claim, now)
        if slot is None:
            continue
        zone = views.zone_name(session, slot.zone)
        span = Span(claim.starts_at.astimezone(now.tzinfo), claim.ends_at.astimezone(now.tzinfo))
        key = "shifts.mine_offered" if claim.offered else "shifts.mine"
        lines.append(text(key, zone=zone, when=views.when(span)))
        day = f"{span.start.month}月{span.start.day}日"
        step = "不换 " if claim.offered else ""
        label = "shifts.button.keep_one" if claim.offered else "shifts.button.swap_one"
        buttons.append(
            (
                button(label, f"换班 {step}{slot.says}", zone=slot.zone.name, day=day),
                button("shifts.button.give_back_one", f"领班 退 {slot.says}", zone=slot.zone.name, day=day),
            )
        )
    if not lines:
        return Say(text("shifts.none_mine"), person=scene.actor.id)
    return Say(text("shifts.all_mine", lines=tuple(lines)), buttons=rows(*buttons), person=scene.actor.id)


COMMANDS = (
    Command("领班", take, bare=intent_watch.shift, rank=59),
    Command("换班", swap, aliases=("我的班",), bare=intent_watch.shift, rank=59),
)
