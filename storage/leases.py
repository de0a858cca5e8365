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
    """Own `name` until then: the epoch, or None while somebody else owns it."""
    insert_once(session, Lease, {"name": name, "owner": "", "epoch": 0, "expires_at": now})
    session.execute(
        update(Lease)
        .where(Lease.name == name, Lease.owner != owner, or_(Lease.expires_at <= now, Lease.owner == ""))
        .values(owner=owner, epoch=Lease.epoch + 1)
    )
    held = session.execute(update(Lease).where(Lease.name == name, Lease.owner == owner).values(expires_at=expires_at))
    if not affected(held):
        return None
    return session.scalar(select(Lease.epoch).where(Lease.name == name))


def is_free(session: Session, name: str, now: datetime) -> bool:
    """Whether nobody owns `name` now; taken without a lock, so it is only a first look."""
    held = select(Lease.id).where(Lease.name == name, Lease.owner != "", Lease.expires_at > now)
    return session.scalar(held) is None


def give_back(session: Session, name: str, owner: str, now: datetime) -> None:
    """Let the next owner in at once."""
    session.execute(update(Lease).where(Lease.name == name, Lease.owner == owner).values(owner="", expires_at=now))
