"""十户: what is wrong, said or pressed, goes to the neighbours at once; its own words found, join, answer and clear."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.households import actions, records, rules, views
from handlers.households.rules import Said, Wish
from handlers.incidents import actions as reporting
from handlers.incidents.actions import Telling
from handlers.incidents.place import area_of
from handlers.incidents.report import spoken
from handlers.reading import intent
from handlers.reading.places import Gazetteer
from storage import cases, households
from storage.households import Unit
from storage.incidents import IncidentKind
from storage.lanes import Lane

MOST_UNITS = 20


def ten(
    session: Session,
    scene: Scene,
    rest: str,
    media: list[int],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """十户 有人砸门: an alarm unless it is one of its own words and nothing else; in a group answered privately."""
    told, _ = spoken(message, rest)
    said = rules.read(told, founder=scene.actor.has(actions.FOUNDERS))
    if said.wish is Wish.ALARM:
        says = _alarm(session, scene, said, media, message, now, station, gazetteer)
    else:
        says = _OTHERS[said.wish](session, scene, said, now, station, gazetteer)
    if not scene.is_group:
        return says
    own = [
        replace(one, person=scene.actor.id, quote=False) if one.chat is None and one.person is None else one
        for one in says
    ]
    return [*own, Say(sentence("incidents.aside"), opens_for=scene.actor.id, quote=True)]


def _alarm(
    session: Session,
    scene: Scene,
    said: Said,
    media: list[int],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """The alarm; of somebody who is in no unit a call for help, since what is wrong is wrong all the same."""
    if scene.actor.id and households.membership(session, scene.actor.id) is not None:
        return actions.alarm(session, scene.actor, said.words, now, station, media)
    if not said.words and not media:
        if scene.actor.has(actions.HELPERS):
            return [views.listed(session, records.theirs(session, scene.actor, MOST_UNITS))]
        return [Say(sentence("households.how_to_join"), lane=Lane.LIFE)]
    telling = Telling(IncidentKind.HELP, said.words, tuple(media))
    line = Say(sentence("households.as_help"), lane=Lane.LIFE)
    return [line, *reporting.report(session, scene, telling, message, now, station, gazetteer)]


def _show(
    session: Session, scene: Scene, said: Said, now: datetime, station: Station, gazetteer: Gazetteer
) -> list[Say]:
    if said.numbers:
        return [views.inside(session, records.unit(session, scene.actor, said.numbers[0]))]
    if scene.actor.has(actions.HELPERS):
        return [views.listed(session, records.theirs(session, scene.actor, MOST_UNITS))]
    unit, _ = actions.own_of(session, scene.actor)
    return [views.own(session, unit, scene.actor.id, now)]


def _know(
    session: Session, scene: Scene, said: Said, now: datetime, station: Station, gazetteer: Gazetteer
) -> list[Say]:
    return actions.know(session, scene.actor, records.alarm(session, scene, said), now)


def _clear(
    session: Session, scene: Scene, said: Said, now: datetime, station: Station, gazetteer: Gazetteer
) -> list[Say]:
    return actions.clear(session, scene.actor, records.alarm(session, scene, said), now)


def _false(
    session: Session, scene: Scene, said: Said, now: datetime, station: Station, gazetteer: Gazetteer
) -> list[Say]:
    return actions.false_alarm(session, scene.actor, records.alarm(session, scene, said), now)


def _leave(
    session: Session, scene: Scene, said: Said, now: datetime, station: Station, gazetteer: Gazetteer
) -> list[Say]:
    return actions.leave(session, scene.actor, now)


def _join(
    session: Session, scene: Scene, said: Said, now: datetime, station: Station, gazetteer: Gazetteer
) -> list[Say]:
    """A code, and how the household is called; asked for where it is not said."""
    if scene.is_group or scene.chat is None:
        raise refuse("households.join_privately")
    code, _, called = said.words.partition(" ")
    if not code:
        raise refuse("households.how_to_join")
    unit = actions.unit_of_code(session, scene.actor, code, now)
    if rules.named(called):
        return actions.join(session, scene.actor, unit, called, now)
    name = households.name_of(session, unit)
    asked = asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, {"unit": unit.id})
    return [Say(sentence("households.what_it_is", name=name)), *asked]


def read_called(text: str) -> str | Problem:
    """What a household calls itself."""
    return rules.named(text) or Problem(sentence("households.call_yourself", most=rules.MOST_CALLED))


def finish(session: Session, actor: Actor, answers: Mapping[str, Any], now: datetime) -> list[Say]:
    """Join under the name asked for."""
    unit = households.find(session, answers["unit"])
    if unit is None:
        return [Say(sentence("households.wrong_code"))]
    try:
        return actions.join(session, actor, unit, answers["called"], now)
    except Refusal as refusal:
        return [Say(refusal.text)]


def _found(
    session: Session, scene: Scene, said: Said, now: datetime, station: Station, gazetteer: Gazetteer
) -> list[Say]:
    if not scene.actor.has(actions.FOUNDERS):
        raise refuse("households.founders")
    if not said.words:
        raise refuse("households.name_it", most=rules.MOST_NAME)
    area = area_of(session, gazetteer, said.words, scene)
    return actions.found(session, scene.actor, area, said.words, now)


def _of_unit(
    does: Callable[[Session, Actor, Unit, datetime], list[Say]], *, only_one: bool = False
) -> Callable[..., list[Say]]:
    """What is done to the unit of a number; only_one: where there is just one it needs none."""

    def handle(
        session: Session, scene: Scene, said: Said, now: datetime, station: Station, gazetteer: Gazetteer
    ) -> list[Say]:
        theirs = records.theirs(session, scene.actor, 2) if only_one and not said.numbers else ()
        if len(theirs) == 1:
            return does(session, scene.actor, theirs[0], now)
        if not said.numbers:
            raise refuse("households.which_unit")
        return does(session, scene.actor, records.unit(session, scene.actor, said.numbers[0]), now)

    return handle


def _remove(
    session: Session, scene: Scene, said: Said, now: datetime, station: Station, gazetteer: Gazetteer
) -> list[Say]:
    if len(said.numbers) != 2:
        raise refuse("households.remove_how")
    found = records.unit(session, scene.actor, said.numbers[0])
    return actions.remove(session, scene.actor, found, said.numbers[1], now)


def _how(
    session: Session, scene: Scene, said: Said, now: datetime, station: Station, gazetteer: Gazetteer
) -> list[Say]:
    if scene.actor.id and households.membership(session, scene.actor.id) is not None:
        return [Say(sentence("households.how"), buttons=views.member_buttons())]
    found = rows(button("help.help", "帮助 十户")) if scene.actor.has(actions.FOUNDERS) else ()
    return [Say(sentence("households.how_to_join"), buttons=found)]


_OTHERS: Mapping[Wish, Callable[..., list[Say]]] = {
    Wish.SHOW: _show,
    Wish.KNOW: _know,
    Wish.CLEAR: _clear,
    Wish.FALSE: _false,
    Wish.LEAVE: _leave,
    Wish.JOIN: _join,
    Wish.FOUND: _found,
    Wish.INVITE: _of_unit(actions.invite, only_one=True),
    Wish.END: _of_unit(actions.end),
    Wish.REMOVE: _remove,
    Wish.HOW: _how,
}
FORM = Form(
    "household_join",
    (Question("called", read_called, optional=False),),
    finish,
    keeps=frozenset({"unit"}),
)
FORMS = (FORM,)


def own(session: Session, scene: Scene, words: str) -> bool:
    """加入 and a code; words of danger while an alarm of one's own unit is under way; that one's own alarm is over."""
    if rules.joins(words):
        return True
    said = rules.read(words)
    over = said.wish in (Wish.CLEAR, Wish.FALSE) and not said.numbers
    mine = households.membership(session, scene.actor.id) if over or intent.danger(words) else None
    going = households.under_way(session, mine[0]) if mine is not None else None
    if going is None or not over:
        return going is not None
    meant = records.alarm(session, scene, said)
    return meant.id == going.id and cases.is_teller(session, going, scene.actor.id)


COMMAND = Command("十户", ten, latin="tenhouses", aliases=("十户联防",), rank=65, own=own)
