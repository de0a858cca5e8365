"""Sources (来处): which record a platform message became, so that its edits, albums and answers find it.

Only a digest of the message is kept: the database alone does not tell which chat a record came from.
"""

from datetime import datetime

from sqlalchemy import String, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import sealing
from storage.database import Base, affected, insert_once
from storage.prepared import Prepared


class Source(Base):
    """A message (or album) and the record it became (`incident:12`)."""

    __tablename__ = "sources"
    id: Mapped[int] = mapped_column(primary_key=True)
    message_digest: Mapped[str] = mapped_column(String(32), unique=True)
    topic: Mapped[str] = mapped_column(String(32), index=True)
    created_at: Mapped[datetime]


_TOPIC = Prepared(select(Source.topic).where(Source.message_digest == bindparam("wanted")))


def note(session: Session, message: str, topic: str, now: datetime) -> None:
    """Remember that this message (account, chat and id in one string) became that record."""
    wanted = sealing.digest(session, "sources.message", message)
    insert_once(session, Source, {"message_digest": wanted, "topic": topic, "created_at": now})


def topic_of(session: Session, message: str) -> str | None:
    """The record a message became."""
    wanted = sealing.digest(session, "sources.message", message)
    topic: str | None = _TOPIC.scalar(session, wanted=wanted)
    return topic


def drop_before(session: Session, before: datetime) -> int:
    """Forget messages older than that moment; how many."""
    return affected(session.execute(delete(Source).where(Source.created_at < before)))
