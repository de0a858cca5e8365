"""改提醒, 取消提醒, 完成提醒, 再提醒: what becomes of a reminder that stands or rang."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking, nearby
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question, plain
from handlers.dialogue.say import Say, say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.world import Station
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.reminders import actions, rules
from handlers.reminders.remind import CHOICES, privately
from handlers.reminders.rules import Plan
from storage import chats, reminders
from storage.forms import OpenForm
from storage.reminders import LETTER, Reminder


def pick(session: Session, actor: Actor, codes: Sequence[Code]) -> Reminder:
    """The reminder named, or the only one there is; a Refusal that helps to name one."""
    named = next((code for code in codes if code.prefix == LETTER), None)
    if named is None:
        found = reminders.owned_by(session, actor.id, 2)
        if len(found) == 1:
            return found[0]
        raise refuse("reminder.which" if found else "reminder.none_plain")
    row = actions.theirs(session, actor, named.number)
    if row is None:
        raise Refusal(nearby.missing(session, actor, named))
    return row


def change(
    session: Session,
    scene: Scene,
    actor: Actor,
    rest: str,
    codes: Sequence[Code],
    station: Station,
    now: datetime,
) -> list[Say]:
    """Change it as said, or ask for the new time."""
    row = pick(session, actor, codes)
    words, plan = _wanted(_without_code(rest, codes), now)
    if words or plan:
        return _answer(scene, row, actor, actions.change(session, row, words, plan, station, now))
    if scene.is_group:
        raise refuse("reminder.say_change", code=row.code)
    home = chats.private_of(session, actor.id)
    if home is None:
        raise refuse("common.aside")
    return asking.begin(session, FORM, actor.id, home.id, now, topic=f"reminder:{row.number}")


def _wanted(said: str, now: datetime) -> tuple[str, Plan | None]:
    wish = rules.read(said, now)
    return wish.text, actions.plan_of(wish.when, now) if wish.when is not None else None


def _without_code(rest: str, codes: Sequence[Code]) -> str:
    """What was said besides the code, which stands first where it is a number of ours."""
    named = next((code for code in codes if code.prefix == LETTER), None)
    if named is None or len(fold(rest)) != len(rest):
        return rest
    start, end = named.span
    return f"{rest[:start]} {rest[end:]}".strip().removeprefix("改到").removeprefix("改成").removeprefix("到")


def cancel(session: Session, scene: Scene, actor: Actor, codes: Sequence[Code], now: datetime) -> list[Say]:
    """Let it ring no more."""
    row = pick(session, actor, codes)
    return _answer(scene, row, actor, actions.cancel(session, row, now))


def done(session: Session, actor: Actor, codes: Sequence[Code], now: datetime) -> list[Say]:
    """Tick it off."""
    return actions.done(session, pick(session, actor, codes), now)


def again(
    session: Session, actor: Actor, rest: str, codes: Sequence[Code], station: Station, now: datetime
) -> list[Say]:
    """Put it off."""
    row = pick(session, actor, codes)
    _, plan = _wanted(_without_code(rest, codes), now)
    if plan is None:
        raise refuse("reminder.no_time")
    return actions.again(session, row, plan, station, now)


def _answer(scene: Scene, row: Reminder, actor: Actor, says: list[Say]) -> list[Say]:
    """A private reminder is not talked about in a group."""
    here = scene.chat is not None and scene.chat.id == row.chat_id
    return says if here or not scene.is_group else privately(says, actor.id)


def read_change(text: str, now: datetime) -> dict[str, Any] | Problem:
    """The new time, new words, or both."""
    words = plain(text)
    if isinstance(words, Problem):
        return words
    try:
        left, plan = _wanted(words, now)
    except Refusal as refusal:
        return Problem(refusal.text)
    return {"text": left, "plan": plan.as_json() if plan else None}


def finish(
    session: Session, actor: Actor, answers: Mapping[str, Any], form: OpenForm, station: Station, now: datetime
) -> list[Say]:
    """Change the reminder the talk is about."""
    row = actions.theirs(session, actor, int((form.topic or "").partition(":")[2]))
    if row is None:
        return [say("reminder.none_plain")]
    wanted = answers["to"]
    plan = Plan.from_json(wanted["plan"], now) if wanted["plan"] else None
    return actions.change(session, row, wanted["text"], plan, station, now)


FORM = Form("reminder_change", (Question("to", read_change, CHOICES, optional=False),), finish)
COMMANDS = (
    Command("改提醒", change, aliases=("修改提醒",), bare=intent.change_reminder, form=FORM, rank=43),
    Command("取消提醒", cancel, aliases=("删除提醒", "不用提醒"), bare=intent.cancel_reminder, rank=44),
    Command("完成提醒", done, bare=intent.has_code, rank=0),
    Command("再提醒", again, bare=intent.has_code, rank=0),
)
