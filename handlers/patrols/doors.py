"""What can be done with a car door found open (车门): report, call its owner, pass on; the only door.

The plate is read by the officer who is to call, privately, and by nobody else; a group hears that there is one.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, refuse
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.incidents.place import area_of
from handlers.incidents.rules import split_private
from handlers.patrols import rules
from handlers.patrols.rules import Door
from handlers.reading.places import Gazetteer
from handlers.reminders.rules import is_quiet
from storage import areas, audit, cases, chats, patrols, people, sources
from storage.chats import ChatKind
from storage.lanes import Lane
from storage.patrols import Car, CarState, PatrolState
from storage.people import Role
from storage.purposes import Purpose

CALLERS = ((Role.OFFICER,), (Role.CHIEF,), tuple(DESK))
"""Who is asked to call an owner, one after the other: the nearest officers first."""


def report(
    session: Session,
    scene: Scene,
    door: Door,
    media: list[int],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Report a car door (车门): an officer gets the plate at once; the group hears that one is told."""
    if (same := _told_already(session, scene.actor, door)) is not None:
        return [Say(text("cars.same", code=same.code), buttons=_shut_button(same), person=scene.actor.id)]
    area = area_of(session, gazetteer, door.words, scene)
    car = cases.add(
        session,
        Car(
            purpose=Purpose.SAFETY,
            area_id=area.id,
            state=CarState.REPORTED,
            chat_id=_group(session, scene, area.id, now, station),
            medium_id=media[0] if media else None,
            expires_at=now + rules.CAR_LIVES,
        ),
        now,
        private={
            "plate": door.plate,
            "place": split_private(door.words).private["words"][: rules.MOST_PLACE],
            "asked": [],
        },
        origin={"person": scene.actor.id},
        teller_id=scene.actor.id,
    )
    sources.note(session, message.message_name, car.topic, now)
    audit.write(session, "car", now, topic=car.topic, code=car.code, area=area.id)
    asked = _ask_next(session, car, now)
    if not asked:
        return [Say(text("cars.nobody", code=car.code), person=scene.actor.id)]
    key = "cars.told_in_group" if scene.is_group else "cars.told"
    return [
        Say(text(key, code=car.code), buttons=_shut_button(car), person=scene.actor.id),
        *_to_group(session, car, "cars.group.told"),
        *asked,
    ]


def _shut_button(car: Car) -> tuple[tuple[Button, ...], ...]:
    return rows(button("cars.button.shut", f"车门 关好了 {car.code}"))


def _told_already(session: Session, actor: Actor, door: Door) -> Car | None:
    """The same car, told by the same person, that somebody is still to call."""
    if not (actor.id and door.plate):
        return None
    mine = [one for one in cases.told_by(session, Car, actor.id, 3) if one.state is CarState.REPORTED]
    return next((one for one in mine if cases.private_of(session, one).get("plate") == door.plate), None)


def _group(session: Session, scene: Scene, area_id: int, now: datetime, station: Station) -> int | None:
    """Which group hears of it: where it was told, else the volunteers', at night only while the finder is on patrol."""
    if scene.is_group and scene.chat is not None:
        return scene.chat.id
    on_patrol = bool(patrols.of_member(session, scene.actor.id, (PatrolState.GOING,))) if scene.actor.id else False
    if is_quiet(now, station.quiet_from, station.quiet_until) and not on_patrol:
        return None
    near = chats.nearest(session, (ChatKind.VOLUNTEERS,), area_id) or chats.team_of(session, area_id)
    return near[0].id if near else None


def _to_group(session: Session, car: Car, key: str) -> list[Say]:
    if car.chat_id is None:
        return []
    return [Say(text(key, area=areas.get(session, car.area_id).name), chat=car.chat_id)]


def _to_finder(session: Session, car: Car, one: Say) -> list[Say]:
    person = cases.origin_of(session, car).get("person")
    return [replace(one, person=person)] if isinstance(person, int) else []


def _ask_next(session: Session, car: Car, now: datetime) -> list[Say]:
    """Ask the next officer who can be reached and was not asked yet; nothing where there is none."""
    private = cases.private_of(session, car)
    tried = set(private.get("asked", ())) | {cases.origin_of(session, car).get("person")}
    for roles in CALLERS:
        for one in people.holders(session, roles, car.area_id):
            if one not in tried and chats.private_of(session, one) is not None:
                cases.set_private(session, car, {**private, "asked": [*private.get("asked", ()), one]})
                cases.change(session, car, handler_id=one, next_at=now + rules.ANSWER)
                return [brief(session, car, now)]
    cases.change(session, car, next_at=None)
    return []


def brief(session: Session, car: Car, now: datetime, key: str = "cars.brief") -> Say:
    """What the officer who is to call reads: the plate and the place, and the picture; the view is kept."""
    audit.write(session, "car.brief", now, actor_id=car.handler_id, topic=car.topic)
    private = cases.private_of(session, car)
    area, place = areas.get(session, car.area_id).name, str(private.get("place") or "")
    line = text(
        key,
        code=car.code,
        plate=private.get("plate") or text("cars.no_plate"),
        place=place if area in place else f"{area} {place}".strip(),
        minutes=int(rules.ANSWER.total_seconds() // 60),
    )
    media = (car.medium_id,) if car.medium_id is not None else ()
    return Say(line, buttons=rows(*_officer_buttons(car)), person=car.handler_id, media=media, lane=Lane.REMINDER)


def _officer_buttons(car: Car) -> tuple[tuple[Button, ...], ...]:
    code = car.code
    reached = button("cars.button.reached", f"车门 已联系 {code}")
    unreached = button("cars.button.unreached", f"车门 联系不上 {code}")
    return ((reached, unreached), (button("cars.button.next", f"车门 换人 {code}"),))


def close(session: Session, actor: Actor, car: Car, to: CarState, now: datetime) -> list[Say]:
    """The owner was called (已联系), or cannot be reached (联系不上): finder and group hear it."""
    if car.state is to or not cases.move(
        session,
        car,
        to,
        only_from={CarState.REPORTED, CarState.UNREACHED},
        handler_id=actor.id,
        next_at=None,
        closed_at=now,
        expires_at=now + rules.CAR_AFTER,
    ):
        raise refuse("cars.not_now", code=car.code, state=text(f"cars.state.{car.state}"))
    undo = button("cars.button.slip", f"车门 还原 {car.code}")
    again = button("cars.button.reached", f"车门 已联系 {car.code}")
    answer = Say(
        text(f"cars.answer.{to}", code=car.code), buttons=rows(undo if to is CarState.SECURED else (again, undo))
    )
    told = _to_finder(session, car, Say(text(f"cars.finder.{to}", code=car.code)))
    return [answer, *told, *_to_group(session, car, f"cars.group.{to}")]


def undo(session: Session, actor: Actor, car: Car, now: datetime) -> list[Say]:
    """It was a slip (还原): the owner is still to be called, by whoever says so."""
    if not cases.move(
        session,
        car,
        CarState.REPORTED,
        only_from={CarState.SECURED, CarState.UNREACHED},
        handler_id=actor.id,
        closed_at=None,
        next_at=now + rules.ANSWER,
        expires_at=now + rules.CAR_LIVES,
    ):
        raise refuse("cars.not_now", code=car.code, state=text(f"cars.state.{car.state}"))
    told = _to_finder(session, car, Say(text("cars.finder.still", code=car.code)))
    return [Say(text("cars.undone", code=car.code), buttons=rows(*_officer_buttons(car))), *told]


def pass_on(session: Session, car: Car, now: datetime) -> list[Say]:
    """Whoever was asked cannot (换人): the next one is asked at once."""
    if car.state is not CarState.REPORTED:
        raise refuse("cars.not_now", code=car.code, state=text(f"cars.state.{car.state}"))
    asked = _ask_next(session, car, now)
    if not asked:
        raise refuse("cars.nobody_else", code=car.code)
    return [Say(text("cars.passed_on", code=car.code)), *asked]


def shut(session: Session, car: Car, now: datetime) -> list[Say]:
    """Its finder says that it is shut by now (关好了), or takes it back: nobody need call any more."""
    if not cases.move(
        session,
        car,
        CarState.WITHDRAWN,
        only_from={CarState.REPORTED},
        next_at=None,
        closed_at=now,
        expires_at=now + rules.CAR_AFTER,
    ):
        raise refuse("cars.not_now", code=car.code, state=text(f"cars.state.{car.state}"))
    says = [Say(text("cars.shut", code=car.code))]
    if car.handler_id is not None:
        says.append(Say(text("cars.shut_told", code=car.code), person=car.handler_id))
    return [*says, *_to_group(session, car, "cars.group.withdrawn")]


def add(session: Session, car: Car, words: str, now: datetime) -> list[Say]:
    """Its finder says more, or the plate aright (补充): the officer reads it as it stands now."""
    if car.is_over:
        raise refuse("cars.not_now", code=car.code, state=text(f"cars.state.{car.state}"))
    door = rules.door(words)
    private = cases.private_of(session, car)
    place = split_private(door.words).private["words"][: rules.MOST_PLACE]
    if not door.plate and not place:
        raise refuse("cars.how")
    changed = {**private, "plate": door.plate or private.get("plate", ""), "place": place or private.get("place", "")}
    cases.set_private(session, car, changed)
    told = [brief(session, car, now, "cars.brief_anew")] if car.handler_id is not None else []
    return [Say(text("cars.added", code=car.code)), *told]


def step(session: Session, car: Car, now: datetime, station: Station) -> list[Say]:
    """Nobody called within a quarter of an hour: the next officer is asked, in the end the finder hears."""
    if car.state is not CarState.REPORTED:
        cases.change(session, car, next_at=None)
        return []
    before = car.handler_id
    asked = _ask_next(session, car, now)
    if not asked:
        late = Say(text("cars.late", code=car.code, station=station.name), lane=Lane.REMINDER)
        return _to_finder(session, car, late)
    told = [Say(text("cars.taken_on", code=car.code), person=before, lane=Lane.REMINDER)] if before else []
    return [*told, *asked]


def hint(scene: Scene) -> list[Say]:
    """Told in a group, the plate stands there for all to read: whoever wrote it can take it back."""
    return [Say(text("cars.take_it_back"), quote=True)] if scene.is_group else []
