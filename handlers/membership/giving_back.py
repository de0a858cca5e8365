"""What somebody who can't work any more had in hand (交回): nobody has it, its clocks go on, and others are asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue import kinds
from handlers.dialogue.access import CHIEFS, DESK, OFFICERS
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.wording import text
from storage import areas, callbacks, cases, people, reminders
from storage.cases import Case
from storage.lanes import Lane
from storage.reminders import Reminder, ReminderState
from storage.volunteers import Volunteer
from storage.wishes import Wish

OTHERWISE: Final = (Wish, Volunteer)
"""A wish waits for another helper by itself; an offer to help is nobody's work."""
NOTE: Final = "gone"
MOST_ASKED: Final = 8
MOST_LISTED: Final = 20
MOST_BUTTONS: Final = 8
KEPT: Final = timedelta(days=1)


def in_hand(session: Session, person_id: int) -> Sequence[Case]:
    """The cases of every kind that somebody works on."""
    return [one for one in cases.in_hands_of(session, person_id) if not isinstance(one, OTHERWISE)]


def to_hand_on(session: Session, person_id: int) -> list[Case]:
    """Those of them that somebody who leaves hands on first, by 转派; the rest goes back when they have left."""
    known = kinds.all_kinds()
    return [one for one in in_hand(session, person_id) if one.name in known and "转派" in known[one.name].answers]


def hand_back(session: Session, person_id: int, now: datetime) -> list[Say]:
    """Nobody has them from now on; the officers nearest to each are asked to take it, by its number alone."""
    cards: list[Say] = []
    asked: dict[int, list[Case]] = {}
    while found := in_hand(session, person_id):
        for one in found:
            cases.change(session, one, handler_id=None)
            cases.add_note(session, one, NOTE, "", now)
            _silence(session, one, now)
            kind, card = kinds.all_kinds().get(one.name), kinds.case_of(session, one.topic)
            cards += kind.refreshed(session, card) if kind is not None and card is not None else []
            for person in _near(session, one, person_id):
                asked.setdefault(person, []).append(one)
    return [*cards, *(_ask(session, person, rows_of) for person, rows_of in asked.items())]


def _near(session: Session, row: Case, but: int) -> list[int]:
    kept_out = callbacks.barred(session, row.topic) | {but}
    near = people.nearest_holders(session, OFFICERS, row.area_id)
    able = [one for one in near if one not in kept_out]
    above = [one for one in people.holders(session, CHIEFS | DESK, row.area_id) if one != but]
    return (able or above)[:MOST_ASKED]


def _silence(session: Session, row: Case, now: datetime) -> None:
    """Whoever had it is reminded of it no more."""
    reminder = session.get(Reminder, getattr(row, "reminder_id", None) or 0)
    if reminder is not None and reminder.state is ReminderState.ACTIVE:
        reminders.end(session, reminder, ReminderState.CANCELLED, now + KEPT)


def _ask(session: Session, person: int, found: Sequence[Case]) -> Say:
    """All of it in one message, each with what is done next."""
    lines = [text("membership.revoke.orphan", code=one.code, area=_area(session, one)) for one in found[:MOST_LISTED]]
    if len(found) > MOST_LISTED:
        lines.append(text("membership.revoke.more_orphans", n=len(found) - MOST_LISTED))
    pressed = [_button(one) for one in found[:MOST_BUTTONS]]
    pairs = [tuple(pressed[at : at + 2]) for at in range(0, len(pressed), 2)]
    line = text("membership.revoke.orphans", n=len(found), lines=tuple(lines))
    return Say(line, buttons=rows(*pairs), person=person, lane=Lane.REMINDER)


def _area(session: Session, row: Case) -> str:
    return areas.get(session, row.area_id).name


def _button(row: Case) -> Button:
    kind = kinds.all_kinds().get(row.name)
    if kind is not None and "接单" in kind.answers:
        return button("membership.revoke.take", f"接单 {row.code}", code=row.code)
    return button("membership.revoke.look", f"进度 {row.code}", code=row.code)
