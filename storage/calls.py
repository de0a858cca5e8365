"""Calls (投递情况): what the outbox tells: how a delivery stands, buttons shown last, what was sent lately."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.contents import payload_of
from storage.copies import Copy, CopyState
from storage.outbox import ON_THE_WIRE, WAITING, CallKind, OutboxRow, OutboxState


class Tally(NamedTuple):
    """How the calls of one delivery stand."""

    sent: int
    waiting: int
    unsure: int
    dead: int
    stopped: int

    @property
    def total(self) -> int:
        """All calls of the delivery."""
        return sum(self)


def tally(session: Session, delivery_id: int) -> Tally:
    """Count a delivery's calls by how they stand."""
    rows = session.execute(
        select(OutboxRow.state, func.count())
        .where(OutboxRow.delivery_id == delivery_id, OutboxRow.state != OutboxState.REPLACED)
        .group_by(OutboxRow.state)
    ).all()
    by_state: dict[OutboxState, int] = {OutboxState(state): count for state, count in rows}
    waiting = sum(by_state.get(state, 0) for state in (*WAITING, OutboxState.SENDING))
    return Tally(
        sent=by_state.get(OutboxState.SENT, 0),
        waiting=waiting,
        unsure=by_state.get(OutboxState.UNSURE, 0),
        dead=by_state.get(OutboxState.DEAD, 0),
        stopped=by_state.get(OutboxState.RECALLED, 0),
    )


def last_buttons(session: Session, chat_id: int, since: datetime, most: int = 5) -> list[bytes]:
    """The latest messages with buttons shown in a chat, newest first, for answers such as 1 or 接单."""
    contents = session.scalars(
        select(OutboxRow.content_id)
        .where(
            OutboxRow.chat_id == chat_id,
            OutboxRow.has_buttons,
            OutboxRow.created_at >= since,
            OutboxRow.state.in_([*ON_THE_WIRE, OutboxState.QUEUED]),
            OutboxRow.content_id.is_not(None),
        )
        .order_by(OutboxRow.id.desc())
        .limit(most)
    ).all()
    payloads = (payload_of(session, content_id) for content_id in contents if content_id is not None)
    return [payload for payload in payloads if payload is not None]


def recent_sends(session: Session, account: str, since: datetime) -> Sequence[tuple[int, datetime]]:
    """(chat id, moment) of wire calls since then, oldest first, from which limits are rebuilt."""
    rows = session.execute(
        select(OutboxRow.chat_id, OutboxRow.sending_at)
        .where(
            OutboxRow.account == account,
            OutboxRow.sending_at >= since,
            OutboxRow.kind != CallKind.ANSWER,
        )
        .order_by(OutboxRow.sending_at)
    ).all()
    return [(row.chat_id, row.sending_at) for row in rows if row.sending_at is not None]


def next_due(session: Session, account: str) -> datetime | None:
    """The moment the earliest postponed call may be made, None where none waits for a moment."""
    return session.scalar(
        select(func.min(OutboxRow.not_before)).where(
            OutboxRow.account == account, OutboxRow.state == OutboxState.QUEUED
        )
    )


def live_copies(session: Session, chat_id: int, slot: str) -> Sequence[Copy]:
    """The copies that stand in a chat under this slot, in the order they were sent."""
    return session.scalars(
        select(Copy).where(Copy.chat_id == chat_id, Copy.slot == slot, Copy.state == CopyState.LIVE).order_by(Copy.id)
    ).all()
