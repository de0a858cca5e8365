"""Whoever helps no more (退出), by one word or by time; what they had taken on is free again; the only door."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, MATRIX, WATCH
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.scene import Actor, actor_of
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.reminders.rules import moment_words
from handlers.shifts import claiming
from handlers.volunteers import actions, rules
from handlers.wishes import actions as wishes
from storage import cases, patrols, people
from storage.lanes import Lane
from storage.volunteers import Volunteer, VolunteerState


def leave(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """Help no more (志愿 退出): no patrol, shift or wish waits for somebody who has no other part in them."""
    says = actions.leave(session, actor, now)
    left = actor_of(session, actor.id)
    if not left.has(MATRIX["认领"].roles):
        says += wishes.helper_leaves(session, actor.id, now)
    if left.has(WATCH):
        return says
    patrols.leave_all(session, actor.id)
    return [*says, *claiming.give_all_back(session, actor, now)]


def step(session: Session, row: Volunteer, now: datetime, station: Station) -> list[Say]:
    """Time: an offer nobody answers is shown to the desk, then lapses; a year of help is asked for anew, then ends."""
    person = actions.person_of(session, row)
    if person is None:
        cases.move(session, row, VolunteerState.LEFT, next_at=None, closed_at=now)
        cases.change(session, row, next_at=None)
        return []
    if row.state is VolunteerState.ASKED:
        return _unanswered(session, row, person, now, station)
    if row.state is not VolunteerState.ENROLLED or row.ends_at is None:
        cases.change(session, row, next_at=None)
        return []
    if now < row.ends_at:
        cases.change(session, row, next_at=row.ends_at)
        line = text("volunteers.another_year", until=moment_words(row.ends_at, now))
        buttons = rows((button("volunteers.button.go_on", "志愿 继续"), actions.leave_button()))
        return [Say(line, buttons=buttons, person=person, lane=Lane.REMINDER)]
    first, *told = leave(session, actor_of(session, person), now)
    return [Say(text("volunteers.ended"), buttons=first.buttons, person=person, lane=Lane.REMINDER), *told]


def _unanswered(session: Session, row: Volunteer, person: int, now: datetime, station: Station) -> list[Say]:
    if now - row.created_at < rules.LAPSES:
        cases.change(session, row, next_at=row.created_at + rules.LAPSES)
        return to_people(actions.application(session, row), people.nearest_holders(session, DESK, row.area_id))
    cases.move(session, row, VolunteerState.LAPSED, next_at=None, closed_at=now, expires_at=now + rules.KEPT)
    return [Say(text("volunteers.lapsed", station=station.name), person=person, lane=Lane.REMINDER)]
