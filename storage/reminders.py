"""Reminders (提醒): rows with `next_at`; a tick claims what is due, and the outbox key names the occurrence."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import codes, keys
from storage.database import Base
from storage.purposes import Purpose

LETTER = "提"


class ReminderState(StrEnum):
    """Whether it will ring again."""

    ACTIVE = "active"
    DONE = "done"
    CANCELLED = "cancelled"


class Reminder(Base):
    """A reminder; `repeat` is a calendar rule or None, `fired` how often it rang."""

    __tablename__ = "reminders"
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[int] = mapped_column(unique=True)
    purpose: Mapped[Purpose]
    owner_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    text: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[ReminderState] = mapped_column(index=True)
    repeat: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    fired: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    @property
    def code(self) -> str:
        """The code people say, 提9."""
        return f"{LETTER}{self.number}"


def add(
    session: Session,
    purpose: Purpose,
    owner_id: int,
    chat_id: int,
    text: str,
    next_at: datetime,
    now: datetime,
    *,
    expires_at: datetime,
    repeat: dict[str, Any] | None = None,
) -> Reminder:
    """Set a reminder."""
    key_id = keys.new(session, now)
    reminder = Reminder(
        key_id=key_id,
        number=codes.next_number(session, LETTER),
        purpose=purpose,
        owner_id=owner_id,
        chat_id=chat_id,
        text=keys.seal(session, key_id, "reminders.text", text),
        state=ReminderState.ACTIVE,
        repeat=repeat,
        next_at=next_at,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(reminder)
    session.flush()
    return reminder


def numbered(session: Session, number: int) -> Reminder | None:
    """The reminder of this code."""
    return session.scalar(select(Reminder).where(Reminder.number == number))


def text_of(session: Session, reminder: Reminder) -> str:
    """What to be reminded of."""
    return keys.open_text(session, reminder.key_id, "reminders.text", reminder.text)


def set_text(session: Session, reminder: Reminder, text: str) -> None:
    """Change what to be reminded of."""
    reminder.text = keys.seal(session, reminder.key_id, "reminders.text", text)
    session.flush()


def owned_by(session: Session, person_id: int, most: int = 20) -> Sequence[Reminder]:
    """A person's active reminders, the next first."""
    return session.scalars(
        select(Reminder)
        .where(Reminder.owner_id == person_id, Reminder.state == ReminderState.ACTIVE)
        .order_by(Reminder.next_at)
        .limit(most)
    ).all()


def due(session: Session, now: datetime, most: int = 50) -> Sequence[Reminder]:
    """Reminders to ring now; locked where the database can."""
    return session.scalars(
        select(Reminder)
        .where(Reminder.state == ReminderState.ACTIVE, Reminder.next_at <= now)
        .order_by(Reminder.next_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
