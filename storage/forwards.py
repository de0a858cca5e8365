"""Forwards (人工转发): what a person was asked to pass on, or to take back, by hand, and what they say became of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, bindparam, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import states
from storage.copies import Copy, CopyState
from storage.database import Base, affected


class Purpose(StrEnum):
    """What was asked for."""

    PASS_ON = "pass_on"  # noqa: S105 - no password
    TAKE_BACK = "take_back"


class ForwardState(StrEnum):
    """How it stands: asked, done, refused (cannot), silent (no answer in time), called off (not needed any more)."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"
    SILENT = "silent"
    CALLED_OFF = "called_off"


ANSWERABLE = (ForwardState.ASKED, ForwardState.SILENT)
"""An answer may come late; nobody waits for it any more, but it counts."""


class Forward(Base):
    """One thing asked of one person for one chat.

    `person_id` is None where the platform itself asks its member. `copy_id` is the copy it is about, `outbox_id` the
    call that asked and `platform_id` what the platform calls that; `next_at` is when the clock looks again, `reminded`
    how often it reminded.
    """

    __tablename__ = "forwards"
    __table_args__ = (Index("ix_forwards_person", "person_id", "state"), Index("ix_forwards_next", "state", "next_at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[int] = mapped_column(index=True)
    platform_id: Mapped[str | None] = mapped_column(String(64))
    copy_id: Mapped[int] = mapped_column(ForeignKey("copies.id"), index=True)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    delivery_id: Mapped[int | None] = mapped_column(index=True)
    change_id: Mapped[int | None] = mapped_column(index=True)
    purpose: Mapped[Purpose]
    state: Mapped[ForwardState] = mapped_column(default=ForwardState.ASKED)
    reminded: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def add(
    session: Session,
    copy: Copy,
    outbox_id: int,
    purpose: Purpose,
    person_id: int | None,
    now: datetime,
    *,
    next_at: datetime | None,
    platform_id: str | None = None,
    delivery_id: int | None = None,
    change_id: int | None = None,
) -> Forward:
    """Note that somebody was asked."""
    one = Forward(
        outbox_id=outbox_id,
        platform_id=platform_id,
        copy_id=copy.id,
        chat_id=copy.chat_id,
        person_id=person_id,
        delivery_id=delivery_id,
        change_id=change_id,
        purpose=purpose,
        next_at=next_at,
        asked_at=now,
    )
    session.add(one)
    session.flush()
    return one


def find(session: Session, forward_id: int) -> Forward | None:
    """The forward of this id."""
    return session.get(Forward, forward_id)


def open_of(session: Session, person_id: int, purpose: Purpose | None = None) -> Sequence[Forward]:
    """What this person has been asked for and has not answered, oldest first."""
    asked = select(Forward).where(Forward.person_id == person_id, Forward.state == ForwardState.ASKED)
    if purpose is not None:
        asked = asked.where(Forward.purpose == purpose)
    return session.scalars(asked.order_by(Forward.id)).all()


def at(session: Session, chat_id: int, platform_id: str) -> Forward | None:
    """The forward a platform knows by this id."""
    found = select(Forward).where(Forward.chat_id == chat_id, Forward.platform_id == platform_id)
    return session.scalar(found.order_by(Forward.id.desc()).limit(1))


def ids_of_copy(session: Session, copy_id: int) -> Sequence[int]:
    """All that was ever asked about a copy."""
    return session.scalars(select(Forward.id).where(Forward.copy_id == copy_id)).all()


def end(session: Session, one: Forward, state: ForwardState, now: datetime) -> bool:
    """Note how it ended; False where it had ended before."""
    ended = session.execute(
        update(Forward)
        .where(Forward.id == one.id, Forward.state.in_(ANSWERABLE))
        .values(state=state, ended_at=now, next_at=None),
        execution_options={"synchronize_session": False},
    )
    session.refresh(one)
    return bool(affected(ended))


def reopen(session: Session, one: Forward) -> None:
    """Somebody said by mistake that it was done: it is asked for once more, without a clock."""
    one.state, one.ended_at, one.next_at = ForwardState.ASKED, None, None
    session.flush()


def give_up(session: Session, one: Forward, now: datetime) -> None:
    """Somebody said by mistake that it was done, and by now it must not be."""
    one.state, one.ended_at, one.next_at = ForwardState.CALLED_OFF, now, None
    session.flush()


def due(session: Session, now: datetime, most: int = 50) -> Sequence[Forward]:
    """What the clock has to look at, oldest first; locked where the database can."""
    return session.scalars(
        select(Forward)
        .where(Forward.state == ForwardState.ASKED, Forward.next_at <= now)
        .order_by(Forward.next_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


_ANY_DUE = states.AnyRow(Forward.id, Forward.state == ForwardState.ASKED, Forward.next_at <= bindparam("now"))


def any_due(session: Session, now: datetime) -> bool:
    """Whether `due` would find one; nothing is locked."""
    return _ANY_DUE(session, now=now)


def asked_for_change(session: Session, change_id: int) -> int:
    """How many people have not answered yet about taking a record's copies back."""
    asked = select(func.count()).where(Forward.change_id == change_id, Forward.state == ForwardState.ASKED)
    return session.scalar(asked) or 0


def copies_awaited(session: Session, change_id: int) -> int:
    """How many copies the people asked have not answered for: each for all of the record's that stand in a chat."""
    asked = select(Forward.chat_id, Copy.topic).join(Copy, Copy.id == Forward.copy_id)
    asked = asked.where(Forward.change_id == change_id, Forward.state == ForwardState.ASKED)
    there = asked.distinct().subquery()
    standing = (
        select(func.count())
        .select_from(Copy)
        .join(there, (there.c.chat_id == Copy.chat_id) & (there.c.topic == Copy.topic))
        .where(Copy.state == CopyState.LIVE)
    )
    return session.scalar(standing) or 0


def call_off(
    session: Session, copy_id: int, now: datetime, states: Sequence[ForwardState] = (ForwardState.ASKED,)
) -> bool:
    """Passing a copy on is not needed any more; whether somebody's answer was still waited for, or taken."""
    ended = session.execute(
        update(Forward)
        .where(Forward.copy_id == copy_id, Forward.purpose == Purpose.PASS_ON, Forward.state.in_(states))
        .values(state=ForwardState.CALLED_OFF, ended_at=now, next_at=None),
        execution_options={"synchronize_session": False},
    )
    return bool(affected(ended))
