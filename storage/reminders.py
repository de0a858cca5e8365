"""Reminders (提醒): rows with `next_at`; a tick claims what is due, and the outbox key names the occurrence."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import codes, keys, notices, states
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
    notice_version: Mapped[int]
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
        notice_version=notices.VERSION,
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


_ANY_DUE = states.AnyRow(Reminder.id, Reminder.state == ReminderState.ACTIVE, Reminder.next_at <= bindparam("now"))


def any_due(session: Session, now: datetime) -> bool:
    """Whether `due` would find one; nothing is locked."""
    return _ANY_DUE(session, now=now)


def count_active(session: Session, person_id: int) -> int:
    """How many reminders of a person will ring."""
    query = select(func.count()).where(Reminder.owner_id == person_id, Reminder.state == ReminderState.ACTIVE)
    return session.scalar(query) or 0


def ring_at(
    session: Session, reminder: Reminder, next_at: datetime, repeat: dict[str, Any] | None, expires_at: datetime
) -> None:
    """Let it ring at that moment, as often as `repeat` says."""
    reminder.state, reminder.next_at, reminder.repeat = ReminderState.ACTIVE, next_at, repeat
    reminder.expires_at = expires_at
    session.flush()


def rang(session: Session, reminder: Reminder, next_at: datetime | None, expires_at: datetime) -> int:
    """Note that it rings; how often that makes. Without a next moment it is done."""
    reminder.fired, reminder.next_at, reminder.expires_at = reminder.fired + 1, next_at, expires_at
    if next_at is None:
        reminder.state = ReminderState.DONE
    session.flush()
    return reminder.fired


def end(session: Session, reminder: Reminder, state: ReminderState, expires_at: datetime) -> None:
    """Let it ring no more; its words are kept until `expires_at`."""
    reminder.state, reminder.next_at, reminder.expires_at = state, None, expires_at
    session.flush()


def forget(session: Session, reminder: Reminder) -> None:
    """Erase what it said; number and state stay."""
    keys.erase(session, reminder.key_id)
    reminder.text, reminder.next_at = b"", None
    if reminder.state is ReminderState.ACTIVE:
        reminder.state = ReminderState.CANCELLED
    session.flush()


def of_person(session: Session, person_id: int) -> Sequence[Reminder]:
    """Every reminder of a person whose words are still kept."""
    return session.scalars(select(Reminder).where(Reminder.owner_id == person_id, Reminder.text != b"")).all()


def expired(session: Session, now: datetime, most: int = 50) -> Sequence[Reminder]:
    """Reminders whose words have been kept long enough; locked where the database can."""
    return session.scalars(
        select(Reminder)
        .where(Reminder.expires_at <= now, Reminder.text != b"")
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def give_up(session: Session, reminder: Reminder) -> None:
    """Cancel one that cannot be rung."""
    reminder.state, reminder.next_at = ReminderState.CANCELLED, None
    session.flush()
