"""Leases (租约): which process owns an account's drain; the epoch rises with each new owner."""

from datetime import datetime

from sqlalchemy import String, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, affected, insert_once


class Lease(Base):
    """Who owns what until when."""

    __tablename__ = "leases"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    owner: Mapped[str] = mapped_column(String(64), default="")
    epoch: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime]


def take(session: Session, name: str, owner: str, now: datetime, expires_at: datetime) -> int | None:
    """Own `name` until then: the epoch, or None while somebody else owns it.

    A lease that ends later than one taken now by more than its own span was taken before the clock was set back; it
    counts as over.
    """
    insert_once(session, Lease, {"name": name, "owner": "", "epoch": 0, "expires_at": now})
    too_long = expires_at + (expires_at - now)
    over = or_(Lease.expires_at <= now, Lease.expires_at > too_long, Lease.owner == "")
    session.execute(
        update(Lease).where(Lease.name == name, Lease.owner != owner, over).values(owner=owner, epoch=Lease.epoch + 1)
    )
    held = session.execute(update(Lease).where(Lease.name == name, Lease.owner == owner).values(expires_at=expires_at))
    if not affected(held):
        return None
    return session.scalar(select(Lease.epoch).where(Lease.name == name))


def holds(session: Session, name: str, owner: str, epoch: int) -> bool:
    """Whether this owner of this epoch still owns `name`; nobody else can take it before the transaction ends."""
    found = session.scalar(
        select(Lease.id)
        .where(Lease.name == name, Lease.owner == owner, Lease.epoch == epoch)
        .with_for_update(read=True)
    )
    return found is not None


def is_free(session: Session, name: str, now: datetime) -> bool:
    """Whether nobody owns `name` now; taken without a lock, so it is only a first look."""
    held = select(Lease.id).where(Lease.name == name, Lease.owner != "", Lease.expires_at > now)
    return session.scalar(held) is None


def give_back(session: Session, name: str, owner: str, now: datetime) -> None:
    """Let the next owner in at once."""
    session.execute(update(Lease).where(Lease.name == name, Lease.owner == owner).values(owner="", expires_at=now))
