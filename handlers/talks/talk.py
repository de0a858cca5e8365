"""夜话、夜话记: announce an evening talk, note what was said there, and make a wish, a hazard or a dispute of it."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Question, plain
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Catalogue, text
from handlers.dialogue.world import Station
from handlers.disputes.register import register
from handlers.incidents import actions as incidents
from handlers.incidents.actions import Telling
from handlers.incidents.place import area_of
from handlers.incidents.rules import clean
from handlers.incidents.words import after_codes, number_first
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.places import Gazetteer
from handlers.reminders import moved
from handlers.reminders import rules as moments
from handlers.reminders.actions import plan_of
from handlers.talks import actions, kind, records, rules
from handlers.wishes import actions as wishes
from storage import areas, cases
from storage.forms import OpenForm
from storage.incidents import IncidentKind
from storage.talks import LETTER, Talk
from storage.wishes import WishSort

YES, NO, OFF, END = ("同意", "可以"), ("不同意", "不行"), ("取消", "不开了", "没开成"), ("结束", "办结", "完")
_CALLED_OFF = re.compile(r"(?:取消|不开)[了吧]*[\s,，。]")
"""And why: 取消吧，下雨了."""


def talk(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    words: Catalogue,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """夜话 明晚7点 老槐树下; 夜话 夜1 同意, 取消, 改到周五晚7点, 结束; the word alone lists one's own."""
    own = [code for code in codes if code.prefix == LETTER]
    own = own or number_first(rest, LETTER, (*YES, *NO, *OFF, *END))
    told = after_codes(rest, own) if own else clean(rest)
    if own or told in (*OFF, *END) or moved.move_of(told) is not None:
        return _step(session, scene, own, told, words, now, station)
    if not told:
        return [_listed(session, scene, now)]
    wish = moments.read(told, now)
    if wish.when is None or wish.when.repeat is not None:
        raise refuse("talks.when")
    area = area_of(session, gazetteer, wish.text, scene)
    return actions.ask(session, scene.actor, area, plan_of(wish.when, now).at, wish.text, now, station)


def _step(
    session: Session,
    scene: Scene,
    own: Sequence[Code],
    does: str,
    words: Catalogue,
    now: datetime,
    station: Station,
) -> list[Say]:
    """What is to become of a talk, the one named or the only one this person leads."""
    found = records.meant(session, scene, own, None)
    if does in YES:
        return actions.agree(session, scene.actor, found, words, now, station)
    if does in (*NO, *OFF) or _CALLED_OFF.match(does):
        return actions.call_off(session, scene.actor, found, words, now)
    if does in END:
        return actions.close(session, scene.actor, found, now, station)
    move = moved.move_of(does)
    if move is None:
        return kind.progress(session, scene, own, None, now)
    to = moved.moved(move, found.meets_at, now)
    if to is None:
        raise refuse("talks.move_how", code=found.code)
    return actions.move(session, scene.actor, found, *to, words, now, station)


def _listed(session: Session, scene: Scene, now: datetime) -> Say:
    found = cases.open_ones(session, Talk, (), scene.actor.id, kind.MOST_LINES)
    if not found:
        raise refuse("talks.when")
    lines = tuple(kind.line(session, one, now) for one in found)
    return Say(text("incidents.lines", lines=lines), quote=scene.is_group)


def note(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    message: Incoming,
    words: Catalogue,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """夜话记 夜1 村口路灯不亮; 夜话记 夜1 第2条 心愿; without words they are asked for, and what is noted is shown."""
    own = [code for code in codes if code.prefix == LETTER]
    found = records.meant(session, scene, own, topic)
    told = clean(after_codes(rest, own))
    meant = rules.of_note(told)
    if meant is not None and meant.what == "删":
        return actions.drop(session, scene.actor, found, meant.number)
    if meant is not None:
        return _becomes(session, scene, found, meant, message, now, station, gazetteer)
    if told:
        return actions.note(session, scene.actor, found, rules.notes_in(told), words, now)
    records.check_leader(session, scene.actor, found)
    if scene.chat is None:
        return []
    return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, topic=found.topic)


def _becomes(
    session: Session,
    scene: Scene,
    found: Talk,
    meant: rules.OfNote,
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """A note becomes a wish, a demand, a hazard or a dispute; the talk keeps that it did."""
    words = actions.words_of(session, scene.actor, found, meant.number)
    actions.became(session, found, meant.number, meant.what, now)
    if meant.what in set(WishSort):
        of = (found.id, found.area_id)
        return wishes.register(session, scene, WishSort(meant.what), words, None, now, station, gazetteer, talk=of)
    if meant.what == "隐患":
        placed = gazetteer.find(words, found.area_id) is not None
        telling = Telling(IncidentKind.HAZARD, words if placed else f"{areas.get(session, found.area_id).name}{words}")
        return incidents.report(session, scene, telling, message, now, station, gazetteer)
    return register(session, scene, words, (), message, now, station, gazetteer)


def finish(
    session: Session, scene: Scene, answers: Mapping[str, Any], form: OpenForm, words: Catalogue, now: datetime
) -> list[Say]:
    """Note what was answered."""
    found = cases.of_topic(session, Talk, form.topic)
    if found is None:
        return [Say(text("incidents.unknown"))]
    try:
        return actions.note(session, scene.actor, found, rules.notes_in(answers["notes"]), words, now)
    except Refusal as refusal:
        return [Say(refusal.text)]


FORM = Form("talk_notes", (Question("notes", plain, optional=False),), finish)
FORMS = (FORM,)
COMMANDS = (
    Command("夜话", talk, latin="talk", aliases=("塆子夜话",), bare=intent.has_code, rank=47),
    Command("夜话记", note, bare=intent.has_code, rank=0),
)
