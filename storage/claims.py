"""Claims (认领): how a drain's owner takes calls from the outbox, and how they end.

Every claim and every settlement looks at the owner's epoch, so that an owner that was frozen and replaced can change
nothing when it wakes.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, bindparam, case, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from storage import copies
from storage.chats import Chat, ChatKind, ChatState
from storage.copies import Copy
from storage.database import affected
from storage.lanes import AFTER_CRASH, Fate, Lane
from storage.outbox import FLYING, QUEUED, WAITING_HERE, CallKind, OutboxRow, OutboxState, Waits
from storage.prepared import Prepared
from storage.waiting import medium_wanted

REPEATABLE = frozenset({CallKind.EDIT, CallKind.DELETE, CallKind.ANSWER})
"""What can be made twice without anybody seeing it twice."""


class Front(NamedTuple):
    """A call that could go next, as far as it is up to the call."""

    id: int
    chat_id: int
    lane: Lane
    kind: CallKind
    slot: str | None
    copy_id: int | None
    content_id: int | None
    created_at: datetime
    chat_kind: ChatKind
    chat_state: ChatState


_FRONT = (
    select(
        OutboxRow.id,
        OutboxRow.chat_id,
        OutboxRow.lane,
        OutboxRow.kind,
        OutboxRow.slot,
        OutboxRow.copy_id,
        OutboxRow.content_id,
        OutboxRow.created_at,
        Chat.kind.label("chat_kind"),
        Chat.state.label("chat_state"),
    )
    .join(Chat, Chat.id == OutboxRow.chat_id)
    .where(QUEUED)
    .order_by(OutboxRow.lane, OutboxRow.rank, OutboxRow.id)
)
_READY = _FRONT.where(OutboxRow.waits.is_(None), OutboxRow.account == bindparam("of")).limit(
    bindparam("most", type_=Integer)
)
_FIRST, _FIRST_IN_LANE = Prepared(_READY), Prepared(_READY.where(OutboxRow.lane == bindparam("within")))
_FIRST_OF_CHAT = Prepared(
    _FRONT.where(
        WAITING_HERE,
        OutboxRow.chat_id == bindparam("place"),
        func.coalesce(OutboxRow.waits, Waits.ROOM) == Waits.ROOM,
    ).limit(1)
)


_CLAIM = Prepared(
    update(OutboxRow)
    .where(
        OutboxRow.id == bindparam("row"),
        OutboxRow.state == OutboxState.QUEUED,
        or_(OutboxRow.expires_at.is_(None), OutboxRow.expires_at > bindparam("moment")),
        ~medium_wanted(OutboxRow.content_id),
    )
    .values(
        state=OutboxState.SENDING,
        waits=None,
        kind=bindparam("asked"),
        epoch=bindparam("owned"),
        sending_at=bindparam("moment"),
        done_at=None,
        attempts=OutboxRow.attempts + 1,
    )
    .returning(*OutboxRow.__table__.c)
)
_SETTLE = Prepared(
    update(OutboxRow)
    .where(
        OutboxRow.id == bindparam("row"),
        OutboxRow.state == OutboxState.SENDING,
        OutboxRow.epoch == bindparam("owned"),
    )
    .values(state=bindparam("ended"), done_at=bindparam("moment"), reason=bindparam("why"), waits=None)
    .returning(OutboxRow.chat_id)
)


def front(session: Session, account: str, most: int, lane: Lane | None = None) -> Sequence[Front]:
    """The next calls of an account that wait for nothing, in the order in which they should go."""
    if lane is not None:
        return [Front._make(row) for row in _FIRST_IN_LANE.all(session, of=account, most=most, within=lane)]
    return [Front._make(row) for row in _FIRST.all(session, of=account, most=most)]


def first_of(session: Session, chat_id: int) -> Front | None:
    """The next call of a chat, whether or not it waits for room there."""
    row = _FIRST_OF_CHAT.first(session, place=chat_id)
    return Front._make(row) if row is not None else None


def claim(session: Session, row_id: int, epoch: int, now: datetime, kind: CallKind) -> OutboxRow | None:
    """Mark a call `sending`, which the caller commits before the wire.

    None where it was stopped, replaced or is over, or shows a medium that is still to be fetched. `kind` is what will
    really be asked of the wire: an edit of what stands nowhere is a send.
    """
    return _CLAIM.entity(session, OutboxRow, row=row_id, owned=epoch, moment=now, asked=kind)


def settle(
    session: Session, row_id: int, epoch: int, state: OutboxState, now: datetime, reason: str | None = None
) -> int | None:
    """Note how a call ended; the chat it belongs to now, None when it no longer belongs to this owner."""
    settled: int | None = _SETTLE.scalar(session, row=row_id, owned=epoch, ended=state, moment=now, why=reason)
    return settled


def _overtaken() -> ColumnElement[bool]:
    """Whether a newer revision of the same message, or a newer change of the same copy, was queued."""
    newer = aliased(OutboxRow)
    row = OutboxRow
    revised = exists().where(newer.chat_id == row.chat_id, newer.slot == row.slot, newer.revision > row.revision)
    changed = exists().where(Copy.id == row.copy_id, Copy.change_id > row.change_id)
    return or_(revised, changed)


def is_wanted(session: Session, row_id: int) -> bool:
    """Whether a call on the wire should leave once more if it comes back: not stopped or overtaken meanwhile."""
    unwanted = or_(func.coalesce(OutboxRow.waits, Waits.TIME) == Waits.STOPPED, _overtaken())
    return session.scalar(select(OutboxRow.id).where(OutboxRow.id == row_id, ~unwanted)) is not None


def chat_of(session: Session, row_id: int) -> Chat:
    """The chat a call belongs to now."""
    return session.scalars(
        select(Chat).join(OutboxRow, OutboxRow.chat_id == Chat.id).where(OutboxRow.id == row_id)
    ).one()


def postpone(
    session: Session,
    row_id: int,
    epoch: int,
    reason: str,
    now: datetime,
    *,
    not_before: datetime | None = None,
    counts: bool = True,
    without: str | None = None,
) -> bool:
    """Put a call back into the queue, not to be made before a moment; False when it belongs to another owner.

    One that was stopped or overtaken meanwhile ends, one whose delivery was paused waits for that. `counts` tells
    whether the failure was the call's own; `without` is what shall be left out the next time.
    """
    row = OutboxRow
    stopped, overtaken = row.waits == Waits.STOPPED, _overtaken()
    then = Waits.TIME if not_before is not None else None
    values: dict[object, object] = {
        row.state: case((stopped, OutboxState.RECALLED), (overtaken, OutboxState.REPLACED), else_=OutboxState.QUEUED),
        row.waits: case((stopped, None), (row.waits == Waits.PAUSED, Waits.PAUSED), else_=then),
        row.done_at: case((or_(stopped, overtaken), now), else_=None),
        row.not_before: not_before,
        row.reason: reason,
        row.attempts: row.attempts if counts else row.attempts - 1,
    }
    if without is not None:
        values[row.without] = func.trim(func.coalesce(row.without, "") + " " + without)
    moved = session.execute(
        update(row).where(row.id == row_id, row.state == OutboxState.SENDING, row.epoch == epoch).values(values),
        execution_options={"synchronize_session": False},
    )
    return bool(affected(moved))


def hold(session: Session, row_id: int, epoch: int) -> bool:
    """Put a call back until its reader opens the private talk; False when it belongs to another owner."""
    row = OutboxRow
    stopped = row.waits == Waits.STOPPED
    held = session.execute(
        update(row)
        .where(row.id == row_id, row.state == OutboxState.SENDING, row.epoch == epoch)
        .values(
            state=case((stopped, OutboxState.RECALLED), else_=OutboxState.HELD),
            waits=None,
            reason="window",
            attempts=row.attempts - 1,
        ),
        execution_options={"synchronize_session": False},
    )
    return bool(affected(held))


def is_repeated(row: OutboxRow, now: datetime, remembers: timedelta | None) -> bool:
    """Whether a call is made again when nobody knows whether it arrived.

    `remembers` is for how long the platform recognises a repeated call by its key, None where it does not.
    """
    if row.kind in REPEATABLE or AFTER_CRASH[row.lane] is Fate.AGAIN:
        return True
    return remembers is not None and row.sending_at is not None and now - row.sending_at < remembers


def recover(
    session: Session,
    account: str,
    now: datetime,
    remembers: timedelta | None = None,
    *,
    but: Mapping[int, int] | None = None,
) -> tuple[int, int]:
    """After a crash: make urgent calls again, show routine ones as unsure; how many of each.

    A copy of a record that may stand somewhere is noted in the ledger either way, though nobody knows its id. `but`
    are calls (row id: epoch) this process itself has in hand and will settle.
    """
    own = but or {}
    found = session.scalars(select(OutboxRow).where(FLYING, OutboxRow.account == account).with_for_update()).all()
    flying, again = [row for row in found if own.get(row.id) != row.epoch], 0
    for row in flying:
        note_unsure_copy(session, row, now)
        wanted = is_wanted(session, row.id)
        if is_repeated(row, now, remembers) and wanted:
            row.state, row.reason = OutboxState.QUEUED, "crash"
            again += 1
        elif row.kind in REPEATABLE and not wanted:
            row.state, row.waits, row.done_at, row.reason = OutboxState.REPLACED, None, now, "crash"
        else:
            row.state, row.waits, row.done_at, row.reason = OutboxState.UNSURE, None, now, "crash"
    session.flush()
    return again, len(flying) - again


def put_back_lost(session: Session, account: str, epoch: int, now: datetime, but: Collection[int]) -> int:
    """Queue again what this owner claimed without hearing that it had, so that it was never made; how many.

    `but` are the calls it knows of.
    """
    lost = session.scalars(
        select(OutboxRow.id).where(FLYING, OutboxRow.account == account, OutboxRow.epoch == epoch)
    ).all()
    return sum(postpone(session, one, epoch, "lost", now, counts=False) for one in lost if one not in but)


def note_unsure_copy(session: Session, row: OutboxRow, now: datetime) -> None:
    """A copy that may stand there counts in the ledger."""
    if row.kind is CallKind.SEND and row.topic is not None and row.copy_id is None:
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
