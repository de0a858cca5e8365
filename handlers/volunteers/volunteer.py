"""志愿: offer to help with an area and hours, see how it stands, go on, or leave by one word; always privately."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question, plain
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import said
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.incidents.rules import clean
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.codes import codes as codes_in
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from handlers.volunteers import actions, answer, leaving, rules
from storage import areas, chats, volunteers
from storage.areas import Area

LEAVE = frozenset({"退出", "不做了", "不干了", "取消", "退出志愿", "不参加了"})
GO_ON = frozenset({"继续", "接着做", "再做一年"})
YES = frozenset({"同意", "可以", "行", "好", "好的", "通过"})
NO = ("不同意", "不可以", "不行", "不通过")
HOURS = ("周末晚上", "每天晚上", "工作日白天", "随时")


def volunteer(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """志愿 大侯村 周末晚上; 志愿 继续; 志愿 退出; alone it tells how one's own offer stands, or asks.

    志愿 志1 同意, 志愿 志1 不同意 原因: an officer's answer to an offer, its number first.
    """
    words = clean(rest)
    if codes and codes[0].prefix == volunteers.LETTER:
        return _answered(session, scene, words, codes, now)
    if words in LEAVE:
        return _leave(session, scene, now)
    if words in GO_ON:
        return actions.go_on(session, scene.actor, now)
    mine = volunteers.of_person(session, scene.actor.id)
    if not words and mine is not None and not mine.is_over:
        line = sentence(
            f"volunteers.own.{mine.state}",
            code=mine.code,
            area=areas.get(session, mine.area_id).name,
            hours=actions.hours_of(session, mine),
        )
        return [Say(line, buttons=rows(button("volunteers.button.leave", "志愿 退出")))]
    return _offer(session, scene, words, mine, now, station, gazetteer)


def _answered(session: Session, scene: Scene, words: str, codes: Sequence[Code], now: datetime) -> list[Say]:
    said = after_codes(words, codes)
    if said.startswith(NO):
        why = said[len(next(one for one in NO if said.startswith(one))) :]
        return answer.reject(session, scene, f"{codes[0]} {why}", codes_in(f"{codes[0]}"), now)
    return answer.agree(session, scene, codes, now) if said in YES else answer.progress(session, scene, codes)


def _leave(session: Session, scene: Scene, now: datetime) -> list[Say]:
    """Leave, or stop offering where the questions are still open and nothing was offered yet."""
    private = chats.private_of(session, scene.actor.id)
    asked = private is not None and asking.drop(session, FORM, scene.actor.id, private.id, now)
    mine = volunteers.of_person(session, scene.actor.id)
    if asked and (mine is None or mine.is_over):
        return [Say(sentence("form.cancelled"))]
    return leaving.leave(session, scene.actor, now)


def _offer(
    session: Session,
    scene: Scene,
    words: str,
    mine: volunteers.Volunteer | None,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    area = _area(session, gazetteer, words, scene.area_id)
    if area is None and mine is not None and not mine.is_over:
        area = areas.get(session, mine.area_id)
    hours = words.replace(area.name, "") if area is not None else words
    for alias in area.aliases if area is not None else ():
        hours = hours.replace(alias, "")
    hours = hours.strip(" ,，。、")
    private = chats.private_of(session, scene.actor.id)
    if area is not None and rules.read(hours) is not None:
        if private is not None:
            asking.drop(session, FORM, scene.actor.id, private.id, now)
        return actions.offer(session, scene.actor, area, hours, now, station)
    known: dict[str, Any] = {"where": area.id} if area is not None else {}
    if rules.read(hours) is not None:
        known["hours"] = hours
    return asking.begin(session, FORM, scene.actor.id, private.id, now, known) if private is not None else []


def _area(session: Session, gazetteer: Gazetteer, words: str, near: int | None) -> Area | None:
    found = gazetteer.find(words, near) if words else None
    return areas.get(session, found.area) if found is not None and found.area is not None else None


def read_where(session: Session, text: str, gazetteer: Gazetteer, scene: Scene) -> int | Problem:
    """The area somebody wants to help in."""
    area = _area(session, gazetteer, clean(text), scene.area_id)
    return area.id if area is not None else Problem(sentence("volunteers.where_how"))


def read_hours(text: str) -> str | Problem:
    """The hours somebody can come, in their own words."""
    words = plain(text)
    if isinstance(words, str) and rules.read(fold(words)) is None:
        return Problem(sentence("volunteers.hours_how"))
    return words


def finish(session: Session, scene: Scene, answers: Mapping[str, Any], now: datetime, station: Station) -> list[Say]:
    """Offer what was told question by question."""
    return actions.offer(session, scene.actor, areas.get(session, answers["where"]), answers["hours"], now, station)


FORM = Form(
    "volunteer",
    (
        Question("where", read_where, optional=False),
        Question(
            "hours",
            read_hours,
            choices=tuple(tuple(Button(said(one), one) for one in HOURS[at : at + 2]) for at in (0, 2)),
            optional=False,
        ),
    ),
    finish,
)
FORMS = (FORM,)
COMMAND = Command("志愿", volunteer, aliases=("志愿者",), bare=intent.never, private=True, rank=60)
