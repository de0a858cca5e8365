"""Tries (尝试): how often somebody got something wrong lately, so that a short code cannot be guessed."""

from datetime import datetime, timedelta

from sqlalchemy import String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import sealing
from storage.database import Base, affected, insert_once


class Try(Base):
    """Wrong tries since `since`; who tried is kept only as a digest."""

    __tablename__ = "tries"
    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(String(32), unique=True)
    count: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime]


def wrong(session: Session, what: str, who: str, now: datetime, within: timedelta) -> int:
    """Note a wrong try; how many that makes `within` the span from the first."""
    digest = sealing.digest(session, f"tries.{what}", who)
    insert_once(session, Try, {"who": digest, "count": 0, "since": now})
    session.execute(update(Try).where(Try.who == digest, Try.since <= now - within).values(count=0, since=now))
    count = session.scalar(update(Try).where(Try.who == digest).values(count=Try.count + 1).returning(Try.count))
    return count or 0


def count(session: Session, what: str, who: str, now: datetime, within: timedelta) -> int:
    """Wrong tries `within` the span."""
    digest = sealing.digest(session, f"tries.{what}", who)
    return session.scalar(select(Try.count).where(Try.who == digest, Try.since > now - within)) or 0


def drop_before(session: Session, before: datetime) -> int:
    """Forget tries that began before that moment; how many."""
    return affected(session.execute(delete(Try).where(Try.since < before)))
