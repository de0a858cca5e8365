"""车门: a car door found open, with its plate and place; and what the officer who calls its owner says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.cases import plain
from handlers.dialogue import asking, newest
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.form import plain as plainly
from handlers.dialogue.kinds import unknown
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.incidents.rules import clean
from handlers.incidents.words import after_codes
from handlers.patrols import doors, records, rules
from handlers.patrols.rules import Door
from handlers.reading import intent_watch
from handlers.reading.codes import Code
from handlers.reading.places import Gazetteer
from storage import callbacks, cases, chats, patrols
from storage.callbacks import Answer
from storage.patrols import Car, CarState

MOST_LINES = 5
SHUT = ("关好了", "已关好", "已经关好", "锁好了", "已锁好", "关上了", "锁上了", "车主来了")
STEPS = ("已联系", "联系不上", "换人", "还原", *SHUT)


def car(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    media: list[int],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """车门 晋E12345 水头村村口; 车门 已联系 车1."""
    words = clean(rest)
    own = [code for code in codes if code.prefix == patrols.CAR_LETTER]
    said = (words[: own[0].span[0]] + words[own[0].span[1] :]).strip() if own else words
    step = next((one for one in STEPS if said.startswith(one)), "") or rules.called(said)
    if step:
        return _quietly(scene, _step(session, scene, step, own, now))
    if own:
        return progress(session, scene, own, now)
    door = rules.door(words)
    placed = gazetteer.find(door.words, scene.area_id) is not None if door.words else False
    private = chats.private_of(session, scene.actor.id)
    if door.plate and (placed or scene.is_group):
        if private is not None:
            asking.drop(session, FORM, scene.actor.id, private.id, now)
        return [*doors.hint(scene), *doors.report(session, scene, door, media, message, now, station, gazetteer)]
    if scene.is_group or private is None:
        raise refuse("cars.privately")
    known: dict[str, Any] = {"plate": door.plate} if door.plate else {}
    if placed:
        known["where"] = door.words
    if media:
        known["media"] = media
    return asking.begin(session, FORM, scene.actor.id, private.id, now, known)


def own(session: Session, scene: Scene, words: str) -> bool:
    """关好了, by whoever found the car that is still to be seen to; 打不通, by the officer who is to call about one."""
    if rules.called(words):
        return _is_of_a_call(session, scene.actor, words)
    if words.removesuffix("了") not in {one.removesuffix("了") for one in SHUT}:
        return False
    newest = next(iter(cases.told_by(session, Car, scene.actor.id, 1)), None)
    return newest is not None and not newest.is_over


def _is_of_a_call(session: Session, actor: Actor, words: str) -> bool:
    """Whether this person is to call about one car; unless they name its owner, no other work may be spoken of."""
    if not records.in_hand(session, actor):
        return False
    calls = any(one.by_phone and one.answer is Answer.NONE for one in callbacks.asked_of(session, actor.id))
    return "车" in words or not (calls or newest.held(session, actor.id))


def _quietly(scene: Scene, says: list[Say]) -> list[Say]:
    """Nothing of a car is answered aloud."""
    if not scene.is_group:
        return says
    me = scene.actor.id
    return [one if one.chat is not None or one.person is not None else replace(one, person=me) for one in says]


def _step(session: Session, scene: Scene, step: str, codes: Sequence[Code], now: datetime) -> list[Say]:
    if step in SHUT:
        return doors.shut(session, records.own_car(session, scene, codes), now)
    found = records.car_of(session, scene, codes)
    if step == "换人":
        return doors.pass_on(session, found, now)
    if step == "还原":
        return doors.undo(session, scene.actor, found, now)
    to = CarState.SECURED if step == "已联系" else CarState.UNREACHED
    return doors.close(session, scene.actor, found, to, now)


def read_plate(text: str) -> str | Problem:
    """A plate, with or without its province."""
    plate = rules.door(clean(text)).plate
    return plate or Problem(_how())


def _how() -> Text:
    return text("cars.plate_how")


def finish(
    session: Session,
    scene: Scene,
    answers: Mapping[str, Any],
    media: list[int],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Report what was told question by question."""
    door = Door(answers["plate"] or "", answers["where"])
    return doors.report(session, scene, door, answers.get("media") or media, message, now, station, gazetteer)


def progress(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """How it stands for its finder; the officer who is to call reads it again; aloud nothing is said."""
    found = cases.numbered(session, Car, codes[0].number) if codes else None
    mine = found is not None and cases.is_teller(session, found, scene.actor.id)
    if found is None or not (mine or records.handles_cars(session, scene.actor, found)):
        raise unknown(session, scene, codes)
    if scene.is_group:
        raise refuse("access.private", word="车门")
    if found.handler_id == scene.actor.id and found.state is CarState.REPORTED:
        return [doors.brief(session, found, now)]
    return [Say(text("incidents.progress.line", code=found.code, state=text(f"cars.state.{found.state}")))]


def withdraw(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """撤销 车1 is 关好了."""
    return _quietly(scene, doors.shut(session, records.own_car(session, scene, codes), now))


def supplement(session: Session, scene: Scene, rest: str, codes: Sequence[Code], now: datetime) -> list[Say]:
    """补充 车1 车牌写错了，是晋E54321."""
    if scene.is_group:
        raise refuse("access.private", word="补充")
    found = records.own_car(session, scene, codes)
    return doors.add(session, found, after_codes(clean(rest), codes), now)


def done(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """办结 车1 is 已联系."""
    found = records.car_of(session, scene, codes)
    return _quietly(scene, doors.close(session, scene.actor, found, CarState.SECURED, now))


def reopen(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """重开 车1 is 还原."""
    return _quietly(scene, doors.undo(session, scene.actor, records.car_of(session, scene, codes), now))


def _is_team(session: Session, actor: Actor, found: Car) -> bool:
    return records.handles_cars(session, actor, found)


def _own(session: Session, actor: Actor) -> list[Text]:
    """How the cars this person told of stand."""
    mine = cases.told_by(session, Car, actor.id, MOST_LINES) if actor.id else ()
    return [text("incidents.progress.line", code=one.code, state=text(f"cars.state.{one.state}")) for one in mine]


def _todo(session: Session, scene: Scene, now: datetime) -> list[Text]:
    """The cars this person is to call about."""
    if scene.is_group or not scene.actor.id:
        return []
    mine = [one for one in cases.open_ones(session, Car, (), scene.actor.id) if one.handler_id == scene.actor.id]
    return [text("cars.todo", code=one.code) for one in mine]


FORM = Form(
    "car",
    (Question("plate", read_plate), Question("where", plainly, optional=False)),
    finish,
    keeps=frozenset({"media"}),
)
FORMS = (FORM,)
KIND = plain.kind(
    Car,
    is_team=_is_team,
    todo=_todo,
    own=_own,
    noted=False,
    answers={"进度": progress, "撤销": withdraw, "补充": supplement, "办结": done, "重开": reopen},
)
COMMAND = Command("车门", car, aliases=("拉车门",), bare=intent_watch.car_door, rank=57, own=own)
