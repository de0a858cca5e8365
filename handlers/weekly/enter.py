"""周报录入: figures the program cannot know, with their source; in a line, question by question, or as a table."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.reading import intent, numerals
from handlers.reading.normal import fold
from handlers.weekly import entering, reading, sent_table, tables
from handlers.weekly.reading import Told
from handlers.weekly.sent_table import is_table
from storage import weekly

BACK = ("撤销", "撤回", "删除", "取消")


def enter(
    session: Session, scene: Scene, station: Station, rest: str, message: Incoming, media: list[int], now: datetime
) -> list[Say]:
    """周报录入 警情 812 来源 县局110台账, or a file; with less it asks; 周报录入 撤销 12 takes an entry back."""
    said = rest.strip(" ，,：:\n")
    if is_table(message) and not said:
        return sent_table.expect(session, scene.actor, media[0], now)
    if message.media:
        raise refuse("weekly.no_table")
    if back := next((one for one in BACK if said.startswith(one)), None):
        return [_undo(session, scene, said[len(back) :], now)]
    return _told(session, scene, station, said, now)


def _told(session: Session, scene: Scene, station: Station, said: str, now: datetime) -> list[Say]:
    """What is told in words: a table, a figure, or less."""
    names = entering.names_of(session)
    if several := tables.pasted(said, station.weekly_kinds, names):
        return sent_table.offer(session, scene.actor, station, several, now)
    one = reading.told(said, station.weekly_kinds, names)
    if one.problem:
        raise refuse("weekly.which_value", kind=one.kind or station.weekly_kinds[0])
    if not one.kind:
        return _which(session, scene, station, now)
    second = reading.told(one.source, station.weekly_kinds, names) if one.source else None
    if second is not None and second.kind and second.value is not None:
        raise refuse("weekly.one_each", kind=one.kind, value=one.value)
    if one.value is not None and one.source:
        return entering.enter(session, scene.actor, station, one, now)
    return _ask(session, scene, one, now)


def _undo(session: Session, scene: Scene, said: str, now: datetime) -> Say:
    numbers = [int(one) for one in re.findall(r"\d+", numerals.plain(said)) if len(one) <= 9]
    if not 1 <= len(numbers) <= 2:
        raise refuse("weekly.undo_how")
    return entering.undo(session, scene.actor, numbers[0], numbers[-1], now)


def _which(session: Session, scene: Scene, station: Station, now: datetime) -> list[Say]:
    """The kinds there are, as buttons; lines or a file may come instead."""
    kinds = station.weekly_kinds
    lines = rows(
        *(
            tuple(button("weekly.button.kind", f"周报录入 {one}", kind=one) for one in kinds[at : at + 3])
            for at in range(0, len(kinds), 3)
        )
    )
    if scene.is_group or scene.chat is None:
        return [Say(sentence("weekly.which_kind_ask"), buttons=lines)]
    *before, ask = asking.begin(session, TABLE, scene.actor.id, scene.chat.id, now)
    return [*before, replace(ask, buttons=(*lines, *ask.buttons))]


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
    return entering.enter(session, scene.actor, station, one, now)


def read_table(
    text: str, session: Session, station: Station, message: Incoming, media: list[int]
) -> dict[str, Any] | Problem:
    """A file, or words that tell at least of which kind; its number, where there are no buttons but a list."""
    kinds = station.weekly_kinds
    place = fold(text).strip(" .。")
    if place.isdecimal() and 1 <= int(place[:3]) <= len(kinds):
        return {"said": kinds[int(place[:3]) - 1]}
    if is_table(message) and not text.strip():
        return {"file": media[0]}
    if message.media:
        return Problem(sentence("weekly.no_table"))
    names = entering.names_of(session)
    if "\n" not in text.strip() and not reading.told(text, kinds, names).kind:
        return Problem(sentence("weekly.which_kind", kinds="、".join(kinds)))
    return {"said": text.strip()}


def take_table(
    session: Session, scene: Scene, answers: Mapping[str, Any], station: Station, now: datetime
) -> list[Say]:
    """Read what came."""
    came = answers["table"]
    if "file" in came:
        return sent_table.expect(session, scene.actor, came["file"], now)
    return _told(session, scene, station, came["said"], now)


FORM = Form(
    "weekly_entry",
    (Question("value", read_value, optional=False), Question("source", read_source, optional=False)),
    finish,
    keeps=frozenset({"kind", "area", "week"}),
)
TABLE = Form("weekly_table", (Question("table", read_table, optional=False),), take_table)
FORMS = (FORM, TABLE)
COMMAND = Command("周报录入", enter, bare=intent.never, rank=53)
