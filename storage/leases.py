"""Leases (租约): which process owns an account's drain, its ear, a share of the chats; the epoch rises with each owner.

A lease lasts a few seconds and is renewed each second. Who was stopped in the meantime and goes on holds an epoch
that is no longer the newest: every claim and settle asks `holds` in its own transaction and finds that out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, String, bindparam, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import states
from storage.database import Base, affected, insert_once
from storage.prepared import Prepared

AT_WORK = timedelta(seconds=10)
"""No lease of a process at work (`kind:what`, renewed each second) is given for longer."""
LONGEST = timedelta(minutes=20)
"""No lease at all is given for longer."""


class Lease(Base):
    """Who owns what until when."""

    __tablename__ = "leases"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    owner: Mapped[str] = mapped_column(String(64), default="")
    epoch: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime]


class Held(NamedTuple):
    """A lease somebody holds now."""

    name: str
    owner: str


def _over(now: datetime, longest: timedelta) -> ColumnElement[bool]:
    """Ended or given back; or given before the clock was set back, since it ends later than any given now could."""
    return or_(Lease.owner == "", Lease.expires_at <= now, Lease.expires_at > now + longest)


def take(session: Session, name: str, owner: str, now: datetime, expires_at: datetime) -> int | None:
    """Own `name` until then: the epoch, or None while somebody else owns it."""
    this = update(Lease).where(Lease.name == name)
    epoch: int | None = session.scalar(
        this.where(Lease.owner == owner).values(expires_at=expires_at).returning(Lease.epoch)
    )
    if epoch is None:
        values = {"owner": owner, "epoch": Lease.epoch + 1, "expires_at": expires_at}
        over = _over(now, 2 * (expires_at - now))
        epoch = session.scalar(this.where(over).values(values).returning(Lease.epoch))
    if epoch is None and session.scalar(select(Lease.id).where(Lease.name == name)) is None:
        # Not before: each insert, also one in vain, uses up a number of PostgreSQL's.
        first = {"name": name, "owner": owner, "epoch": 1, "expires_at": expires_at}
        epoch = 1 if insert_once(session, Lease, first) is not None else None
    return epoch


_HELD = states.AnyRow(
    Lease.id,
    Lease.name == bindparam("named"),
    Lease.owner != "",
    Lease.expires_at > bindparam("now"),
    Lease.expires_at <= bindparam("last"),
)


def is_free(session: Session, name: str, now: datetime) -> bool:
    """Whether nobody owns `name` now; taken without a lock, so it is only a first look."""
    return not _HELD(session, named=name, now=now, last=now + LONGEST)


_HOLDS = Prepared(
    select(Lease.id)
    .where(Lease.name == bindparam("named"), Lease.owner == bindparam("by"), Lease.epoch == bindparam("under"))
    .with_for_update(read=True)
)


def holds(session: Session, name: str, owner: str, epoch: int) -> bool:
    """Whether `owner` still owns `name` under that epoch; nobody else can take it until this transaction ends."""
    return _HOLDS.scalar(session, named=name, by=owner, under=epoch) is not None


def held(session: Session, now: datetime) -> Sequence[Held]:
    """What processes at work hold now (`kind:what`); a first look as well."""
    at_work = Lease.name.contains(":"), ~_over(now, AT_WORK)
    return [Held(*row) for row in session.execute(select(Lease.name, Lease.owner).where(*at_work).order_by(Lease.name))]


def give_back(session: Session, name: str, owner: str, now: datetime) -> None:
    """Let the next owner in at once."""
    session.execute(update(Lease).where(Lease.name == name, Lease.owner == owner).values(owner="", expires_at=now))


def forget(session: Session, prefix: str, before: datetime) -> int:
    """Drop leases of that kind that nobody renewed since; how many."""
    return affected(
        session.execute(delete(Lease).where(Lease.name.startswith(prefix, autoescape=True), Lease.expires_at < before))
    )
