"""The outbox: every wire call is a row before it is made, with a permanent unique key.

queued → sending (committed before the wire) → sent | dead | unsure; held waits until its reader opens the
private talk; replaced gave way to a newer revision; recalled was stopped before it left.
Contents are kept apart from rows, so that a bulletin to 300 groups is sealed once.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from storage import copies, sealing
from storage.chats import Chat, ChatState
from storage.contents import Content, ContentMedium
from storage.database import Base, affected, insert_once
from storage.lanes import Lane, LaneNumber
from storage.media import Medium, MediumState

RESENT_AFTER_CRASH = frozenset({Lane.RECALL_PERSON, Lane.LIFE, Lane.SUSPECT, Lane.RECALL})
"""Lanes whose calls are made again when nobody knows whether they arrived; the others become `unsure`."""


class CallKind(StrEnum):
    """What the wire is asked to do."""

    SEND = "send"
    EDIT = "edit"
    DELETE = "delete"
    ANSWER = "answer"


class OutboxState(StrEnum):
    """Where a call is on its way."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    UNSURE = "unsure"
    REPLACED = "replaced"
    RECALLED = "recalled"


WAITING = (OutboxState.QUEUED, OutboxState.HELD)
ON_THE_WIRE = (OutboxState.SENDING, OutboxState.SENT, OutboxState.UNSURE)
ENDED = (
    OutboxState.SENT,
    OutboxState.DEAD,
    OutboxState.UNSURE,
    OutboxState.REPLACED,
    OutboxState.RECALLED,
)


class OutboxRow(Base):
    """One wire call.

    `key` is a digest of the caller's permanent key; `topic` the record whose copies these are (`search:3`),
    None in private talk; `slot` names a message that edits itself; `thread` the topic of a forum it belongs to where
    that is not the chat's own; `epoch` is the owner that claimed it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "account", "state", "lane", "id"),
        Index("ix_outbox_slot", "chat_id", "slot"),
        Index("ix_outbox_topic", "topic", "state"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(32))
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    lane: Mapped[Lane] = mapped_column(LaneNumber)
    kind: Mapped[CallKind]
    key: Mapped[str] = mapped_column(String(32), unique=True)
    topic: Mapped[str | None] = mapped_column(String(32))
    slot: Mapped[str | None] = mapped_column(String(48))
    revision: Mapped[int] = mapped_column(default=1)
    content_id: Mapped[int | None] = mapped_column(ForeignKey("contents.id"), index=True)
    copy_id: Mapped[int | None] = mapped_column(ForeignKey("copies.id"))
    delivery_id: Mapped[int | None] = mapped_column(index=True)
    change_id: Mapped[int | None] = mapped_column(index=True)
    callback: Mapped[str | None] = mapped_column(String(160))
    reply_to: Mapped[str | None] = mapped_column(String(64))
    thread: Mapped[str | None] = mapped_column(String(32))
    has_buttons: Mapped[bool] = mapped_column(default=False)
    state: Mapped[OutboxState]
    epoch: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None] = mapped_column(String(120))
    not_before: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sending_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


def put(
    session: Session,
    chat: Chat,
    key: str,
    now: datetime,
    *,
    lane: Lane,
    kind: CallKind = CallKind.SEND,
    content_id: int | None = None,
    topic: str | None = None,
    slot: str | None = None,
    copy_id: int | None = None,
    delivery_id: int | None = None,
    change_id: int | None = None,
    callback: str | None = None,
    reply_to: str | None = None,
    thread: str | None = None,
    has_buttons: bool = False,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> int | None:
    """Queue a wire call; its row id, or None where a call of this key was ever queued before.

    With a `slot`, a queued older revision gives way, and what was sent already is edited instead of sent.
    """
    revision = 1
    if slot is not None and kind is CallKind.SEND:
        kind, revision = _next_revision(session, chat.id, slot, now)
    state = OutboxState.HELD if chat.state == ChatState.UNOPENED else OutboxState.QUEUED
    row_id = insert_once(
        session,
        OutboxRow,
        {
            "account": chat.account,
            "chat_id": chat.id,
            "lane": lane,
            "kind": kind,
            "key": sealing.digest(session, "outbox.key", key),
            "topic": topic,
            "slot": slot,
            "revision": revision,
            "content_id": content_id,
            "copy_id": copy_id,
            "delivery_id": delivery_id,
            "change_id": change_id,
            "callback": callback,
            "reply_to": reply_to,
            "thread": thread,
            "has_buttons": has_buttons,
            "state": state,
            "epoch": 0,
            "attempts": 0,
            "not_before": not_before,
            "expires_at": expires_at,
            "created_at": now,
        },
    )
    session.info["woken"] = True
    return row_id


def was_put(session: Session, key: str) -> bool:
    """Whether a call of this key was ever queued."""
    wanted = sealing.digest(session, "outbox.key", key)
    return session.scalar(select(OutboxRow.id).where(OutboxRow.key == wanted)) is not None


def _next_revision(session: Session, chat_id: int, slot: str, now: datetime) -> tuple[CallKind, int]:
    rows = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.chat_id == chat_id, OutboxRow.slot == slot)
        .order_by(OutboxRow.revision.desc())
    ).all()
    kind = CallKind.SEND
    for row in rows:
        if row.state in WAITING:
            row.state, row.done_at = OutboxState.REPLACED, now
        elif row.state in ON_THE_WIRE:
            kind = CallKind.EDIT
    session.flush()
    return kind, (rows[0].revision + 1 if rows else 1)


def any_queued(session: Session, account: str, now: datetime) -> bool:
    """Whether a call of the account waits whose time has come, whatever limits say."""
    due = select(OutboxRow.id).where(
        OutboxRow.account == account,
        OutboxRow.state == OutboxState.QUEUED,
        or_(OutboxRow.not_before.is_(None), OutboxRow.not_before <= now),
    )
    return session.scalar(due.limit(1)) is not None


def _waits_for_nothing() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """No older revision of the message is in flight, and every medium it shows has come."""
    older = aliased(OutboxRow)
    in_flight = exists().where(
        older.chat_id == OutboxRow.chat_id,
        older.slot == OutboxRow.slot,
        older.state == OutboxState.SENDING,
    )
    medium_wanted = exists().where(
        ContentMedium.content_id == OutboxRow.content_id,
        ContentMedium.medium_id == Medium.id,
        Medium.state == MediumState.WANTED,
    )
    return or_(OutboxRow.slot.is_(None), ~in_flight), ~medium_wanted


def claim(
    session: Session,
    account: str,
    epoch: int,
    now: datetime,
    *,
    closed_chats: Collection[int] = (),
    lanes_only: Mapping[int, Lane] | None = None,
) -> OutboxRow | None:
    """Take the next call that may go out now and mark it `sending`; the caller commits before the wire.

    `closed_chats` have no room in their limit; `lanes_only` chats have room left for lanes up to the given one.
    """
    query = (
        select(OutboxRow)
        .join(Chat, Chat.id == OutboxRow.chat_id)
        .where(
            OutboxRow.account == account,
            OutboxRow.state == OutboxState.QUEUED,
            Chat.state == ChatState.OPEN,
            or_(OutboxRow.not_before.is_(None), OutboxRow.not_before <= now),
            *_waits_for_nothing(),
        )
        .order_by(OutboxRow.lane, OutboxRow.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=OutboxRow)
    )
    if closed_chats:
        query = query.where(OutboxRow.chat_id.not_in(list(closed_chats)))
    for chat_id, lane in (lanes_only or {}).items():
        query = query.where(or_(OutboxRow.chat_id != chat_id, OutboxRow.lane <= lane))
    row = session.scalars(query).first()
    if row is None:
        return None
    row.state, row.epoch, row.sending_at, row.attempts = OutboxState.SENDING, epoch, now, row.attempts + 1
    session.flush()
    return row


def settle(
    session: Session, row_id: int, epoch: int, state: OutboxState, now: datetime, reason: str | None = None
) -> bool:
    """Note how a call ended; False when it no longer belongs to this owner."""
    settled = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.state == OutboxState.SENDING, OutboxRow.epoch == epoch)
        .values(state=state, done_at=now, reason=reason)
    )
    return bool(affected(settled))


def postpone(session: Session, row_id: int, epoch: int, not_before: datetime, reason: str | None = None) -> bool:
    """Put a refused call back into the queue, not to be made before that moment."""
    moved = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.state == OutboxState.SENDING, OutboxRow.epoch == epoch)
        .values(state=OutboxState.QUEUED, not_before=not_before, reason=reason)
    )
    return bool(affected(moved))


def recover(session: Session, account: str, now: datetime) -> tuple[int, int]:
    """After a crash: make urgent calls again, show routine ones as unsure; how many of each.

    A copy of a record that may stand somewhere is noted in the ledger either way, though nobody knows its id.
    """
    flying = session.scalars(
        select(OutboxRow).where(OutboxRow.account == account, OutboxRow.state == OutboxState.SENDING).with_for_update()
    ).all()
    again = 0
    for row in flying:
        note_unsure_copy(session, row, now)
        if row.lane in RESENT_AFTER_CRASH or row.kind in (CallKind.EDIT, CallKind.DELETE):
            row.state = OutboxState.QUEUED
            again += 1
        else:
            row.state, row.done_at, row.reason = OutboxState.UNSURE, now, "crash"
    session.flush()
    return again, len(flying) - again


def note_unsure_copy(session: Session, row: OutboxRow, now: datetime) -> None:
    """A copy that may stand there counts in the ledger."""
    if row.kind is CallKind.SEND and row.topic is not None:
        copies.add(
            session,
            row.id,
            row.account,
            row.chat_id,
            copies.CopyKind.TEXT,
            None,
            now,
            topic=row.topic,
            slot=row.slot,
            revision=row.revision,
        )


def release_held(session: Session, chat_id: int) -> int:
    """The reader has opened the private talk: what was held goes out."""
    released = session.execute(
        update(OutboxRow)
        .where(OutboxRow.chat_id == chat_id, OutboxRow.state == OutboxState.HELD)
        .values(state=OutboxState.QUEUED)
    )
    session.info["woken"] = True
    return affected(released)


def stop(session: Session, topic: str, now: datetime, reason: str = "recalled") -> int:
    """Stop every copy of a record that has not left yet; how many."""
    stopped = session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.topic == topic,
            OutboxRow.state.in_(WAITING),
            OutboxRow.kind.in_([CallKind.SEND, CallKind.EDIT]),
        )
        .values(state=OutboxState.RECALLED, done_at=now, reason=reason)
    )
    return affected(stopped)


def stop_chat(session: Session, chat_id: int, now: datetime, reason: str = "left") -> int:
    """Stop everything still waiting to be said in a chat; how many."""
    stopped = session.execute(
        update(OutboxRow)
        .where(OutboxRow.chat_id == chat_id, OutboxRow.state.in_(WAITING), OutboxRow.kind == CallKind.SEND)
        .values(state=OutboxState.RECALLED, done_at=now, reason=reason)
    )
    return affected(stopped)


def any_expired(session: Session, now: datetime) -> bool:
    """Whether a call's time has passed before it could leave."""
    past = select(OutboxRow.id).where(OutboxRow.state.in_(WAITING), OutboxRow.expires_at <= now).limit(1)
    return session.scalar(past) is not None


def give_up(session: Session, before: datetime) -> int:
    """Give up calls that have waited since before that moment for a chat that never opened; how many."""
    gone = session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.state.in_(WAITING),
            OutboxRow.created_at < before,
            or_(OutboxRow.not_before.is_(None), OutboxRow.not_before < before),
        )
        .values(state=OutboxState.DEAD, done_at=before, reason="waited")
    )
    return affected(gone)


def expire(session: Session, now: datetime) -> int:
    """Give up calls whose time has passed before they could leave; how many."""
    gone = session.execute(
        update(OutboxRow)
        .where(OutboxRow.state.in_(WAITING), OutboxRow.expires_at <= now)
        .values(state=OutboxState.DEAD, done_at=now, reason="expired")
    )
    return affected(gone)


def drop_contents(session: Session, before: datetime, but: Collection[int] = ()) -> int:
    """Drop what was said in calls that all ended before that moment (ids and states stay); how many.

    `but` are contents that calls not queued yet will need.
    """
    open_rows = exists().where(
        OutboxRow.content_id == Content.id,
        or_(OutboxRow.done_at.is_(None), OutboxRow.done_at >= before),
    )
    dropped = session.execute(
        update(Content)
        .where(Content.wrapped.is_not(None), Content.created_at < before, ~open_rows, Content.id.not_in(list(but)))
        .values(wrapped=None, payload=None)
    )
    return affected(dropped)
