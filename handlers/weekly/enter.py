"""周报录入: figures the program cannot know, with their source; in one line, question by question, or as a table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.reading import intent, numerals
from handlers.weekly import actions, reading
from handlers.weekly.reading import MOST_ROWS, Told
from storage import areas, weekly
from storage.areas import Level

BACK = ("撤销", "撤回", "删除", "取消")


def enter(session: Session, scene: Scene, station: Station, rest: str, now: datetime) -> list[Say]:
    """周报录入 警情 812 来源 县局110台账; with less it asks; 周报录入 撤销 12 takes an entry back."""
    said = rest.strip(" ，,：:\n")
    if back := next((one for one in BACK if said.startswith(one)), None):
        return [_undo(session, scene, said[len(back) :], now)]
    names = [one.name for one in areas.all_of(session) if one.level in (Level.COUNTY, Level.TOWN)]
    if several := reading.table(said, station.weekly_kinds, names):
        if len(several) > MOST_ROWS:
            raise refuse("weekly.long_table", most=MOST_ROWS)
        return actions.enter(session, scene.actor, station, _checked(several), now)
    one = reading.told(said, station.weekly_kinds, names)
    if one.problem:
        raise refuse("weekly.which_value", kind=one.kind or station.weekly_kinds[0])
    if not one.kind:
        return [_which(station)]
    second = reading.told(one.source, station.weekly_kinds, names) if one.source else None
    if second is not None and second.kind and second.value is not None:
        raise refuse("weekly.one_each", kind=one.kind, value=one.value)
    if one.value is not None and one.source:
        return actions.enter(session, scene.actor, station, [one], now)
    return _ask(session, scene, one, now)


def _undo(session: Session, scene: Scene, said: str, now: datetime) -> Say:
    number = "".join(one for one in numerals.plain(said) if one.isdecimal())
    if not number or len(number) > 9:
        raise refuse("weekly.undo_how")
    return actions.undo(session, scene.actor, int(number), now)


def _checked(rows_told: list[Told]) -> list[Told]:
    """All rows, or a Refusal that names the first line that cannot be read."""
    for number, one in enumerate(rows_told, 1):
        if not one.kind or one.value is None or len(one.source) < 2 or one.problem:
            raise refuse("weekly.bad_row", n=number)
    return rows_told


def _which(station: Station) -> Say:
    """The kinds there are, as buttons."""
    kinds = station.weekly_kinds
    pairs = [kinds[at : at + 3] for at in range(0, len(kinds), 3)]
    lines = [tuple(button("weekly.button.kind", f"周报录入 {one}", kind=one) for one in pair) for pair in pairs]
    return Say(sentence("weekly.which_kind_ask"), buttons=rows(*lines))


def _ask(session: Session, scene: Scene, one: Told, now: datetime) -> list[Say]:
    if scene.is_group or scene.chat is None:
        raise refuse("weekly.which_value", kind=one.kind)
    known: dict[str, Any] = {"kind": one.kind, "area": one.area, "week": one.week}
    if one.value is not None:
        known["value"] = one.value
    return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, known)


def read_value(text: str) -> int | Problem:
    """The figure itself."""
    found = reading.told(f"#{text}", ("#",), ())
    return found.value if found.value is not None and not found.source else Problem(sentence("weekly.bad_value"))


def read_source(text: str) -> str | Problem:
    """Whence it comes."""
    said = text.strip().removeprefix("来源").strip(" ：:")
    if not 2 <= len(said) <= weekly.MOST_SOURCE:
        return Problem(sentence("weekly.bad_source", most=weekly.MOST_SOURCE))
    return said


def finish(session: Session, scene: Scene, answers: Mapping[str, Any], station: Station, now: datetime) -> list[Say]:
    """Keep what was told question by question."""
    one = Told(answers["kind"], answers["value"], answers["source"], answers["area"], answers["week"])
    return actions.enter(session, scene.actor, station, [one], now)


FORM = Form(
    "weekly_entry",
    (Question("value", read_value, optional=False), Question("source", read_source, optional=False)),
    finish,
    keeps=frozenset({"kind", "area", "week"}),
)
FORMS = (FORM,)
COMMAND = Command("周报录入", enter, bare=intent.never, rank=53)
