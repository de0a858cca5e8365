"""Ending (终止): calls that are stopped, given up, over, or wanted once more; and what was said in ended ones goes."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, or_, update
from sqlalchemy.orm import Session

from storage import states
from storage.contents import Content
from storage.database import affected
from storage.lanes import Lane
from storage.outbox import FLYING, WAITING_HERE, CallKind, OutboxRow, OutboxState, Waits


def stop(session: Session, topic: str, now: datetime, reason: str = "recalled") -> int:
    """Stop every copy of a record that has not left yet; how many."""
    calls = OutboxRow.kind.in_([CallKind.SEND, CallKind.EDIT])
    return end(session, OutboxState.RECALLED, now, reason, OutboxRow.topic == topic, calls)


def stop_asked(session: Session, topic: str, now: datetime, reason: str = "recalled") -> int:
    """Stop what of a record was asked for by one reader, or shown to one, and has not left yet; how many."""
    alone = OutboxRow.delivery_id.is_(None), OutboxRow.change_id.is_(None), OutboxRow.kind == CallKind.SEND
    return end(session, OutboxState.RECALLED, now, reason, OutboxRow.topic == topic, *alone)


def stop_chat(session: Session, chat_id: int, now: datetime, reason: str = "left") -> int:
    """Stop everything still waiting to be said in a chat; how many."""
    here = OutboxRow.chat_id == chat_id
    return end(session, OutboxState.RECALLED, now, reason, here, OutboxRow.kind == CallKind.SEND)


def stop_unasked(session: Session, chat_id: int, now: datetime) -> int:
    """Stop what was to be sent to many and waits to go to somebody who wants no such thing any more; how many."""
    bulk = OutboxRow.chat_id == chat_id, OutboxRow.lane == Lane.BULK, OutboxRow.kind == CallKind.SEND
    return end(session, OutboxState.RECALLED, now, "unsubscribed", *bulk)


def end(session: Session, state: OutboxState, now: datetime, reason: str, *where: ColumnElement[bool]) -> int:
    """End waiting calls without making them; how many. One on the wire that should be stopped does not leave again."""
    if state is OutboxState.RECALLED:
        session.execute(
            update(OutboxRow).where(FLYING, *where).values(waits=Waits.STOPPED),
            execution_options={"synchronize_session": False},
        )
    ended = session.execute(
        update(OutboxRow).where(WAITING_HERE, *where).values(state=state, done_at=now, reason=reason, waits=None),
        execution_options={"synchronize_session": False},
    )
    return affected(ended)


def queue_again(session: Session, *where: ColumnElement[bool], now: datetime) -> int:
    """Queue ended calls once more because a person wants it, as far as their time is not over; how many."""
    queued = session.execute(
        update(OutboxRow)
        .where(*where, or_(OutboxRow.expires_at.is_(None), OutboxRow.expires_at > now))
        .values(state=OutboxState.QUEUED, waits=None, attempts=0, done_at=None, not_before=None),
        execution_options={"synchronize_session": False},
    )
    session.info["woken"] = True
    return affected(queued)


_ANY_EXPIRED = states.AnyRow(OutboxRow.id, WAITING_HERE, OutboxRow.expires_at <= bindparam("now"))


def any_expired(session: Session, now: datetime) -> bool:
    """Whether a call's time has passed before it could leave."""
    return _ANY_EXPIRED(session, now=now)


def give_up(session: Session, before: datetime) -> int:
    """Give up calls that have waited since before that moment for a chat that never opened; how many."""
    due = or_(OutboxRow.not_before.is_(None), OutboxRow.not_before < before)
    return end(session, OutboxState.DEAD, before, "waited", OutboxRow.created_at < before, due)


def expire(session: Session, now: datetime) -> int:
    """Give up calls whose time has passed before they could leave; how many."""
    return end(session, OutboxState.DEAD, now, "expired", OutboxRow.expires_at <= now)


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
