"""Floods (消息过多): one entry for what a person or a group said beyond their limit: the first few and a count.

Open while messages go on being folded; who it is about is a digest, or the group's own queue.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import JSON, String, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import states
from storage.database import Base, affected, insert_once


class Flood(Base):
    """One flood; `first` are the platform keys of messages kept whole, `open` is True or, once it is over, None."""

    __tablename__ = "floods"
    __table_args__ = (UniqueConstraint("name", "open"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(160))
    open: Mapped[bool | None] = mapped_column(default=True, index=True)
    account: Mapped[str] = mapped_column(String(32))
    chat: Mapped[str] = mapped_column(String(128))
    thread: Mapped[str] = mapped_column(String(32), default="")
    count: Mapped[int] = mapped_column(default=0)
    first: Mapped[list[str]] = mapped_column(JSON, default=list)
    began_at: Mapped[datetime]
    last_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


def fold(
    session: Session,
    name: str,
    keys: Sequence[str],
    now: datetime,
    *,
    account: str,
    chat: str,
    thread: str,
    whole: int,
) -> set[str]:
    """Count messages (platform keys) into the open flood of that name, or a new one that began in this chat.

    Returns those to be kept whole: the first `whole` of the flood.
    """
    values = {"account": account, "chat": chat, "thread": thread, "count": 0, "first": [], "last_at": now}
    insert_once(session, Flood, {"name": name, "open": True, "began_at": now, **values})
    flood = session.scalars(select(Flood).where(Flood.name == name, Flood.open.is_(True)).with_for_update()).one()
    kept = list(keys[: max(whole - len(flood.first), 0)])
    flood.count, flood.first, flood.last_at = flood.count + len(keys), [*flood.first, *kept], now
    session.flush()
    return set(kept)


_ANY_OPEN = states.AnyRow(Flood.id, Flood.open.is_(True))


def any_due(session: Session, began: datetime, last: datetime, whole: int) -> bool:
    """Whether `to_tell` or `end` would find something; looks only."""
    if not _ANY_OPEN(session):
        return False
    for flood in session.scalars(select(Flood).where(Flood.open.is_(True))):
        if flood.last_at <= last or (flood.told_at is None and (flood.began_at <= began or len(flood.first) >= whole)):
            return True
    return False


def to_tell(session: Session, began: datetime, whole: int) -> list[Flood]:
    """Open floods nobody was answered about that have their first messages, or began by that moment."""
    rows = session.scalars(
        select(Flood)
        .where(Flood.open.is_(True), Flood.told_at.is_(None))
        .order_by(Flood.id)
        .with_for_update(skip_locked=True)
    )
    return [flood for flood in rows if flood.began_at <= began or len(flood.first) >= whole]


def end(session: Session, last: datetime) -> int:
    """End floods into which nothing was folded since that moment; how many."""
    return affected(session.execute(update(Flood).where(Flood.open.is_(True), Flood.last_at <= last).values(open=None)))


def drop_before(session: Session, before: datetime) -> int:
    """Forget floods that were over before that moment; how many."""
    gone = session.execute(delete(Flood).where(Flood.open.is_(None), Flood.last_at < before))
    return affected(gone)
