"""Leases (租约): which process owns an account's drain, its ear, a share of the chats; the epoch rises with each owner.

A lease lasts a few seconds and is renewed each second. Who was stopped in the meantime and goes on holds an epoch
that is no longer the newest: every claim and settle asks `holds` in its own transaction and finds that out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, String, and_, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, affected, insert_once

LONGEST = timedelta(seconds=10)
"""No lease is given for longer: one that ends later was given before the clock jumped back, and counts as over."""


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


def _over(now: datetime) -> ColumnElement[bool]:
    return or_(Lease.owner == "", Lease.expires_at <= now, Lease.expires_at > now + LONGEST)


def take(session: Session, name: str, owner: str, now: datetime, expires_at: datetime) -> int | None:
    """Own `name` until then: the epoch, or None while somebody else owns it."""
    this = update(Lease).where(Lease.name == name)
    epoch: int | None = session.scalar(
        this.where(Lease.owner == owner).values(expires_at=expires_at).returning(Lease.epoch)
    )
    if epoch is None:
        values = {"owner": owner, "epoch": Lease.epoch + 1, "expires_at": expires_at}
        epoch = session.scalar(this.where(_over(now)).values(values).returning(Lease.epoch))
    if epoch is None and session.scalar(select(Lease.id).where(Lease.name == name)) is None:
        # Not before: each insert, also one in vain, uses up a number of PostgreSQL's.
        first = {"name": name, "owner": owner, "epoch": 1, "expires_at": expires_at}
        epoch = 1 if insert_once(session, Lease, first) is not None else None
    return epoch


def is_free(session: Session, name: str, now: datetime) -> bool:
    """Whether nobody owns `name` now; taken without a lock, so it is only a first look."""
    return session.scalar(select(Lease.id).where(Lease.name == name, ~_over(now))) is None


def holds(session: Session, name: str, owner: str, epoch: int) -> bool:
    """Whether `owner` still owns `name` under that epoch; nobody else can take it until this transaction ends."""
    mine = and_(Lease.name == name, Lease.owner == owner, Lease.epoch == epoch)
    return session.scalar(select(Lease.id).where(mine).with_for_update(read=True)) is not None


def held(session: Session, now: datetime) -> Sequence[Held]:
    """Every lease somebody holds now; a first look as well."""
    rows = session.execute(select(Lease.name, Lease.owner).where(~_over(now)).order_by(Lease.name))
    return [Held(*row) for row in rows]


def give_back(session: Session, name: str, owner: str, now: datetime) -> None:
    """Let the next owner in at once."""
    session.execute(update(Lease).where(Lease.name == name, Lease.owner == owner).values(owner="", expires_at=now))


def forget(session: Session, prefix: str, before: datetime) -> int:
    """Drop leases of that kind that nobody renewed since; how many."""
    return affected(
        session.execute(delete(Lease).where(Lease.name.startswith(prefix, autoescape=True), Lease.expires_at < before))
    )
