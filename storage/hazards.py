"""Hazards' days (限期): by when a hazard is to be mended, how often it was checked, and of which sort it is.

The hazard itself is an incident; what was said of it stands there, sealed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import states
from storage.database import Base
from storage.incidents import Incident
from storage.prepared import Prepared

REST = timedelta(days=1)


class Premises(StrEnum):
    """The nine sorts of small premises (九小场所); a closed list."""

    SCHOOL = "小学校"
    CLINIC = "小医院"
    SHOP = "小商店"
    EATERY = "小餐饮"
    INN = "小旅馆"
    LEISURE = "小歌舞娱乐"
    NET = "小网吧"
    BATH = "小美容洗浴"
    WORKSHOP = "小生产加工"


class Fault(StrEnum):
    """What is wrong there (消防); a closed list."""

    EXIT = "安全出口锁闭"
    WAY = "疏散通道堵塞"
    EXTINGUISHER = "灭火器缺失过期"
    WIRING = "电线私拉乱接"
    CHARGING = "电动车违规充电"
    GAS = "用气不规范"
    SLEEPING = "违规住人"
    PILE = "易燃物堆放"
    OTHER = "其他"


class Hazard(Base):
    """The day of one hazard; at `next_at` whoever mends it is reminded, or it is told that the day has passed.

    `until` is the day as people read it, `told` counts what was said since it was set, `checks` how often it did not
    pass; `before_at` is the day that counted before the last check. `after` are the ids of photos taken when it was
    checked; all others are from before.
    """

    __tablename__ = "hazards"
    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"), unique=True)
    premises: Mapped[str | None] = mapped_column(String(16))
    fault: Mapped[str | None] = mapped_column(String(16))
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    before_at: Mapped[datetime | None]
    until: Mapped[str] = mapped_column(String(40), default="")
    told: Mapped[int] = mapped_column(default=0)
    checks: Mapped[int] = mapped_column(default=0)
    after: Mapped[list[int]] = mapped_column(JSON, default=list)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]


def of(session: Session, incident: Incident) -> Hazard | None:
    """What is kept of a hazard's day; locked where the database can."""
    return session.scalar(select(Hazard).where(Hazard.incident_id == incident.id).with_for_update())


def until(session: Session, incident: Incident) -> str:
    """By when a hazard is to be mended, as people read it; empty where no day is set."""
    return _UNTIL.scalar(session, incident=incident.id) or ""


_UNTIL = Prepared(select(Hazard.until).where(Hazard.incident_id == bindparam("incident")))


def begun(session: Session, incident: Incident, now: datetime) -> Hazard:
    """What is kept of a hazard's day, made where there is nothing yet."""
    found = of(session, incident)
    if found is None:
        found = Hazard(incident_id=incident.id, after=[], created_at=now)
        session.add(found)
        session.flush()
    return found


def sort(session: Session, incident: Incident, premises: Premises, fault: Fault, now: datetime) -> Hazard:
    """Note of which sort a hazard is."""
    row = begun(session, incident, now)
    row.premises, row.fault = premises, fault
    session.flush()
    return row


def set_day(session: Session, row: Hazard, due_at: datetime | None, until: str, next_at: datetime | None) -> None:
    """Set the day by which it is to be mended, or none; `until` as people read it."""
    row.before_at, row.due_at, row.until, row.next_at, row.told = row.due_at, due_at, until, next_at, 0
    session.flush()


def told(session: Session, row: Hazard, next_at: datetime | None) -> int:
    """Note that something was said of its day; how often that was."""
    row.told, row.next_at = row.told + 1, next_at
    session.flush()
    return row.told


def add_after(session: Session, row: Hazard, media: Sequence[int]) -> None:
    """Note photos taken when it was checked."""
    row.after = [*row.after, *media]
    session.flush()


def anew(session: Session, incident: Incident, now: datetime) -> None:
    """A hazard was opened again: its day counts once more; of one gone by it is told a day later."""
    row = of(session, incident)
    if row is not None and row.due_at is not None:
        row.next_at = max(row.due_at, now + REST)
        session.flush()


def incident_of(session: Session, row: Hazard) -> Incident:
    """The incident it is about."""
    return session.get_one(Incident, row.incident_id)


due = states.Due(Hazard)
"""Hazards of whose day something is to be said now."""
