"""Changes (变更): what is done to every copy of a record: updated, closed at its end, or recalled."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ForeignKey, String, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import accounts, prepared, states
from storage.copies import Copy, CopyState
from storage.database import Base, affected
from storage.deliveries import Delivery, DeliveryState
from storage.ending import end
from storage.lanes import Lane, LaneNumber
from storage.outbox import WAITING, CallKind, OutboxRow, OutboxState, Waits

CARRIER = "forward:"
"""How the slots begin of what people are given to pass on by hand; such copies are no copies of the record's reach."""


class ChangeKind(StrEnum):
    """UPDATE leaves copies standing with new words; CLOSE edits them to an end; RECALL deletes them where it can."""

    UPDATE = "update"
    CLOSE = "close"
    RECALL = "recall"


class ChangeState(StrEnum):
    """Whether copies are still being dealt with."""

    GOING = "going"
    ENDED = "ended"
    REPLACED = "replaced"


class Change(Base):
    """A change to all copies of `topic`; the newest one counts. New words leave until `expires_at`."""

    __tablename__ = "changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[ChangeKind]
    lane: Mapped[Lane] = mapped_column(LaneNumber)
    content_id: Mapped[int] = mapped_column(ForeignKey("contents.id"))
    bare_content_id: Mapped[int | None] = mapped_column(ForeignKey("contents.id"))
    state: Mapped[ChangeState]
    report_chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"))
    expires_at: Mapped[datetime | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Outcome(NamedTuple):
    """What became of a topic's copies; `by_hand` of those dealt with were dealt with by people, as they say.

    `simulated` are those of a drill that never were, and are in no other count.
    """

    deleted: int
    edited: int
    corrected: int
    lost: int
    left: int
    by_hand: int = 0
    simulated: int = 0

    @property
    def done(self) -> int:
        """Copies dealt with."""
        return self.deleted + self.edited + self.corrected + self.lost

    @property
    def total(self) -> int:
        """All copies."""
        return self.done + self.left


def add(
    session: Session,
    topic: str,
    kind: ChangeKind,
    lane: Lane,
    content_id: int,
    now: datetime,
    *,
    bare_content_id: int | None = None,
    report_chat_id: int | None = None,
    expires_at: datetime | None = None,
) -> Change:
    """Begin a change; an earlier one that was still going gives way."""
    session.execute(
        update(Change)
        .where(Change.topic == topic, Change.state == ChangeState.GOING)
        .values(state=ChangeState.REPLACED, ended_at=now)
    )
    change = Change(
        topic=topic,
        kind=kind,
        lane=lane,
        content_id=content_id,
        bare_content_id=bare_content_id,
        state=ChangeState.GOING,
        report_chat_id=report_chat_id,
        expires_at=expires_at,
        started_at=now,
    )
    session.add(change)
    session.flush()
    session.info["woken"] = True
    return change


def get(session: Session, change_id: int) -> Change:
    """The change with this id."""
    return prepared.get_one(session, Change, change_id)


def latest(session: Session, topic: str, since: datetime) -> Change | None:
    """The change that counts for what was sent at that moment, None where nothing was changed since."""
    return session.scalar(
        select(Change).where(Change.topic == topic, Change.started_at >= since).order_by(Change.id.desc()).limit(1)
    )


def any_of(session: Session, topic: str, kinds: Sequence[ChangeKind]) -> bool:
    """Whether a record's copies were ever dealt with so."""
    found = select(Change.id).where(Change.topic == topic, Change.kind.in_(list(kinds))).limit(1)
    return session.scalar(found) is not None


def going(session: Session, most: int = 20) -> Sequence[Change]:
    """Changes not through yet, the most urgent first; locked where the database can."""
    return session.scalars(
        select(Change)
        .where(Change.state == ChangeState.GOING)
        .order_by(Change.lane, Change.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


_ANY_GOING = states.AnyRow(Change.id, Change.state == ChangeState.GOING)


def any_going(session: Session) -> bool:
    """Whether a change is not through yet."""
    return _ANY_GOING(session)


def untouched(session: Session, change: Change, most: int) -> Sequence[Copy]:
    """Copies that stand and have not been dealt with by this change, oldest first.

    An update leaves out what people were given to pass on: it goes with the copy it was for, and must never be edited
    into words for a channel that takes copies back.
    """
    found = select(Copy).where(Copy.topic == change.topic, Copy.state == CopyState.LIVE, Copy.change_id < change.id)
    if change.kind is ChangeKind.UPDATE:
        found = found.where(Copy.slot.is_(None) | ~Copy.slot.startswith(CARRIER))
    return session.scalars(found.order_by(Copy.id).limit(most)).all()


def still_flying(session: Session, change: Change) -> bool:
    """Whether calls are on their way that may yet leave a copy, or that belong to this change.

    Those into chats where the bot cannot speak now wait for that, and nobody waits for them.
    """
    shut = func.coalesce(OutboxRow.waits, Waits.TIME) == Waits.CHAT
    flying = (
        select(OutboxRow.id)
        .where(
            OutboxRow.topic == change.topic,
            or_(
                OutboxRow.state == OutboxState.SENDING,
                (OutboxRow.change_id == change.id) & OutboxRow.state.in_(WAITING) & ~shut,
            ),
        )
        .limit(1)
    )
    return session.scalar(flying) is not None


def outcome(session: Session, topic: str) -> Outcome:
    """Count a topic's copies by what became of them."""
    rows = session.execute(
        select(Copy.state, Copy.hand, func.count())
        .where(Copy.topic == topic, Copy.state != CopyState.NEVER, Copy.slot.is_(None) | ~Copy.slot.startswith(CARRIER))
        .group_by(Copy.state, Copy.hand)
    ).all()
    count: Counter[CopyState] = Counter()
    by_hand = 0
    for state, hand, number in rows:
        count[CopyState(state)] += number
        if hand is not None and state in (CopyState.DELETED, CopyState.CLOSED, CopyState.CORRECTED):
            by_hand += number
    return Outcome(
        deleted=count.get(CopyState.DELETED, 0),
        edited=count.get(CopyState.CLOSED, 0),
        corrected=count.get(CopyState.CORRECTED, 0),
        lost=count.get(CopyState.LOST, 0),
        left=count.get(CopyState.LIVE, 0),
        by_hand=by_hand,
        simulated=count.get(CopyState.SIMULATED, 0),
    )


def stop_deliveries(session: Session, topic: str) -> int:
    """Let no delivery of a record queue anything more, be it to try again what failed; how many there were."""
    stopped = session.execute(
        update(Delivery)
        .where(Delivery.topic == topic, Delivery.state != DeliveryState.STOPPED)
        .values(state=DeliveryState.STOPPED)
    )
    return affected(stopped)


def rewrite_waiting(session: Session, topic: str, content_id: int, bare_content_id: int | None) -> None:
    """Give what has not left yet the new words: calls queued, or to be made once more, and deliveries still filling."""
    deliveries = session.scalars(
        select(Delivery).where(
            Delivery.topic == topic, Delivery.state.in_([DeliveryState.FILLING, DeliveryState.PAUSED])
        )
    )
    for delivery in deliveries:
        delivery.content_id, delivery.bare_content_id = content_id, bare_content_id
    waiting = update(OutboxRow).where(
        OutboxRow.topic == topic,
        OutboxRow.state.in_([*WAITING, OutboxState.SENDING]),
        OutboxRow.kind == CallKind.SEND,
        OutboxRow.delivery_id.is_not(None),
    )
    session.execute(waiting.values(content_id=content_id, revision=OutboxRow.revision + 1))
    if bare_content_id is not None:
        bare = OutboxRow.account.not_in(accounts.taking_back())
        session.execute(waiting.where(bare).values(content_id=bare_content_id))
    session.flush()


def drop_updates(session: Session, topic: str, now: datetime) -> None:
    """Edits of earlier updates that have not left yet give way to a newer one."""
    updates = select(Change.id).where(Change.topic == topic, Change.kind == ChangeKind.UPDATE)
    end(session, OutboxState.REPLACED, now, "newer", OutboxRow.topic == topic, OutboxRow.change_id.in_(updates))
