"""What can be done about a supervision letter (督办): issue, remind, clear; the only door."""

import re
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.callbacks.rules import ask_at
from handlers.dialogue import kinds
from handlers.dialogue.access import OFFICERS, refuse, require
from handlers.dialogue.kinds import Case
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.reading.workdays import due, workdays
from handlers.reminders.rules import due_words
from storage import areas, audit, people, supervisions
from storage.lanes import Lane
from storage.people import Role
from storage.supervisions import Supervision

USUAL, MOST = 10, 60
"""Working days a letter gives, and at most."""
WEEK = timedelta(days=7)
MOST_WORDS = 300
_DAYS = re.compile(r"([0-9]{1,3})\s*个?工作日(?:内|以内|之内)?(?:办结|办好|完成)?")


def issue(session: Session, actor: Actor, case: Case, words: str, now: datetime, station: Station) -> list[Say]:
    """Issue a letter (督办): the community's officer hears it now and every week until it is cleared."""
    require(actor, "督办", areas.get(session, case.area_id))
    if not case.going:
        raise refuse("supervision.not_going", code=case.code)
    if supervisions.active(session, case.topic) is not None:
        raise refuse("supervision.is_on", code=case.code)
    given = _DAYS.search(words)
    days = int(given.group(1)) if given else USUAL
    if not 1 <= days <= MOST:
        raise refuse("supervision.days", most=MOST)
    said = (_DAYS.sub("", words) if given else words).strip(" ，,。；;：:")
    demand = case.kind.shown(session, case, said)[:MOST_WORDS]
    until = due(now, workdays(days), station.workdays)
    row = supervisions.add(
        session, case.topic, case.key_id, case.area_id, demand, actor.id, until, _next(now, until, now, station), now
    )
    audit.write(session, "supervise", now, actor_id=actor.id, topic=case.topic, days=days)
    case.kind.note(session, case, "supervised", due_words(until, now), now)
    return [
        Say(text("supervision.issued", code=case.code, until=due_words(until, now))),
        *to_people(_letter(session, row, case, now, "supervision.letter"), _charged(session, case)),
        *case.kind.refreshed(session, case),
    ]


def _charged(session: Session, case: Case) -> list[int]:
    """The community's officer, and whoever handles it."""
    officers = people.nearest_holders(session, OFFICERS - {Role.CASE_TEAM}, case.area_id)
    return officers + ([case.handler_id] if case.handler_id is not None else [])


def _letter(session: Session, row: Supervision, case: Case, now: datetime, key: str) -> Say:
    demand = supervisions.demand_of(session, row)
    line = text(
        key,
        code=case.code,
        place=case.place,
        until=due_words(row.due_at, now),
        demand=text("supervision.demand", words=demand) if demand else text("supervision.no_demand"),
    )
    return Say(line, buttons=rows(button("cases.button.progress", f"进度 {case.code}")), lane=Lane.REMINDER)


def _next(base: datetime, until: datetime, now: datetime, station: Station) -> datetime:
    """A week later outside the quiet hours, or when it falls due where that is sooner."""
    weekly = ask_at(base + WEEK, station.quiet_from, station.quiet_until)
    return min(weekly, until) if until > now else weekly


def remind(session: Session, row: Supervision, now: datetime, station: Station) -> list[Say]:
    """Remind the community's officer; once it is late the one who issued it hears so, too."""
    case = kinds.case_of(session, row.topic)
    if case is None:
        supervisions.drop(session, row, now)
        return []
    late = now >= row.due_at
    first_late = late and not row.late
    due_now = (row.next_at or now).astimezone(now.tzinfo)
    supervisions.reminded(session, row, _next(due_now, row.due_at, now, station), late=late)
    key = "supervision.late" if late else "supervision.weekly"
    says = to_people(_letter(session, row, case, now, key), _charged(session, case))
    if first_late:
        says += to_people(_letter(session, row, case, now, "supervision.late_issuer"), [row.issued_by])
    return says


def clear(session: Session, actor: Actor, case: Case, words: str, now: datetime, station: Station) -> list[Say]:
    """Clear a letter with what was found (解除督办); nobody but the safety office can."""
    require(actor, "解除督办", areas.get(session, case.area_id))
    row = supervisions.active(session, case.topic)
    if row is None:
        raise refuse("supervision.none", code=case.code)
    conclusion = case.kind.shown(session, case, words.strip())[:MOST_WORDS]
    if not conclusion:
        raise refuse("supervision.why", code=case.code)
    supervisions.clear(session, row, conclusion, actor.id, now)
    audit.write(session, "supervise.clear", now, actor_id=actor.id, topic=case.topic)
    case.kind.note(session, case, "unsupervised", conclusion, now)
    says = [
        Say(text("supervision.cleared", code=case.code)),
        *to_people(Say(text("supervision.over", code=case.code, words=conclusion)), _charged(session, case)),
    ]
    if case.kind.cleared is not None:
        says += case.kind.cleared(session, case, now, station)
    return [*says, *case.kind.refreshed(session, case)]


def line(session: Session, topic: str, now: datetime) -> Text | None:
    """How a record is supervised, for the team."""
    row = supervisions.active(session, topic)
    if row is None:
        return None
    key = "supervision.line_late" if now >= row.due_at else "supervision.line"
    return text(key, until=due_words(row.due_at, now))
