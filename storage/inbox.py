"""The inbox: every message meant for the bot, kept before the platform hears that it arrived.

A row is `new` until the transaction that answers it makes it `done`; after three failed tries it is `aside`.
Its payload is sealed under a key in the row itself; both go when the row is done. A row set aside keeps its
payload for a few days, so that a mended program can still answer it.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, bindparam, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import sealing
from storage.database import Base, affected, insert_once
from storage.prepared import Prepared

TRIES = 3


class InboxState(StrEnum):
    """Where a message is on its way."""

    NEW = "new"
    DONE = "done"
    ASIDE = "aside"


class InboxRow(Base):
    """One message; `platform_key` is the platform's own id for it, so that a repeat is recognised for ever."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("account", "platform_key"),
        Index("ix_inbox_waiting", "queue", "state", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(32))
    platform_key: Mapped[str] = mapped_column(String(160))
    queue: Mapped[str] = mapped_column(String(160))
    state: Mapped[InboxState] = mapped_column(default=InboxState.NEW, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


_COLUMNS = ("account", "platform_key", "queue", "state", "attempts", "wrapped", "payload", "received_at")
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


class Waiting(NamedTuple):
    """A message that waits, and the how manieth try this is."""

    id: int
    account: str
    platform_key: str
    queue: str
    tries: int
    wrapped: bytes | None
    payload: bytes | None


def add(session: Session, account: str, platform_key: str, queue: str, payload: bytes, now: datetime) -> int | None:
    """Keep a message; returns its row id, or None when this very message is kept already.

    `queue` names the chat: rows of one queue are answered in order.
    """
    return insert_once(session, InboxRow, _row(session, account, platform_key, queue, payload, now))


def add_all(session: Session, messages: Sequence[tuple[str, str, str, bytes]], now: datetime) -> None:
    """Keep many messages (account, platform key, queue, payload) by one statement; known ones stay as they are."""
    _ADD.many(session, [_row(session, *one, now) for one in messages])


def _row(
    session: Session, account: str, platform_key: str, queue: str, payload: bytes, now: datetime
) -> dict[str, object]:
    data_key = os.urandom(32)
    name = f"{account}|{platform_key}"
    return {
        "account": account,
        "platform_key": platform_key,
        "queue": queue,
        "state": InboxState.NEW,
        "attempts": 0,
        "wrapped": sealing.keys_of(session).wrap(data_key, name),
        "payload": sealing.encrypt(data_key, f"inbox|{name}|payload", payload),
        "received_at": now,
    }


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


def drop_aside(session: Session, before: datetime) -> int:
    """Drop the payloads of messages set aside before that moment; how many."""
    dropped = session.execute(
        update(InboxRow)
        .where(InboxRow.state == InboxState.ASIDE, InboxRow.done_at < before, InboxRow.wrapped.is_not(None))
        .values(wrapped=None, payload=None)
    )
    return affected(dropped)
