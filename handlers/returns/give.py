"""返赃: register a thing that was found again, at once or question by question; and what else its handler does."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question, plain
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.incidents.rules import clean
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from handlers.returns import actions, handing, records, rules, views
from storage import audit

PHONE = frozenset({"电话", "失主电话", "联系失主"})
HANDED = frozenset({"已交", "已交还", "已归还"})
_OWNER = ("失主", "物主", "车主")


def give_back(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Register what is told, 返赃 一辆蓝色电动车 线3; with the code of a return, what its handler asks or says."""
    words = clean(rest)
    own = records.named(codes)
    if own and own[0].span[0] == 0:
        return _about(session, scene, after_codes(rest, own), codes, topic, now, station)
    if scene.chat is None:
        return []
    what, whose = rules.split_owner(words)
    named = next((one for one in codes if one.prefix in "报求线隐"), None)
    if not whose and named is not None:
        what, whose = f"{rest[: named.span[0]]}{rest[named.span[1] :]}".strip(" ,，。;；"), str(named)
    if not what or not whose:
        known: dict[str, Any] = {"what": what} if what else {}
        return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, known)
    asking.drop(session, FORM, scene.actor.id, scene.chat.id, now)
    owner = actions.owner_by(session, scene, whose)
    if owner is None:
        return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, {"what": what})
    return actions.register(session, scene, what, owner, now, station, gazetteer)


def _about(
    session: Session,
    scene: Scene,
    words: str,
    codes: Sequence[Code],
    topic: str | None,
    now: datetime,
    station: Station,
) -> list[Say]:
    said = fold(words).strip()
    row = records.for_handler(session, scene, records.named(codes), topic)
    if said in PHONE:
        note = records.owner_note(session, row)
        if not note:
            known = records.owner_of(session, row) is not None
            raise refuse("returns.no_note" if known else "returns.no_owner", code=row.code)
        audit.write(session, "return.call", now, actor_id=scene.actor.id, topic=row.topic)
        return [Say(sentence("returns.note_is", code=row.code, note=note), fleeting=True)]
    if said in HANDED:
        return handing.given(session, row, now, station)
    if said.startswith(_OWNER):
        whose = words.strip()[2:].strip(" :：是")
        return actions.set_owner(session, scene, row, whose, now, station)
    if said:
        raise refuse("returns.what_to_do", code=row.code)
    return [views.overview(session, row, now)]


def read_owner(text: str) -> str | Problem:
    """Whose it is: a code, or how they are reached."""
    answer = plain(text)
    return answer if isinstance(answer, Problem) else answer[: rules.MOST]


def finish(
    session: Session,
    scene: Scene,
    answers: Mapping[str, Any],
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Register what was told question by question."""
    owner = actions.owner_by(session, scene, answers["owner"])
    if owner is None:
        raise refuse("returns.whose_first")
    return actions.register(session, scene, clean(answers["what"]), owner, now, station, gazetteer)


FORM = Form("return", (Question("what", plain, optional=False), Question("owner", read_owner, optional=False)), finish)
FORMS = (FORM,)
COMMAND = Command("返赃", give_back, latin="return", aliases=("退赃", "发还"), bare=intent.has_code, rank=70)
