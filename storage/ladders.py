"""Ladders (升级阶梯): one a record, by its topic; at which rung it stands and what its clock has used."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import states
from storage.database import Base


class LadderRow(Base):
    """Where a record stands; `used` (microseconds) of `span` had passed at `since`; `ended` once it climbs no more."""

    __tablename__ = "ladders"
    __table_args__ = (Index("ix_ladders_next_at", "next_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(32), unique=True)
    rung: Mapped[str] = mapped_column(String(12))
    span: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime]
    used: Mapped[int] = mapped_column(BigInteger, default=0)
    stopped: Mapped[bool] = mapped_column(default=False)
    resumes_at: Mapped[datetime | None]
    over: Mapped[bool] = mapped_column(default=False)
    ended: Mapped[bool] = mapped_column(default=False)
    climbs: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]


def of(session: Session, topic: str) -> LadderRow | None:
    """The ladder of a record."""
    return session.scalar(select(LadderRow).where(LadderRow.topic == topic))


def keep(session: Session, row: LadderRow) -> LadderRow:
    """Keep a ladder, new or changed."""
    session.add(row)
    session.flush()
    return row


due = states.Due(LadderRow)
"""Ladders on which something happens now."""
