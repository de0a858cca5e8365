"""Awaited files (等着读的表格): on their way to being read once for somebody's list; they are never kept."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base


class Use(StrEnum):
    """What a file is read as: a worker's doors (门牌), or figures the program cannot know (外来数)."""

    DOORS = "doors"
    FIGURES = "figures"


class AwaitedFile(Base):
    """A file somebody sent to have it read; it goes as soon as it was."""

    __tablename__ = "awaited_files"
    id: Mapped[int] = mapped_column(primary_key=True)
    medium_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    use: Mapped[Use]
    created_at: Mapped[datetime]


def expect(session: Session, use: Use, person_id: int, medium_id: int, now: datetime) -> None:
    """Read this file for somebody once it is here."""
    session.add(AwaitedFile(medium_id=medium_id, person_id=person_id, use=use, created_at=now))
    session.flush()


def of(session: Session, medium_id: int) -> AwaitedFile | None:
    """What this medium is awaited as; None where nobody awaits it."""
    return session.scalar(select(AwaitedFile).where(AwaitedFile.medium_id == medium_id))


def drop(session: Session, row: AwaitedFile) -> None:
    """It was read."""
    session.delete(row)
    session.flush()


def forget(session: Session, person_id: int) -> None:
    """Somebody leaves: nothing is read for them any more."""
    session.execute(delete(AwaitedFile).where(AwaitedFile.person_id == person_id))
