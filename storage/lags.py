"""Lags (积压): how old is what waits, and how much of it there is; for watching only, nothing is changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from storage.accounts import Account
from storage.floods import Flood
from storage.inbox import InboxRow, InboxState
from storage.lanes import Lane
from storage.leases import Lease
from storage.outbox import QUEUED, UNSURE, OutboxRow, OutboxState, Waits
from storage.prepared import Prepared


class Waiting(NamedTuple):
    """So many calls of an account and a lane that wait for the same thing (None: for their turn)."""

    account: str
    lane: Lane
    waits: Waits | None
    number: int


_ACCOUNTS = Prepared(select(Account.name).order_by(Account.name))
_FIRST = Prepared(
    select(OutboxRow.created_at, OutboxRow.not_before)
    .where(
        OutboxRow.account == bindparam("speaks"),
        QUEUED,
        OutboxRow.waits.is_(None),
        OutboxRow.lane == bindparam("along"),
    )
    .order_by(OutboxRow.rank, OutboxRow.id)
    .limit(1)
)
_LATE = Prepared(
    select(OutboxRow.lane, func.min(OutboxRow.not_before))
    .where(
        OutboxRow.account == bindparam("speaks"),
        QUEUED,
        OutboxRow.waits == Waits.TIME,
        OutboxRow.not_before <= bindparam("now"),
    )
    .group_by(OutboxRow.lane)
)
_SENT = Prepared(
    select(OutboxRow.done_at)
    .where(
        OutboxRow.account == bindparam("speaks"),
        OutboxRow.sending_at.is_not(None),
        OutboxRow.state == OutboxState.SENT,
    )
    .order_by(OutboxRow.sending_at.desc())
    .limit(1)
)


def accounts(session: Session) -> Sequence[str]:
    """The accounts that ever started here."""
    return [name for (name,) in _ACCOUNTS.all(session)]


def ready_since(session: Session, account: str, lanes: Iterable[Lane], now: datetime) -> dict[Lane, datetime]:
    """Since when the oldest call of each lane could go; lanes without one are left out.

    A call in a chat that has no room, or that is paused, could not. One that was put off could once its moment came.
    """
    wanted, found = set(lanes), dict[Lane, datetime]()
    for lane in wanted:
        first = _FIRST.first(session, speaks=account, along=lane)
        if first is not None:
            created_at, not_before = first
            found[lane] = max(created_at, not_before or created_at)
    for lane, moment in _LATE.all(session, speaks=account, now=now):
        if lane in wanted and moment is not None:
            found[lane] = min(moment, found.get(lane, moment))
    return found


def last_sent(session: Session, account: str) -> datetime | None:
    """When the account's last call that was taken ended."""
    found: datetime | None = _SENT.scalar(session, speaks=account)
    return found


def queued(session: Session) -> list[Waiting]:
    """All calls that wait, counted; reads an entry of an index for each of them."""
    rows = session.execute(
        select(OutboxRow.account, OutboxRow.lane, OutboxRow.waits, func.count())
        .where(QUEUED)
        .group_by(OutboxRow.account, OutboxRow.lane, OutboxRow.waits)
    )
    return [Waiting(account, lane, waits, count) for account, lane, waits, count in rows]


def unsure(session: Session) -> dict[str, int]:
    """Calls nobody knows about whether they arrived, by account."""
    rows = session.execute(select(OutboxRow.account, func.count()).where(UNSURE).group_by(OutboxRow.account))
    return {account: count for account, count in rows}


def oldest_message(session: Session) -> datetime | None:
    """When the message came that has waited longest for an answer."""
    return session.scalar(select(func.min(InboxRow.received_at)).where(InboxRow.state == InboxState.NEW))


def messages(session: Session) -> dict[InboxState, int]:
    """Messages that wait for an answer, and those set aside for which a payload is still kept."""
    waits = select(func.count()).where(InboxRow.state == InboxState.NEW)
    aside = select(func.count()).where(InboxRow.state == InboxState.ASIDE, InboxRow.wrapped.is_not(None))
    return {InboxState.NEW: session.scalar(waits) or 0, InboxState.ASIDE: session.scalar(aside) or 0}


def folded(session: Session) -> int:
    """Messages folded into floods of the last day."""
    return int(session.scalar(select(func.sum(Flood.count))) or 0)


def leases(session: Session, now: datetime) -> list[tuple[str, int, bool]]:
    """Name, epoch and whether somebody holds it, of every lease of an account."""
    rows = session.execute(select(Lease.name, Lease.epoch, Lease.owner, Lease.expires_at).order_by(Lease.name))
    return [(name, epoch, bool(owner) and until > now) for name, epoch, owner, until in rows if ":" in name]
