"""Alarms (告警): which troubles the administrators were told of, so that no restart repeats one; and a heartbeat."""

from datetime import datetime

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, affected, insert_once

HEARTBEAT = "heartbeat"


class Alarm(Base):
    """A trouble by its name; `number` counts how often it began, `over_at` is None while it lasts."""

    __tablename__ = "alarms"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    number: Mapped[int] = mapped_column(default=0)
    began_at: Mapped[datetime]
    over_at: Mapped[datetime | None]


def lasting(session: Session) -> dict[str, Alarm]:
    """Troubles that were told and are not over, by name."""
    rows = session.scalars(select(Alarm).where(Alarm.over_at.is_(None), Alarm.name != HEARTBEAT))
    return {row.name: row for row in rows}


def named(session: Session, name: str) -> Alarm | None:
    """The last trouble of this name, over or not."""
    return session.scalar(select(Alarm).where(Alarm.name == name))


def begin(session: Session, name: str, began_at: datetime, now: datetime) -> int | None:
    """Note that a trouble is told; its number, None where another process told it."""
    insert_once(session, Alarm, {"name": name, "number": 0, "began_at": began_at, "over_at": now})
    return session.scalar(
        update(Alarm)
        .where(Alarm.name == name, Alarm.over_at.is_not(None))
        .values(number=Alarm.number + 1, began_at=began_at, over_at=None)
        .returning(Alarm.number)
    )


def end(session: Session, name: str, now: datetime) -> bool:
    """Note that a trouble is over; False where another process did."""
    ended = session.execute(update(Alarm).where(Alarm.name == name, Alarm.over_at.is_(None)).values(over_at=now))
    return bool(affected(ended))


def note_done(session: Session, name: str, now: datetime, before: datetime) -> bool:
    """Note that something done now and then is done now; False where it was done since `before`."""
    if insert_once(session, Alarm, {"name": name, "number": 0, "began_at": now, "over_at": now}) is not None:
        return True
    later = update(Alarm).where(Alarm.name == name, Alarm.began_at <= before)
    return bool(affected(session.execute(later.values(began_at=now, over_at=now))))


def beat(session: Session, now: datetime) -> None:
    """Write the smallest thing there is, to know that the database takes it."""
    if insert_once(session, Alarm, {"name": HEARTBEAT, "number": 0, "began_at": now}) is None:
        session.execute(update(Alarm).where(Alarm.name == HEARTBEAT).values(began_at=now))
