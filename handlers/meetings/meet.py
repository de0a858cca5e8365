"""见面: give a money warning, tell how far it is, and how it ended; always privately."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import address, asking
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question, plain
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station, World
from handlers.incidents.rules import clean
from handlers.incidents.words import after_codes
from handlers.meetings import actions, records, rules, views
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.places import Gazetteer
from storage import cases
from storage.forms import OpenForm
from storage.meetings import Meeting, Result

SHORTEST = 4


def meet(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """见面 水头村王大爷13800000000正要转账3万; 见面 劝1 已联系; 见面 劝1 已止付 3万; alone it asks."""
    own, words = records.named(codes), clean(rest)
    if own or cases.of_topic(session, Meeting, topic) is not None or in_hand(session, scene, words):
        meeting = records.for_team(session, scene, codes, topic)
        return _go_on(session, scene, meeting, after_codes(rest, own), now)
    if scene.chat is None:
        return []
    if len(words) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    found = gazetteer.find(words, scene.area_id) if words else None
    if len(words) < SHORTEST or found is None:
        known = {"words": {"words": words, "placed": False}} if len(words) >= SHORTEST else {}
        return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, known)
    asking.drop(session, FORM, scene.actor.id, scene.chat.id, now)
    return actions.give(session, scene, words, "", message, now, station, gazetteer)


def in_hand(session: Session, scene: Scene, words: str) -> bool:
    """联系上了, 没转: by whoever has just one in hand."""
    return rules.is_step(words) and records.only_one(session, scene.actor) is not None


def _go_on(session: Session, scene: Scene, meeting: Meeting, words: str, now: datetime) -> list[Say]:
    """What is said about one that was given."""
    if not words:
        return [show(session, scene.actor, meeting, now)]
    told = rules.told(words)
    if told is not None:
        return actions.note(session, scene.actor, meeting, told, now)
    how = rules.result(words)
    if not how:
        return actions.add(session, meeting, clean(words), scene.actor.id, now)
    records.going(meeting)
    yuan = rules.yuan(words)
    if yuan is None and scene.chat is not None:
        known = {"result": how}
        return asking.begin(session, SUM, scene.actor.id, scene.chat.id, now, known, topic=meeting.topic)
    return actions.end(session, scene.actor, meeting, Result(how), yuan, now)


def show(session: Session, actor: Actor, meeting: Meeting, now: datetime) -> Say:
    """How it stands; who it is about for its handler alone."""
    if meeting.handler_id == actor.id and not meeting.is_over:
        return views.brief(session, meeting, now, "meetings.brief_again")
    return Say(views.progress(meeting, now), quote=True)


def read_words(text: str, scene: Scene, gazetteer: Gazetteer) -> dict[str, Any] | Problem:
    """The words, and whether they name the place."""
    words = plain(text)
    if isinstance(words, Problem):
        return words
    return {"words": words, "placed": gazetteer.find(words, scene.area_id) is not None}


def unplaced(answers: Mapping[str, Any]) -> bool:
    """Whether the place is still to be asked for."""
    return not (answers.get("words") or {}).get("placed")


def finish(
    session: Session,
    scene: Scene,
    answers: Mapping[str, Any],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Give the task told question by question."""
    words, where = answers["words"]["words"], answers.get("where") or ""
    return actions.give(session, scene, clean(words), clean(where), message, now, station, gazetteer)


def read_sum(text: str) -> int | Problem:
    """A sum, 3万 or 30000元."""
    found = rules.yuan(text)
    return found if found is not None else Problem(sentence("meetings.no_sum"))


def finish_sum(session: Session, scene: Scene, answers: Mapping[str, Any], form: OpenForm, now: datetime) -> list[Say]:
    """Keep the result asked for."""
    meeting = cases.of_topic(session, Meeting, form.topic)
    try:
        if meeting is None or not records.is_team(session, scene.actor, meeting):
            return [Say(sentence("incidents.unknown"))]
        return actions.end(session, scene.actor, meeting, Result(answers["result"]), answers["yuan"], now)
    except Refusal as refusal:
        return [Say(refusal.text)]


def edited(session: Session, scene: Scene, topic: str, message: Incoming, world: World, station: Station) -> list[Say]:
    """The message a task came from was edited."""
    meeting = cases.of_topic(session, Meeting, topic)
    if meeting is None or not cases.is_teller(session, meeting, scene.actor.id):
        return []
    raw, _ = address.split(message.text, world.bot_names, message.mentioned)
    found = address.words_of(raw)
    words = clean(found.rest if found is not None else raw)
    return actions.rewrite(session, meeting, words, station) if SHORTEST <= len(words) <= rules.MOST else []


FORM = Form("meeting", (Question("words", read_words, optional=False), Question("where", plain, when=unplaced)), finish)
SUM = Form("meeting_sum", (Question("yuan", read_sum),), finish_sum, keeps=frozenset({"result"}))
FORMS = (SUM,)
EVENTS = {"edit:meeting": edited}
COMMAND = Command(
    "见面", meet, latin="meet", aliases=("见面预警", "资金预警"), bare=intent.has_code, form=FORM, rank=64, own=in_hand
)
