"""The outbox: every wire call is a row before it is made, with a permanent unique key.

queued → sending (committed before the wire) → sent | dead | unsure; held waits until its reader opens the
private talk; replaced gave way to a newer revision; recalled was stopped before it left; simulated is a drill's call
to residents, which is settled and never made. A queued row that cannot go yet says in `waits` for what, so that
finding the next call costs the same however many wait.
Contents are kept apart from rows, so that a bulletin to 300 groups is sealed once. How rows are claimed and
settled stands in `storage/claims.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    bindparam,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import accounts, contents, copies, sealing
from storage.chats import Chat, ChatState
from storage.database import Base, insert_once
from storage.lanes import Lane, LaneNumber
from storage.prepared import Prepared


class CallKind(StrEnum):
    """What the wire is asked to do."""

    SEND = "send"
    EDIT = "edit"
    DELETE = "delete"
    ANSWER = "answer"
    NUDGE = "nudge"
    KNOCK = "knock"


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
    SIMULATED = "simulated"


class Waits(StrEnum):
    """What a queued call waits for before it may be claimed.

    A moment (`not_before`), a picture on its way, a chat in which the bot cannot speak now, an operator who paused
    the delivery, or room in its chat's limit. On a call that is on the wire PAUSED and STOPPED say what befell it
    meanwhile, should it come back.
    """

    TIME = "time"
    MEDIUM = "medium"
    CHAT = "chat"
    PAUSED = "paused"
    ROOM = "room"
    STOPPED = "stopped"


WAITING = (OutboxState.QUEUED, OutboxState.HELD)
ON_THE_WIRE = (OutboxState.SENDING, OutboxState.SENT, OutboxState.UNSURE)
ENDED = (
    OutboxState.SENT,
    OutboxState.DEAD,
    OutboxState.UNSURE,
    OutboxState.REPLACED,
    OutboxState.RECALLED,
    OutboxState.SIMULATED,
)
CONTINUES: Final = 0
"""Rank of what has been begun: the next part of a message, the next means for a copy. It goes before its lane."""


def _part_index(name: str, *columns: str, where: str) -> Index:
    """An index over some rows only; literals, since a database trusts no bound value to choose it."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class OutboxRow(Base):
    """One wire call.

    `key` is a digest of the caller's permanent key; `topic` the record whose copies these are (`search:3`),
    None in private talk; `slot` names a message that edits itself; `thread` the topic of a forum it belongs to where
    that is not the chat's own; `part` counts the calls of one message from 0; `without` names what a platform
    refused of it (`topic`, `media`); `epoch` is the owner that claimed it; `attempts` are those that failed by its own
    fault, and the one under way.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        _part_index("ix_outbox_ready", "account", "lane", "rank", "id", where="state = 'queued' AND waits IS NULL"),
        _part_index(
            "ix_outbox_waits", "account", "waits", "not_before", "chat_id",
            where="state = 'queued' AND waits IS NOT NULL",
        ),
        _part_index("ix_outbox_chat", "chat_id", "lane", "rank", "id", where="state IN ('queued', 'held')"),
        _part_index("ix_outbox_buttons", "chat_id", "created_at", "id", where="has_buttons = true"),
        _part_index("ix_outbox_flying", "account", where="state = 'sending'"),
        _part_index("ix_outbox_unsure", "done_at", "account", "id", where="state = 'unsure'"),
        _part_index("ix_outbox_sent", "account", "sending_at", where="sending_at IS NOT NULL"),
        _part_index("ix_outbox_late", "expires_at", where="state IN ('queued', 'held') AND expires_at IS NOT NULL"),
        _part_index("ix_outbox_slot", "chat_id", "slot", where="slot IS NOT NULL"),
        _part_index("ix_outbox_topic", "topic", "state", where="topic IS NOT NULL"),
        _part_index("ix_outbox_delivery", "delivery_id", "state", where="delivery_id IS NOT NULL"),
        _part_index("ix_outbox_change", "change_id", "state", where="change_id IS NOT NULL"),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(32))
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    lane: Mapped[Lane] = mapped_column(LaneNumber)
    rank: Mapped[int] = mapped_column(SmallInteger, default=1)
    kind: Mapped[CallKind]
    key: Mapped[str] = mapped_column(String(32), unique=True)
    topic: Mapped[str | None] = mapped_column(String(32))
    slot: Mapped[str | None] = mapped_column(String(48))
    revision: Mapped[int] = mapped_column(default=1)
    part: Mapped[int] = mapped_column(SmallInteger, default=0)
    content_id: Mapped[int | None] = mapped_column(ForeignKey("contents.id"), index=True)
    copy_id: Mapped[int | None] = mapped_column(ForeignKey("copies.id"))
    delivery_id: Mapped[int | None]
    change_id: Mapped[int | None]
    callback: Mapped[str | None] = mapped_column(String(160))
    reply_to: Mapped[str | None] = mapped_column(String(64))
    thread: Mapped[str | None] = mapped_column(String(32))
    has_buttons: Mapped[bool] = mapped_column(default=False)
    state: Mapped[OutboxState]
    waits: Mapped[Waits | None]
    without: Mapped[str | None] = mapped_column(String(16))
    epoch: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None] = mapped_column(String(120))
    not_before: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sending_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


QUEUED: Final[ColumnElement[bool]] = text("outbox.state = 'queued'")  # type: ignore[assignment]
FLYING: Final[ColumnElement[bool]] = text("outbox.state = 'sending'")  # type: ignore[assignment]
UNSURE: Final[ColumnElement[bool]] = text("outbox.state = 'unsure'")  # type: ignore[assignment]
WAITING_HERE: Final[ColumnElement[bool]] = text("outbox.state IN ('queued', 'held')")  # type: ignore[assignment]
"""Literals, so that the indexes over such rows are used; a database needs an index's own condition word by word."""


_OF_SLOT = Prepared(
    select(OutboxRow)
    .where(OutboxRow.chat_id == bindparam("place"), OutboxRow.slot == bindparam("named"))
    .order_by(OutboxRow.revision.desc())
)


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
    rank: int = 1,
) -> int | None:
    """Queue a wire call; its row id, or None where a call of this key was ever queued before.

    With a `slot`, a queued older revision gives way, and what was sent already is edited instead of sent; where an
    account edits nothing it is said once more, unless it says the same. `rank` CONTINUES goes before its lane.
    """
    revision = 1
    if slot is not None and kind is CallKind.SEND:
        kind, revision = _next_revision(session, chat.id, slot, now)
        if kind is CallKind.EDIT and not accounts.edits(session, chat.account):
            if _says_already(session, chat.id, slot, content_id):
                return None
            kind = CallKind.SEND
            copies.leave_slots(session, chat.id, slot)
    more = {
        "kind": kind,
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
        "not_before": not_before,
        "expires_at": expires_at,
        "rank": rank,
    }
    row_id = insert_once(session, OutboxRow, _row(session, chat, key, now, lane, more))
    session.info["woken"] = True
    return row_id


@dataclass(frozen=True, slots=True)
class One:
    """One of many like calls: the chat, the call's permanent key, what is said there, and to which copy it is done.

    `rank` CONTINUES lets it go before what its lane holds.
    """

    chat: Chat
    key: str
    content_id: int
    kind: CallKind = CallKind.SEND
    copy_id: int | None = None
    rank: int = 1


def put_all(
    session: Session,
    calls: Sequence[One],
    now: datetime,
    *,
    lane: Lane,
    topic: str,
    delivery_id: int | None = None,
    change_id: int | None = None,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Queue many like calls by one statement; those of a known key are passed over."""
    shared = {
        "topic": topic,
        "delivery_id": delivery_id,
        "change_id": change_id,
        "not_before": not_before,
        "expires_at": expires_at,
    }
    rows = [
        _row(
            session,
            one.chat,
            one.key,
            now,
            lane,
            {**shared, "kind": one.kind, "content_id": one.content_id, "copy_id": one.copy_id, "rank": one.rank},
        )
        for one in calls
    ]
    if rows:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        session.connection().execute(insert(OutboxRow).on_conflict_do_nothing(), rows)
        session.info["woken"] = True


def go_on(session: Session, row: OutboxRow, now: datetime) -> None:
    """Queue the next part of a message of which this part has been sent; it goes before all others of its lane."""
    values = {
        name: getattr(row, name)
        for name in ("topic", "slot", "revision", "content_id", "delivery_id", "thread", "has_buttons", "without")
    }
    more = {**values, "kind": CallKind.SEND, "rank": CONTINUES, "part": row.part + 1, "expires_at": row.expires_at}
    chat = session.get_one(Chat, row.chat_id)
    insert_once(session, OutboxRow, _row(session, chat, f"part:{row.id}", now, row.lane, more))
    session.info["woken"] = True


def _row(session: Session, chat: Chat, key: str, now: datetime, lane: Lane, more: Mapping[str, Any]) -> dict[str, Any]:
    waits = None
    if chat.state in (ChatState.MUTED, ChatState.GONE):
        waits = Waits.CHAT
    elif (moment := more.get("not_before")) is not None and moment > now:
        waits = Waits.TIME
    return {
        "account": chat.account,
        "chat_id": chat.id,
        "lane": lane,
        "rank": 1,
        "key": sealing.digest(session, "outbox.key", key),
        "revision": 1,
        "part": 0,
        "has_buttons": False,
        "state": OutboxState.HELD if chat.state is ChatState.UNOPENED else OutboxState.QUEUED,
        "waits": waits,
        "epoch": 0,
        "attempts": 0,
        "created_at": now,
        **more,
    }


def get(session: Session, row_id: int) -> OutboxRow:
    """The call with this id."""
    return session.get_one(OutboxRow, row_id)


def was_put(session: Session, key: str) -> bool:
    """Whether a call of this key was ever queued."""
    return state_of(session, key) is not None


def state_of(session: Session, key: str) -> OutboxState | None:
    """How the call of this key stands, None where none was queued."""
    wanted = sealing.digest(session, "outbox.key", key)
    return session.scalar(select(OutboxRow.state).where(OutboxRow.key == wanted))


def chat_of(session: Session, key: str) -> int | None:
    """The id of the chat the call of this key went to, None where none was queued; whoever owns that chat by now."""
    wanted = sealing.digest(session, "outbox.key", key)
    return session.scalar(select(OutboxRow.chat_id).where(OutboxRow.key == wanted))


def _says_already(session: Session, chat_id: int, slot: str, content_id: int | None) -> bool:
    """Whether the newest message of this slot says the same, so that nobody reads it twice."""
    newest = session.scalar(
        select(OutboxRow.content_id)
        .where(OutboxRow.chat_id == chat_id, OutboxRow.slot == slot, OutboxRow.state.in_(ON_THE_WIRE))
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    if newest is None or content_id is None:
        return False
    said = contents.payload_of(session, newest)
    return said is not None and said == contents.payload_of(session, content_id)


def _next_revision(session: Session, chat_id: int, slot: str, now: datetime) -> tuple[CallKind, int]:
    rows = _OF_SLOT.entities(session, OutboxRow, place=chat_id, named=slot)
    if not rows:
        return CallKind.SEND, 1
    kind = CallKind.SEND
    for row in rows:
        if row.state in WAITING:
            row.state, row.done_at = OutboxState.REPLACED, now
        elif row.state in ON_THE_WIRE:
            kind = CallKind.EDIT
    session.flush()
    return kind, rows[0].revision + 1
