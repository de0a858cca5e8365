"""Ten households (十户联防): neighbours who joined by themselves, and the alarm one of them raises to the others.

What a household calls itself is sealed under its unit's key. Who heard of an alarm and who answered is kept only while
it is under way; how many did stays as figures.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, bindparam, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import keys, sealing
from storage.areas import Numbers, numbers
from storage.cases import Case
from storage.database import Base, affected
from storage.prepared import Prepared, added
from storage.tokens import ALPHABET

LETTER = "联"
CODE_LENGTH = 8


class AlarmState(StrEnum):
    """报警 → 解除; or it was none (误报)."""

    UNDER_WAY = "under_way"
    CLEARED = "cleared"
    FALSE = "false"


MOVES: Mapping[AlarmState, frozenset[AlarmState]] = {
    AlarmState.UNDER_WAY: frozenset({AlarmState.CLEARED, AlarmState.FALSE}),
    AlarmState.CLEARED: frozenset(),
    AlarmState.FALSE: frozenset(),
}
OVER = (AlarmState.CLEARED, AlarmState.FALSE)


class Unit(Base):
    """About ten neighbouring households, who join by `join_digest` until `join_until`; over since `ended_at`."""

    __tablename__ = "household_units"
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    name: Mapped[bytes | None] = mapped_column(LargeBinary)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    join_digest: Mapped[str | None] = mapped_column(String(32), unique=True)
    join_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Member(Base):
    """A household of a unit, by the person who joined for it; a person belongs to one unit."""

    __tablename__ = "household_members"
    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("household_units.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)
    called: Mapped[bytes] = mapped_column(LargeBinary)
    joined_at: Mapped[datetime]


class Alarm(Case):
    """An alarm of a unit (报警): `told` households heard of it, `acknowledged` of them answered in time.

    `stage` counts the steps of its clock; `quiet` says that only the team was told.
    """

    __tablename__ = "household_alarms"
    name = "alarm"
    letter = LETTER
    moves = MOVES
    over = OVER
    state: Mapped[AlarmState] = mapped_column(index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("household_units.id"), index=True)
    told: Mapped[int] = mapped_column(default=0)
    acknowledged: Mapped[int] = mapped_column(default=0)
    stage: Mapped[int] = mapped_column(default=0)
    quiet: Mapped[bool] = mapped_column(default=False)


class Hearer(Base):
    """Somebody who heard of an alarm, as a household (`member`) or as one of the team; gone when it is over."""

    __tablename__ = "household_hearers"
    __table_args__ = (UniqueConstraint("alarm_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    alarm_id: Mapped[int] = mapped_column(ForeignKey("household_alarms.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    member: Mapped[bool]
    team: Mapped[bool]
    answered_at: Mapped[datetime | None]


def add(session: Session, name: str, area_id: int, now: datetime) -> Unit:
    """A new unit, which nobody has joined yet."""
    key_id = keys.new(session, now)
    unit = Unit(key_id=key_id, name=keys.seal(session, key_id, "household_units.name", name), area_id=area_id)
    unit.created_at = now
    session.add(unit)
    session.flush()
    return unit


def find(session: Session, unit_id: int) -> Unit | None:
    """The unit of this number, as long as there is one."""
    unit = session.get(Unit, unit_id)
    return unit if unit is not None and unit.ended_at is None else None


def within(session: Session, area_ids: Iterable[int], most: int) -> Sequence[Unit]:
    """The units of some areas, newest first."""
    here = Unit.area_id.in_(list(area_ids)), Unit.ended_at.is_(None)
    return session.scalars(select(Unit).where(*here).order_by(Unit.id.desc()).limit(most)).all()


def name_of(session: Session, unit: Unit) -> str:
    """What a unit is called."""
    return keys.open_text(session, unit.key_id, "household_units.name", unit.name)


def invite(session: Session, unit: Unit, until: datetime) -> str:
    """A code by which households join until that moment, kept only as a digest; an earlier one is void."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    unit.join_digest, unit.join_until = _digest(session, code), until
    session.flush()
    return code


def by_code(session: Session, code: str, now: datetime) -> Unit | None:
    """The unit a code lets join; the work is the same for any code."""
    found = session.scalar(select(Unit).where(Unit.join_digest == _digest(session, code)))
    open_ = found is not None and found.ended_at is None and found.join_until is not None and found.join_until > now
    return found if open_ else None


def _digest(session: Session, code: str) -> str:
    return sealing.digest(session, "household_units.join", code)


def join(session: Session, unit: Unit, person_id: int, called: str, now: datetime) -> Member:
    """A household joins."""
    sealed = keys.seal(session, unit.key_id, "household_members.called", called)
    member = Member(unit_id=unit.id, person_id=person_id, called=sealed, joined_at=now)
    session.add(member)
    session.flush()
    return member


def membership(session: Session, person_id: int) -> tuple[Unit, Member] | None:
    """The unit a person's household belongs to."""
    own = select(Unit, Member).join(Member, Member.unit_id == Unit.id).where(Member.person_id == person_id)
    row = session.execute(own.where(Unit.ended_at.is_(None))).first()
    return (row[0], row[1]) if row is not None else None


def members_of(session: Session, unit: Unit) -> Sequence[Member]:
    """The households of a unit in the order they joined."""
    return session.scalars(select(Member).where(Member.unit_id == unit.id).order_by(Member.id)).all()


def called(session: Session, unit: Unit, member: Member) -> str:
    """What a household calls itself."""
    return keys.open_text(session, unit.key_id, "household_members.called", member.called)


def leave(session: Session, member: Member) -> None:
    """A household leaves, and nothing of it stays."""
    session.delete(member)
    session.flush()


def forget(session: Session, person_id: int) -> None:
    """Somebody leaves altogether: neither their household nor what they heard is known any more."""
    session.execute(delete(Member).where(Member.person_id == person_id))
    session.execute(delete(Hearer).where(Hearer.person_id == person_id))


def end(session: Session, unit: Unit, now: datetime) -> None:
    """There is no such unit any more: its name and its households are erased."""
    session.execute(delete(Member).where(Member.unit_id == unit.id))
    keys.erase(session, unit.key_id)
    unit.name, unit.join_digest, unit.join_until, unit.ended_at = None, None, None, now
    session.flush()


def under_way(session: Session, unit: Unit) -> Alarm | None:
    """The alarm of a unit that has not ended; locked where the database can, for two may raise it at once."""
    own = Alarm.unit_id == unit.id, Alarm.state == AlarmState.UNDER_WAY, Alarm.private.is_not(None)
    return session.scalar(select(Alarm).where(*own).order_by(Alarm.id.desc()).limit(1).with_for_update())


def hear(session: Session, alarm: Alarm, person_id: int, *, member: bool, team: bool) -> None:
    """Somebody is told of an alarm."""
    session.add(Hearer(alarm_id=alarm.id, person_id=person_id, member=member, team=team))
    session.flush()


def hearers(session: Session, alarm: Alarm) -> Sequence[Hearer]:
    """Who was told of an alarm under way."""
    return session.scalars(select(Hearer).where(Hearer.alarm_id == alarm.id).order_by(Hearer.id)).all()


def answer(session: Session, alarm: Alarm, person_id: int, now: datetime) -> bool:
    """Somebody says that they know; False where they were not told, or said so before."""
    own = Hearer.alarm_id == alarm.id, Hearer.person_id == person_id, Hearer.answered_at.is_(None)
    return bool(affected(session.execute(update(Hearer).where(*own).values(answered_at=now))))


def forget_hearers(session: Session, alarm: Alarm) -> None:
    """It is over: who heard of it is needed no more."""
    session.execute(delete(Hearer).where(Hearer.alarm_id == alarm.id))


_COUNTED = Prepared(
    select(Alarm.area_id, func.count(), added(Alarm.told), added(Alarm.acknowledged))
    .where(Alarm.created_at >= bindparam("since"), Alarm.created_at < bindparam("until"))
    .where(Alarm.state != AlarmState.FALSE)
    .group_by(Alarm.area_id)
)


def figures(session: Session, since: datetime, until: datetime) -> Numbers:
    """(alarms, households told, those of them that answered in time) by area; false alarms count nowhere."""
    return numbers(session, _COUNTED, since=since, until=until)
