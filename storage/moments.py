"""Moments (三个第一时间): when a record was first attended to, when things were calm, when people were called back."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, insert_once
from storage.prepared import Prepared


class Clock(StrEnum):
    """介入, 平息, 回访; the values are the columns."""

    RESPONDED = "responded_at"
    CALMED = "calmed_at"
    CALLED = "called_at"


class Moments(Base):
    """The three moments of one record, by its topic; None until they have come."""

    __tablename__ = "moments"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(32), unique=True)
    responded_at: Mapped[datetime | None]
    calmed_at: Mapped[datetime | None]
    called_at: Mapped[datetime | None]


_OF = Prepared(select(Moments.__table__).where(Moments.topic == bindparam("about")))
_SET = {
    clock: Prepared(
        update(Moments)
        .where(Moments.topic == bindparam("about"), Moments.__table__.c[clock.value].is_(None))
        .values({clock.value: bindparam("moment")})
    )
    for clock in Clock
}
_ANEW = Prepared(update(Moments).where(Moments.topic == bindparam("about")).values(calmed_at=None, called_at=None))


def note(session: Session, topic: str, clock: Clock, now: datetime) -> None:
    """Note the moment, unless it came before."""
    if insert_once(session, Moments, {"topic": topic, clock.value: now}) is None:
        _SET[clock].run(session, about=topic, moment=now)


def anew(session: Session, topic: str) -> None:
    """A record was opened again: it is neither calm nor called back; the first response stays the first."""
    _ANEW.run(session, about=topic)


def of(session: Session, topic: str) -> Moments | None:
    """The moments of a record, None where none has come."""
    return _OF.entity(session, Moments, about=topic)


def of_each(session: Session, topics: Sequence[str]) -> dict[str, Moments]:
    """The moments of several records by topic, as far as any has come."""
    if not topics:
        return {}
    return {row.topic: row for row in session.scalars(select(Moments).where(Moments.topic.in_(topics)))}
