"""What can be done with a reminder (提醒): set, change, cancel, tick off, put off, ring; the only door."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue.access import TEAM, Refusal, refuse
from handlers.dialogue.say import Button, Say, button, say
from handlers.dialogue.scene import Actor, Scene, actor_of
from handlers.dialogue.wording import Text, said, text
from handlers.dialogue.world import Station
from handlers.reading.identifiers import mask
from handlers.reading.when import When
from handlers.reminders import repeating, rules
from handlers.reminders.rules import Plan
from storage import areas, chats, people, reminders
from storage.chats import Chat, ChatKind, ChatState
from storage.lanes import Lane
from storage.purposes import Purpose
from storage.reminders import Reminder, ReminderState


def home_of(session: Session, scene: Scene) -> Chat:
    """Where a reminder said here rings: in the group where its worker says so, else privately."""
    chat = scene.chat
    if scene.is_group and chat is not None and _works_in(session, scene.actor, chat):
        return chat
    private = chats.private_of(session, scene.actor.id)
    if private is None:
        raise refuse("common.aside")
    return private


def _works_in(session: Session, actor: Actor, chat: Chat) -> bool:
    if chat.kind is ChatKind.UNBOUND or chat.area_id is None:
        return False
    return actor.has(TEAM, areas.get(session, chat.area_id))


def plan_of(when: When, now: datetime) -> Plan:
    """When a time that was read rings first, and how it comes again; a Refusal where it cannot."""
    if when.repeat is None:
        at, chosen = rules.first_moment(when, now)
        if at <= now:
            raise refuse("reminder.past", when=rules.moment_words(at, now))
        if at > now + rules.FARTHEST:
            raise refuse("reminder.too_far")
        return Plan(at, None, chosen)
    repeat, chosen = rules.repetition(when, now)
    if repeating.gap(repeat) < rules.SHORTEST:
        raise refuse("reminder.too_often", least=text("reminder.least"))
    first = repeating.next_after(repeat, now)
    if first is None:
        raise refuse("reminder.over")
    return Plan(first, repeat, chosen)


def check_home(plan: Plan, home: Chat, station: Station) -> None:
    """Raise a Refusal where a group would be disturbed: too often, or residents in the quiet hours."""
    if not home.kind.is_group:
        return
    if plan.repeat is not None and repeating.gap(plan.repeat) < rules.SHORTEST_GROUP:
        raise refuse("reminder.too_often", least=text("reminder.least_group"))
    if home.kind.is_public and rules.is_quiet(plan.at, station.quiet_from, station.quiet_until):
        raise refuse("reminder.quiet", start=f"{station.quiet_from:%H:%M}", end=f"{station.quiet_until:%H:%M}")


def _fitting(words: str, home: Chat, station: Station) -> str:
    if len(words) > rules.MOST_CHARACTERS:
        raise refuse("reminder.too_long", most=rules.MOST_CHARACTERS)
    return mask(words, station.lines, doors=home.kind.is_public) if home.kind.is_group else words


def set_(
    session: Session, actor: Actor, home: Chat, words: str, plan: Plan, station: Station, now: datetime
) -> list[Say]:
    """Set a reminder that rings in `home`; the echo names weekday, date and hour."""
    check_home(plan, home, station)
    if reminders.count_active(session, actor.id) >= rules.MOST_ACTIVE:
        raise refuse("reminder.too_many", most=rules.MOST_ACTIVE)
    row = reminders.add(
        session,
        Purpose.REMINDER,
        actor.id,
        home.id,
        _fitting(words, home, station),
        plan.at,
        now,
        expires_at=_kept_until(plan.at, plan.repeat, now),
        repeat=plan.repeat,
    )
    return [_echo(session, row, "set", plan.chosen, home, now)]


def _kept_until(at: datetime, repeat: dict[str, Any] | None, now: datetime) -> datetime:
    return at + rules.KEPT if repeat is None else max(now + rules.LIVES, at + rules.KEPT)


def _echo(session: Session, row: Reminder, how: str, chosen: bool, home: Chat, now: datetime) -> Say:
    first = rules.moment_words(row.next_at or now, now)
    when = text("reminder.when_once", when=first)
    if row.repeat is not None:
        when = text("reminder.when_repeat", repeat=rules.repeat_words(row.repeat), when=first)
    note = text("reminder.chosen", hour=first.rpartition(" ")[2]) if chosen else said("")
    return say(
        f"reminder.{how}_group" if home.kind.is_group else f"reminder.{how}",
        (button("reminder.change", f"改提醒 {row.code}"), button("reminder.cancel", f"取消提醒 {row.code}")),
        when=when,
        text=reminders.text_of(session, row),
        code=row.code,
        note=note,
    )


def theirs(session: Session, actor: Actor, number: int) -> Reminder | None:
    """The reminder of this number if it is this person's own, or of a group they work for."""
    row = reminders.numbered(session, number)
    if row is None or not row.text:
        return None
    home = chats.get(session, row.chat_id)
    if row.owner_id == actor.id or (home.kind.is_group and _works_in(session, actor, home)):
        return row
    return None


def change(
    session: Session, row: Reminder, words: str, plan: Plan | None, station: Station, now: datetime
) -> list[Say]:
    """Change when it rings, or what it says, or both."""
    home = chats.get(session, row.chat_id)
    if plan is not None:
        check_home(plan, home, station)
        reminders.ring_at(session, row, plan.at, plan.repeat, _kept_until(plan.at, plan.repeat, now))
    elif row.state is not ReminderState.ACTIVE:
        raise refuse("reminder.rang_already", code=row.code)
    if words:
        reminders.set_text(session, row, _fitting(words, home, station))
    return [_echo(session, row, "changed", plan is not None and plan.chosen, home, now)]


def cancel(session: Session, row: Reminder, now: datetime) -> list[Say]:
    """Let a reminder ring no more."""
    if row.state is not ReminderState.ACTIVE:
        raise refuse("reminder.not_active", code=row.code)
    reminders.end(session, row, ReminderState.CANCELLED, now + timedelta(days=1))
    return [say("reminder.cancelled", code=row.code)]


def done(session: Session, row: Reminder, now: datetime) -> list[Say]:
    """Tick the last ring off; one that comes again goes on."""
    note = said("")
    if row.state is ReminderState.ACTIVE and row.repeat is not None and row.next_at is not None:
        note = text("reminder.next", when=rules.moment_words(row.next_at, now))
    elif row.state is ReminderState.ACTIVE:
        reminders.end(session, row, ReminderState.DONE, now + rules.KEPT)
    return [
        _on_ring(row, text("reminder.done", text=reminders.text_of(session, row), note=note), "reminder.done_toast")
    ]


def again(session: Session, row: Reminder, plan: Plan, station: Station, now: datetime) -> list[Say]:
    """Put the last ring off; one that comes again keeps its own times."""
    check_home(plan, chats.get(session, row.chat_id), station)
    words = reminders.text_of(session, row)
    ring = _on_ring(
        row, text("reminder.again", when=rules.moment_words(plan.at, now), text=words), "reminder.again_toast"
    )
    if row.repeat is None:
        reminders.ring_at(session, row, plan.at, None, plan.at + rules.KEPT)
    else:
        home = chats.get(session, row.chat_id)
        owner = actor_of(session, row.owner_id)
        set_(session, owner, home, words, Plan(plan.at), station, now)
    return [ring]


def _on_ring(row: Reminder, words: Text, toast: str) -> Say:
    """Put these words in place of the last ring."""
    slot = f"reminder:{row.id}:{row.fired}" if row.fired else None
    return Say(words, chat=row.chat_id, slot=slot, toast=text(toast))


def mine(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """A person's reminders, the next first."""
    found = reminders.owned_by(session, actor.id)
    if not found:
        return [say("reminder.none", (button("reminder.new", "提醒"),))]
    lines = tuple(_line(session, row, now) for row in found)
    buttons: list[Sequence[Button]] = [
        (
            button("reminder.change_code", f"改提醒 {row.code}", code=row.code),
            button("reminder.cancel_code", f"取消提醒 {row.code}", code=row.code),
        )
        for row in found[:3]
    ]
    return [say("reminder.mine", *buttons, count=reminders.count_active(session, actor.id), lines=lines)]


def _line(session: Session, row: Reminder, now: datetime) -> Text:
    home = chats.get(session, row.chat_id)
    when = rules.moment_words(row.next_at or now, now)
    if row.repeat is not None:
        when = f"{rules.repeat_words(row.repeat)}（{when}）"
    where = text("reminder.in_group", group=home.title) if home.kind.is_group else said("")
    return text("reminder.line", code=row.code, when=when, text=reminders.text_of(session, row), where=where)


def ring(session: Session, row: Reminder, now: datetime) -> list[Say]:
    """Ring now: count it, set the next moment, and say it once however many were missed."""
    home = chats.get(session, row.chat_id)
    if not _still_wanted(session, row, home):
        reminders.end(session, row, ReminderState.CANCELLED, now)
        return []
    due = row.next_at or now
    following = repeating.next_after(row.repeat, now) if row.repeat is not None else None
    if following is not None and following > row.expires_at:
        following = None
    n = reminders.rang(session, row, following, row.expires_at if following else now + rules.KEPT)
    late = text("reminder.late", due=rules.moment_words(due, now)) if now - due > rules.LATE else said("")
    last = text("reminder.last") if row.repeat is not None and following is None else said("")
    one = say(
        "reminder.ring",
        (
            button("reminder.done_button", f"完成提醒 {row.code}"),
            button("reminder.in_ten", f"再提醒 {row.code} 10分钟后"),
            button("reminder.in_hour", f"再提醒 {row.code} 一小时后"),
        ),
        text=reminders.text_of(session, row),
        late=late,
        last=last,
    )
    name = f"reminder:{row.id}:{n}"
    return [
        replace(one, chat=home.id, lane=Lane.REMINDER, key=name, slot=name, expires_at=now + rules.STALE),
    ]


def _still_wanted(session: Session, row: Reminder, home: Chat) -> bool:
    """Whether its owner is still there, may still speak for the group, and the chat can be reached."""
    if people.get(session, row.owner_id).key_id is None or home.state is ChatState.GONE:
        return False
    return not home.kind.is_group or _works_in(session, actor_of(session, row.owner_id), home)


def cancel_all(session: Session, person_id: int) -> int:
    """Erase every reminder of a person who leaves; how many."""
    rows = reminders.of_person(session, person_id)
    for row in rows:
        reminders.forget(session, row)
    return len(rows)


__all__ = ["Refusal", "again", "cancel", "cancel_all", "change", "done", "mine", "plan_of", "ring", "set_", "theirs"]
