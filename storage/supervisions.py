"""Supervision letters (督办): the safety office presses a record until it clears it; the demand is sealed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import keys, states
from storage.database import Base


class SupervisionState(StrEnum):
    """In force until the safety office clears it."""

    ACTIVE = "active"
    CLEARED = "cleared"


class Supervision(Base):
    """A letter about one record; its officer is reminded at `next_at`, and hears once when `due_at` has passed."""

    __tablename__ = "supervisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(32), index=True)
    key_id: Mapped[str] = mapped_column(String(32))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    state: Mapped[SupervisionState]
    demand: Mapped[bytes] = mapped_column(LargeBinary)
    conclusion: Mapped[bytes | None] = mapped_column(LargeBinary)
    issued_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    cleared_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    reminded: Mapped[int] = mapped_column(default=0)
    late: Mapped[bool] = mapped_column(default=False)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    due_at: Mapped[datetime]
    issued_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]


def add(
    session: Session,
    topic: str,
    key_id: str,
    area_id: int,
    demand: str,
    issued_by: int,
    due_at: datetime,
    next_at: datetime,
    now: datetime,
) -> Supervision:
    """Issue a letter; its words are sealed under the record's key."""
    row = Supervision(
        topic=topic,
        key_id=key_id,
        area_id=area_id,
        state=SupervisionState.ACTIVE,
        demand=keys.seal(session, key_id, "supervisions.demand", demand),
        issued_by=issued_by,
        due_at=due_at,
        next_at=next_at,
        issued_at=now,
    )
    session.add(row)
    session.flush()
    return row


def active(session: Session, topic: str) -> Supervision | None:
    """The letter in force about a record."""
    in_force = Supervision.topic == topic, Supervision.state == SupervisionState.ACTIVE
    return session.scalar(select(Supervision).where(*in_force))


def of(session: Session, topic: str) -> Supervision | None:
    """The latest letter about a record, in force or not."""
    return session.scalar(
        select(Supervision).where(Supervision.topic == topic).order_by(Supervision.id.desc()).limit(1)
    )


def demand_of(session: Session, row: Supervision) -> str:
    """What is demanded."""
    return keys.open_text(session, row.key_id, "supervisions.demand", row.demand)


def clear(session: Session, row: Supervision, conclusion: str, by: int, now: datetime) -> None:
    """Clear a letter with what was found."""
    row.state, row.cleared_by, row.cleared_at, row.next_at = SupervisionState.CLEARED, by, now, None
    row.conclusion = keys.seal(session, row.key_id, "supervisions.conclusion", conclusion)
    session.flush()


def drop(session: Session, row: Supervision, now: datetime) -> None:
    """The record a letter is about has been erased: nobody is reminded any more."""
    row.state, row.cleared_at, row.next_at = SupervisionState.CLEARED, now, None
    session.flush()


def reminded(session: Session, row: Supervision, next_at: datetime, *, late: bool) -> int:
    """Note a reminder and when the next is due; how many there have been."""
    row.reminded, row.next_at, row.late = row.reminded + 1, next_at, late
    session.flush()
    return row.reminded


due = states.Due(Supervision)
"""Letters about which somebody is to be reminded now."""
