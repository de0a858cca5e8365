"""The inbox: every message meant for the bot, kept before the platform hears that it arrived.

A row is `new` until the transaction that answers it makes it `done`; after three failed tries it is `aside`.
Its payload is sealed under a key in the row itself; both go when the row is done. A row set aside keeps its
payload for a few days, so that a mended program can still answer it. What was folded into a flood is never
answered by itself: the first few keep their payload for a day, of the others nothing is kept but that they came.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import (
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import sealing
from storage.database import Base, affected, insert_once
from storage.prepared import Prepared

TRIES = 3
_LATELY = text("queue <> ''")


class InboxState(StrEnum):
    """Where a message is on its way."""

    NEW = "new"
    DONE = "done"
    ASIDE = "aside"
    FOLDED = "folded"


class InboxRow(Base):
    """One message; `platform_key` is a digest of the platform's own id for it: a repeat is recognised for ever.

    `sender` is a digest of who said it, for the windows of floods; it is forgotten within the hour, and so is the chat
    it came from (`queue`) once it is answered.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("account", "platform_key"),
        Index("ix_inbox_waiting", "queue", "state", "id"),
        Index("ix_inbox_lately", "received_at", sqlite_where=_LATELY, postgresql_where=_LATELY),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(32))
    platform_key: Mapped[str] = mapped_column(String(160))
    queue: Mapped[str] = mapped_column(String(160))
    sender: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[InboxState] = mapped_column(default=InboxState.NEW, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


_COLUMNS = (
    "account",
    "platform_key",
    "queue",
    "sender",
    "state",
    "attempts",
    "wrapped",
    "payload",
    "received_at",
    "done_at",
)
_ADD = Prepared.insert(InboxRow, _COLUMNS, once=True, returning=False)
_OLDEST = (
    select(InboxRow.id)
    .where(InboxRow.queue == bindparam("of"), InboxRow.state == InboxState.NEW)
    .order_by(InboxRow.id)
    .limit(1)
    .scalar_subquery()
)
_TRY = (
    update(InboxRow)
    .where(InboxRow.id == _OLDEST)
    .values(attempts=InboxRow.attempts + 1)
    .returning(
        InboxRow.id,
        InboxRow.account,
        InboxRow.platform_key,
        InboxRow.queue,
        InboxRow.attempts,
        InboxRow.wrapped,
        InboxRow.payload,
    )
)
_TRY_ANY, _TRY_FRESH = Prepared(_TRY), Prepared(_TRY.where(InboxRow.attempts == 0))
_WAITS = Prepared(
    select(InboxRow.id).where(InboxRow.queue == bindparam("of"), InboxRow.state == InboxState.NEW).limit(1)
)
_FINISH = Prepared(
    update(InboxRow)
    .where(InboxRow.id == bindparam("row"), InboxRow.state == InboxState.NEW)
    .values(state=InboxState.DONE, done_at=bindparam("now"), wrapped=None, payload=None)
)
_ASIDE = Prepared(
    update(InboxRow)
    .where(InboxRow.id == bindparam("row"), InboxRow.state == InboxState.NEW)
    .values(state=InboxState.ASIDE, done_at=bindparam("now"))
)


_OVER = or_(InboxRow.state == InboxState.DONE, and_(InboxRow.state != InboxState.NEW, InboxRow.wrapped.is_(None)))
"""Answered, or given up and its words gone."""


class Waiting(NamedTuple):
    """A message that waits, and the how manieth try this is."""

    id: int
    account: str
    platform_key: str
    queue: str
    tries: int
    wrapped: bytes | None
    payload: bytes | None


class Kept(NamedTuple):
    """A message to be kept; `queue` names the chat: rows of one queue are answered in order."""

    account: str
    platform_key: str
    queue: str
    payload: bytes | None
    sender: str | None = None


def add(session: Session, account: str, platform_key: str, queue: str, payload: bytes, now: datetime) -> int | None:
    """Keep a message; returns its row id, or None when this very message is kept already."""
    return insert_once(session, InboxRow, _row(session, Kept(account, platform_key, queue, payload), now))


def add_all(session: Session, messages: Sequence[Kept], now: datetime, state: InboxState = InboxState.NEW) -> None:
    """Keep many messages by one statement, or note them as folded (`state`); known ones stay as they are."""
    done = now if state is InboxState.FOLDED else None
    _ADD.many(session, [{**_row(session, one, now), "state": state, "done_at": done} for one in messages])


def _row(session: Session, one: Kept, now: datetime) -> dict[str, object]:
    wrapped = payload = None
    if one.payload is not None:
        data_key = os.urandom(32)
        name = f"{one.account}|{one.platform_key}"
        wrapped = sealing.keys_of(session).wrap(data_key, name)
        payload = sealing.encrypt(data_key, f"inbox|{name}|payload", one.payload)
    return {
        "account": one.account,
        "platform_key": one.platform_key,
        "queue": one.queue,
        "sender": one.sender,
        "state": InboxState.NEW,
        "attempts": 0,
        "wrapped": wrapped,
        "payload": payload,
        "received_at": now,
    }


def lately(session: Session, since: datetime) -> list[tuple[str, str, str, datetime]]:
    """What was let through since that moment: platform key, queue, sender, moment."""
    columns = InboxRow.platform_key, InboxRow.queue, InboxRow.sender, InboxRow.received_at
    rows = session.execute(
        select(*columns).where(
            _LATELY, InboxRow.sender.is_not(None), InboxRow.received_at > since, InboxRow.state != InboxState.FOLDED
        )
    )
    return [(key, queue, sender or "", moment) for key, queue, sender, moment in rows]


def folded(session: Session, account: str, platform_keys: Sequence[str]) -> list[bytes]:
    """The payloads of messages folded into a flood that were kept whole, in the order they came."""
    rows = session.scalars(
        select(InboxRow)
        .where(
            InboxRow.account == account,
            InboxRow.platform_key.in_(list(platform_keys)),
            InboxRow.state == InboxState.FOLDED,
            InboxRow.wrapped.is_not(None),
        )
        .order_by(InboxRow.id)
    )
    return [payload_of(session, row) for row in rows]


def payload_of(session: Session, row: Waiting | InboxRow) -> bytes:
    """The message as it came; raises Erased when it has been answered already."""
    if row.wrapped is None or row.payload is None:
        raise sealing.Erased(str(row.id))
    name = f"{row.account}|{row.platform_key}"
    data_key = sealing.keys_of(session).unwrap(row.wrapped, name)
    return sealing.decrypt(data_key, f"inbox|{name}|payload", row.payload)


def try_next(session: Session, queue: str, *, fresh: bool = False) -> Waiting | None:
    """The oldest unanswered message of a chat, noting that a try begins; None where none waits.

    fresh: only where it was never tried before; otherwise nothing is noted.
    """
    row = (_TRY_FRESH if fresh else _TRY_ANY).first(session, of=queue)
    return Waiting(*row) if row is not None else None


def waits(session: Session, queue: str) -> bool:
    """Whether a chat has an unanswered message."""
    return _WAITS.first(session, of=queue) is not None


def waiting_queues(session: Session) -> Sequence[str]:
    """Chats that have unanswered messages, the longest waiting first."""
    return session.scalars(
        select(InboxRow.queue)
        .where(InboxRow.state == InboxState.NEW)
        .group_by(InboxRow.queue)
        .order_by(func.min(InboxRow.id))
    ).all()


def finish(session: Session, row_id: int, now: datetime) -> bool:
    """Mark a message answered and drop its payload; False when somebody else has answered it.

    Called first in the answering transaction: it is what makes the answer happen exactly once.
    """
    return bool(_FINISH.run(session, row=row_id, now=now))


def set_aside(session: Session, row_id: int, now: datetime) -> bool:
    """Give a poison message up after its last try, so that it holds up nothing."""
    return bool(_ASIDE.run(session, row=row_id, now=now))


def forget_senders(session: Session, before: datetime, most: int) -> int:
    """Forget who said what came before that moment, and where, unless it still waits for an answer; how many rows."""
    past = _LATELY, InboxRow.received_at < before
    rows = select(InboxRow.id).where(*past, or_(_OVER, InboxRow.sender.is_not(None))).limit(most)
    forgotten = session.execute(
        update(InboxRow)
        .where(InboxRow.id.in_(rows))
        .values(sender=None, queue=case((_OVER, ""), else_=InboxRow.queue))
        .execution_options(synchronize_session=False)
    )
    return affected(forgotten)


def drop_aside(session: Session, before: datetime, state: InboxState = InboxState.ASIDE) -> int:
    """Drop the payloads of messages set aside (or folded, by `state`) before that moment; how many."""
    dropped = session.execute(
        update(InboxRow)
        .where(InboxRow.state == state, InboxRow.done_at < before, InboxRow.wrapped.is_not(None))
        .values(wrapped=None, payload=None)
    )
    return affected(dropped)
