"""Holds (保留): a record that must not be erased for a while, by whom and why; it ends by itself."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, String, bindparam, cast, exists, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from storage import keys, states
from storage.database import Base


class Hold(Base):
    """A hold on a record (`incident:12`); its reason is sealed under a key of its own, which goes with it."""

    __tablename__ = "holds"
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    topic: Mapped[str] = mapped_column(String(32), index=True)
    code: Mapped[str] = mapped_column(String(16))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    placed_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def add(
    session: Session,
    topic: str,
    code: str,
    area_id: int,
    reason: str,
    placed_by: int,
    now: datetime,
    *,
    next_at: datetime,
    ends_at: datetime,
) -> Hold:
    """Place a hold until `ends_at`; at `next_at` whoever placed it is reminded."""
    key_id = keys.new(session, now)
    hold = Hold(
        key_id=key_id,
        topic=topic,
        code=code,
        area_id=area_id,
        reason=keys.seal(session, key_id, "holds.reason", reason),
        placed_by=placed_by,
        created_at=now,
        next_at=next_at,
        ends_at=ends_at,
    )
    session.add(hold)
    session.flush()
    return hold


def of_topic(session: Session, topic: str) -> Hold | None:
    """The hold that stands on a record."""
    standing = select(Hold).where(Hold.topic == topic, Hold.ended_at.is_(None))
    return session.scalars(standing.order_by(Hold.id.desc()).limit(1)).first()


def standing(session: Session) -> Sequence[Hold]:
    """Every hold that stands, the next to end first."""
    return session.scalars(select(Hold).where(Hold.ended_at.is_(None)).order_by(Hold.ends_at, Hold.id)).all()


_ANY_DUE = states.AnyRow(Hold.id, Hold.ended_at.is_(None), Hold.next_at <= bindparam("now"))


def any_due(session: Session, now: datetime) -> bool:
    """Whether `due` would find one; nothing is locked."""
    return _ANY_DUE(session, now=now)


def due(session: Session, now: datetime, most: int = 50) -> Sequence[Hold]:
    """Holds of which somebody is to be reminded now, or which end; locked where the database can."""
    waiting = Hold.ended_at.is_(None), Hold.next_at <= now
    return session.scalars(
        select(Hold).where(*waiting).order_by(Hold.id).limit(most).with_for_update(skip_locked=True)
    ).all()


def reason_of(session: Session, hold: Hold) -> str:
    """Why it was placed; empty once it has ended."""
    return keys.open_text(session, hold.key_id, "holds.reason", hold.reason)


def end(session: Session, hold: Hold, now: datetime) -> None:
    """Let a record go its way again; the reason is erased, that there was a hold stays."""
    keys.erase(session, hold.key_id)
    hold.reason, hold.next_at, hold.ended_at = None, None, now
    session.flush()


def is_on(kind: str, record_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether a hold stands on the row of this statement: `kind` as in topics, and its id's column."""
    topic = literal(f"{kind}:").concat(cast(record_id, String))
    return exists().where(Hold.topic == topic, Hold.ended_at.is_(None))
