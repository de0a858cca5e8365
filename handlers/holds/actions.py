"""What can be done about legal holds (保留): place one, lift it, see which stand; and what time does. The only door."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say, button, say, to_people
from handlers.dialogue.scene import Actor, actor_of
from handlers.dialogue.wording import Text, text
from handlers.holds import rules
from handlers.reading.codes import Code
from handlers.reading.identifiers import mask
from storage import areas, audit, bulletins, cases, holds, incidents, people, searches
from storage.bulletins import Bulletin, BulletinKind
from storage.cases import Case
from storage.holds import Hold
from storage.incidents import Incident, IncidentKind
from storage.searches import Search

PLACE, LIFT = "保留", "解除保留"
MOST_LISTED = 30
Record = Incident | Search | Bulletin | Case


def place(session: Session, actor: Actor, code: Code, reason: str, now: datetime) -> list[Say]:
    """Keep a record from being erased, with a reason its teller can read (保留); one about to end is renewed."""
    record = _record(session, actor, code)
    why = mask(reason)
    if not rules.is_reason(why):
        raise refuse("holds.why", code=record.code, most=rules.LONGEST)
    before = holds.of_topic(session, record.topic)
    if before is not None and now < before.ends_at - rules.ASKED_BEFORE:
        raise refuse("holds.stands", code=record.code)
    if before is not None:
        holds.end(session, before, now)
    ends = now + rules.LIVES
    holds.add(
        session,
        record.topic,
        record.code,
        record.area_id,
        why,
        actor.id,
        now,
        next_at=ends - rules.ASKED_BEFORE,
        ends_at=ends,
    )
    audit.write(session, "hold", now, actor_id=actor.id, topic=record.topic, until=ends.date().isoformat())
    lift = button("holds.lift_button", f"{LIFT} {record.code}")
    return [say("holds.placed", lift, code=record.code, until=rules.day(ends, now), reason=why)]


def lift(session: Session, actor: Actor, code: Code, now: datetime) -> list[Say]:
    """Let a record go its way again (解除保留)."""
    record = _record(session, actor, code)
    hold = holds.of_topic(session, record.topic)
    if hold is None:
        raise refuse("holds.none_there", code=record.code)
    holds.end(session, hold, now)
    audit.write(session, "hold.lift", now, actor_id=actor.id, topic=record.topic)
    return [say("holds.lifted", code=record.code)]


def listed(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """The holds that stand where this person may lift them (保留 alone)."""
    roles = access.MATRIX[PLACE].roles
    mine = [one for one in holds.standing(session) if actor.has(roles, areas.get(session, one.area_id))]
    if not mine:
        return [say("holds.none")]
    lines = tuple(_line(session, one, now) for one in mine[:MOST_LISTED])
    return [say("holds.list", n=len(mine), lines=lines)]


def step(session: Session, hold: Hold, now: datetime) -> list[Say]:
    """What time asks of a hold: a reminder before its end, and its end."""
    if hold.ends_at <= now:
        holds.end(session, hold, now)
        audit.write(session, "hold.end", now, topic=hold.topic)
        told = say("holds.ended", code=hold.code)
        return _told(session, hold, replace(told, key=f"hold:{hold.id}:ended"))
    hold.next_at = hold.ends_at
    session.flush()
    buttons = button("holds.lift_button", f"{LIFT} {hold.code}")
    told = say("holds.ends_soon", buttons, code=hold.code, until=rules.day(hold.ends_at, now))
    return _told(session, hold, replace(told, key=f"hold:{hold.id}:soon"))


def _told(session: Session, hold: Hold, one: Say) -> list[Say]:
    """For whoever placed it; where they may no longer hold a record, for the nearest who may."""
    roles = access.MATRIX[PLACE].roles
    if actor_of(session, hold.placed_by).has(roles, areas.get(session, hold.area_id)):
        return to_people(one, [hold.placed_by])
    return to_people(one, people.nearest_holders(session, roles, hold.area_id))


def _line(session: Session, hold: Hold, now: datetime) -> Text:
    until = rules.day(hold.ends_at, now)
    return text("holds.line", code=hold.code, until=until, reason=holds.reason_of(session, hold))


def _record(session: Session, actor: Actor, code: Code) -> Record:
    """The record of this code, if this person may hold it; an unknown one and a stranger's sound the same (R12)."""
    found = _numbered(session, code)
    if found is None or not actor.has(access.MATRIX[PLACE].roles, areas.get(session, found.area_id)):
        raise refuse("holds.unknown", code=str(code))
    return found


def _numbered(session: Session, code: Code) -> Record | None:
    if code.prefix in set(IncidentKind):
        return incidents.numbered(session, IncidentKind(code.prefix), code.number)
    if code.prefix in set(BulletinKind):
        return bulletins.numbered(session, BulletinKind(code.prefix), code.number)
    kind = cases.lettered(code.prefix)
    if kind is not None:
        return cases.numbered(session, kind, code.number)
    return searches.numbered(session, code.number) if code.prefix == searches.LETTER else None
