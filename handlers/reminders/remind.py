"""提醒: set a reminder, the time standing anywhere; what is missing is asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question, plain
from handlers.dialogue.say import Say, button
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.help import pending
from handlers.reading import intent
from handlers.reminders import actions, rules
from handlers.reminders.rules import Plan
from storage import chats
from storage.chats import Chat

CHOICES = (
    (button("reminder.one_hour", "一小时后"), button("reminder.tonight", "今晚8点")),
    (button("reminder.tomorrow", "明天早上9点"),),
)


def remind(
    session: Session, scene: Scene, actor: Actor, rest: str, via: str, station: Station, now: datetime
) -> list[Say]:
    """Set the reminder, or ask privately for what is missing; a button takes the words said before it."""
    home = actions.home_of(session, scene)
    if not rest and via in ("button", "choice") and not home.kind.is_group:
        rest = pending.take(session, actor.id, home.id, now).words
    wish = rules.read(rest, now)
    known: dict[str, Any] = {}
    first: list[Say] = []
    if wish.text:
        known["what"] = {"text": wish.text, "plan": None}
    if wish.when is not None:
        try:
            plan = actions.plan_of(wish.when, now)
        except Refusal as refusal:
            if home.kind.is_group:
                raise
            first = [Say(refusal.text, chat=home.id)]
        else:
            if wish.text:
                asking.drop(session, FORM, actor.id, home.id, now)
                return _answer(scene, home, actions.set_(session, actor, home, wish.text, plan, station, now))
            known["when"] = plan.as_json()
    if home.kind.is_group:
        raise refuse("reminder.say_all")
    return _answer(scene, home, [*first, *asking.begin(session, FORM, actor.id, home.id, now, known)])


def _answer(scene: Scene, home: Chat, says: list[Say]) -> list[Say]:
    """What was set in a group for oneself is answered privately."""
    if not scene.is_group or home.kind.is_group:
        return says
    return [
        *privately(says, scene.actor.id),
        Say(sentence("common.answered_privately"), opens_for=scene.actor.id, quote=True),
    ]


def privately(says: list[Say], person_id: int) -> list[Say]:
    """The same, to this person alone."""
    return [
        one if one.chat is not None else Say(one.text, one.buttons, person=person_id, toast=one.toast) for one in says
    ]


def read_what(text: str, now: datetime, answers: Mapping[str, Any]) -> dict[str, Any] | Problem:
    """What to be reminded of; a time in it is taken unless one is known."""
    words = plain(text)
    if isinstance(words, Problem):
        return words
    plan = None
    if "when" not in answers:
        wish = rules.read(words, now)
        if wish.when is not None and wish.text:
            try:
                plan, words = actions.plan_of(wish.when, now), wish.text
            except Refusal as refusal:
                return Problem(refusal.text)
    if len(words) > rules.MOST_CHARACTERS:
        return Problem(sentence("reminder.too_long", most=rules.MOST_CHARACTERS))
    return {"text": words, "plan": plan.as_json() if plan else None}


def read_time(text: str, now: datetime) -> dict[str, Any] | Problem:
    """When it rings."""
    wish = rules.read(text, now)
    if wish.when is None:
        return Problem(sentence("reminder.no_time"))
    try:
        return actions.plan_of(wish.when, now).as_json()
    except Refusal as refusal:
        return Problem(refusal.text)


def finish(
    session: Session, scene: Scene, actor: Actor, answers: Mapping[str, Any], station: Station, now: datetime
) -> list[Say]:
    """Set what the talk has gathered."""
    what = answers["what"]
    plan = Plan.from_json(what["plan"] or answers["when"], now)
    home = chats.private_of(session, actor.id) if scene.is_group else scene.chat
    if home is None:
        raise refuse("common.aside")
    return actions.set_(session, actor, home, what["text"], plan, station, now)


def lacks_time(answers: Mapping[str, Any]) -> bool:
    """Whether no time was said together with the words."""
    return not (answers.get("what") or {}).get("plan")


def mine(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """我的提醒: what will ring."""
    return actions.mine(session, actor, now)


FORM = Form(
    "reminder_new",
    (
        Question("what", read_what, optional=False),
        Question("when", read_time, CHOICES, optional=False, when=lacks_time),
    ),
    finish,
)
COMMANDS = (
    Command("提醒", remind, latin="remind", bare=intent.remind, form=FORM, rank=40),
    Command(
        "我的提醒", mine, latin="reminders", aliases=("提醒列表",), bare=intent.my_reminders, private=True, rank=42
    ),
)
