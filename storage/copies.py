"""The copy ledger (副本台账): one row for every message a platform has taken from us, so that it can be taken back."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import prepared
from storage.database import Base
from storage.prepared import Prepared


class CopyKind(StrEnum):
    """What a copy is, because a caption and a text are edited in different ways."""

    TEXT = "text"
    PHOTO = "photo"
    VIDEO = "video"
    FILE = "file"


class CopyState(StrEnum):
    """What became of a copy; NEVER is one that nobody passed on after all, SIMULATED a drill's, which never was."""

    LIVE = "live"
    CLOSED = "closed"
    DELETED = "deleted"
    CORRECTED = "corrected"
    LOST = "lost"
    NEVER = "never"
    SIMULATED = "simulated"


class Hand(StrEnum):
    """A copy a person passes on by hand (人工): they were asked to, or they say that they did."""

    ASKED = "asked"
    DONE = "done"


class Copy(Base):
    """A copy sent into a chat; `platform_id` is the platform's message id, `topic` the record it shows.

    `blank` says that its picture was taken off and may come back.
    """

    __tablename__ = "copies"
    __table_args__ = (
        Index("ix_copies_platform", "chat_id", "platform_id"),
        Index("ix_copies_slot", "chat_id", "slot"),
        # How far a notice reached is counted from here: its thousands of copies lie far apart.
        Index("ix_copies_topic", "topic", "state", "hand", "chat_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[int] = mapped_column(index=True)
    account: Mapped[str] = mapped_column(String(32))
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    topic: Mapped[str | None] = mapped_column(String(32))
    slot: Mapped[str | None] = mapped_column(String(48))
    revision: Mapped[int] = mapped_column(default=1)
    change_id: Mapped[int] = mapped_column(default=0)
    kind: Mapped[CopyKind]
    platform_id: Mapped[str | None] = mapped_column(String(64))
    hand: Mapped[Hand | None]
    blank: Mapped[bool | None]
    state: Mapped[CopyState] = mapped_column(default=CopyState.LIVE)
    sent_at: Mapped[datetime]
    changed_at: Mapped[datetime]


_ADD = Prepared.insert(
    Copy,
    (
        "outbox_id",
        "account",
        "chat_id",
        "topic",
        "slot",
        "revision",
        "change_id",
        "kind",
        "platform_id",
        "hand",
        "state",
        "sent_at",
        "changed_at",
    ),
)


def add(
    session: Session,
    outbox_id: int,
    account: str,
    chat_id: int,
    kind: CopyKind,
    platform_id: str | None,
    now: datetime,
    *,
    topic: str | None = None,
    slot: str | None = None,
    revision: int = 1,
    hand: Hand | None = None,
    change_id: int = 0,
) -> int:
    """Note a copy and give its id; `platform_id` None is one whose arrival nobody can confirm.

    `hand` is given where a person has to pass it on, `change_id` where a change made it: it is done with this copy.
    """
    copy_id: int = _ADD.scalar(
        session,
        outbox_id=outbox_id,
        account=account,
        chat_id=chat_id,
        topic=topic,
        slot=slot,
        revision=revision,
        change_id=change_id,
        kind=kind,
        platform_id=platform_id,
        hand=hand,
        state=CopyState.LIVE,
        sent_at=now,
        changed_at=now,
    )
    return copy_id


def simulate(session: Session, outbox_id: int, account: str, chat_id: int, topic: str, now: datetime) -> None:
    """Note what a drill would have sent to residents; one for each chat and record, however often."""
    same = Copy.chat_id == chat_id, Copy.topic == topic, Copy.state == CopyState.SIMULATED
    if session.scalar(select(Copy.id).where(*same).limit(1)) is None:
        copy_id = add(session, outbox_id, account, chat_id, CopyKind.TEXT, None, now, topic=topic)
        mark(session, copy_id, CopyState.SIMULATED, now)


def get(session: Session, copy_id: int) -> Copy:
    """The copy with this id."""
    return prepared.get_one(session, Copy, copy_id)


def of_call(session: Session, outbox_id: int) -> Sequence[Copy]:
    """The copies a call left, in their order."""
    return session.scalars(select(Copy).where(Copy.outbox_id == outbox_id).order_by(Copy.id)).all()


def topic_at(session: Session, chat_id: int, platform_id: str) -> str | None:
    """Which record the message somebody answers to is about."""
    return session.scalar(select(Copy.topic).where(Copy.chat_id == chat_id, Copy.platform_id == platform_id))


def of_topic(session: Session, topic: str, states: Sequence[CopyState] = (CopyState.LIVE,)) -> Sequence[Copy]:
    """The copies of a record in these states, oldest first."""
    return session.scalars(
        select(Copy).where(Copy.topic == topic, Copy.state.in_(list(states))).order_by(Copy.id)
    ).all()


def in_slots(session: Session, topic: str, slots: Sequence[str]) -> Sequence[Copy]:
    """The copies of a record that stand under these slots, oldest first."""
    found = select(Copy).where(Copy.topic == topic, Copy.slot.in_(list(slots)), Copy.state == CopyState.LIVE)
    return session.scalars(found.order_by(Copy.id)).all()


def mark(session: Session, copy_id: int, state: CopyState, now: datetime) -> None:
    """Note what became of a copy."""
    copy = prepared.get_one(session, Copy, copy_id)
    copy.state, copy.changed_at = state, now
    session.flush()


def set_hand(session: Session, copy_id: int, hand: Hand) -> None:
    """Note how a copy stands that a person passes on."""
    prepared.get_one(session, Copy, copy_id).hand = hand
    session.flush()


def note_blank(session: Session, copy_id: int, blank: bool) -> None:
    """Note whether a copy's picture is off it now."""
    prepared.get_one(session, Copy, copy_id).blank = blank
    session.flush()


def mark_gone(session: Session, copy_id: int, now: datetime) -> None:
    """The platform took a copy away, be it out of the hands of a person who had not passed it on yet."""
    copy = prepared.get_one(session, Copy, copy_id)
    copy.state, copy.hand, copy.changed_at = CopyState.DELETED, None, now
    session.flush()


def leave_slot(session: Session, copy_id: int) -> None:
    """A copy stands but is not the message of its slot any more."""
    prepared.get_one(session, Copy, copy_id).slot = None
    session.flush()


def with_it(session: Session, copy: Copy) -> Sequence[Copy]:
    """This copy and all others that stand in its chat for the same record."""
    same = select(Copy).where(Copy.chat_id == copy.chat_id, Copy.topic == copy.topic, Copy.state == CopyState.LIVE)
    found = session.scalars(same.order_by(Copy.id)).all() if copy.topic is not None else []
    return found or [copy]


def leave_slots(session: Session, chat_id: int, slot: str) -> None:
    """The copies under this slot stand, but a newer message takes its place."""
    session.execute(
        update(Copy).where(Copy.chat_id == chat_id, Copy.slot == slot).values(slot=None),
        execution_options={"synchronize_session": False},
    )


def mark_with(session: Session, copy_id: int, state: CopyState, now: datetime) -> None:
    """Note what became of a copy, and with it of all others in its chat that the same change deals with."""
    one = prepared.get_one(session, Copy, copy_id)
    one.state, one.changed_at = state, now
    session.flush()
    session.execute(
        update(Copy)
        .where(
            Copy.chat_id == one.chat_id,
            Copy.topic == one.topic,
            Copy.change_id == one.change_id,
            Copy.state == CopyState.LIVE,
        )
        .values(state=state, changed_at=now),
        execution_options={"synchronize_session": False},
    )


def confirm(session: Session, outbox_id: int, kind: CopyKind, platform_id: str) -> bool:
    """Note which message a copy is whose arrival was not known; False where none of this call is in doubt."""
    doubtful = session.scalar(select(Copy).where(Copy.outbox_id == outbox_id, Copy.platform_id.is_(None)).limit(1))
    if doubtful is None:
        return False
    doubtful.kind, doubtful.platform_id = kind, platform_id
    session.flush()
    return True


def move_chat(session: Session, old_id: int, new_id: int) -> None:
    """Copies of one chat stand in another from now on."""
    session.execute(
        update(Copy).where(Copy.chat_id == old_id).values(chat_id=new_id),
        execution_options={"synchronize_session": False},
    )


def last_id(session: Session) -> int:
    """The newest copy's id, 0 before the first."""
    return session.scalar(select(func.max(Copy.id))) or 0
