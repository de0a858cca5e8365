"""Receipts (回执): 16 random digits by which whoever told a tip comes back to it; kept only as a keyed digest.

A receipt lives as long as its tip: it goes when the tip becomes a tombstone (`storage/keeping.py`).
"""

import secrets
from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import sealing
from storage.database import Base
from storage.incidents import Incident

DIGITS = 16


class Receipt(Base):
    """The receipt of a tip; a new one takes the old one's place."""

    __tablename__ = "receipts"
    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"), unique=True)
    digest: Mapped[str] = mapped_column(String(32), unique=True)
    created_at: Mapped[datetime]


def give(session: Session, incident: Incident, now: datetime) -> str:
    """Make a tip's receipt and return its 16 digits, which nobody can read again; an earlier one is void."""
    drop(session, incident)
    digits = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    session.add(Receipt(incident_id=incident.id, digest=_digest(session, digits), created_at=now))
    session.flush()
    return digits


def find(session: Session, digits: str) -> Incident | None:
    """The tip of this receipt; None for a number that is none, and for one whose tip is a tombstone.

    The work is the same for any `digits`, an empty string too.
    """
    return session.scalar(
        select(Incident)
        .join(Receipt, Receipt.incident_id == Incident.id)
        .where(Receipt.digest == _digest(session, digits), Incident.text.is_not(None))
    )


def is_given(session: Session, incident: Incident) -> bool:
    """Whether there is a receipt of this tip; which one, nobody can tell."""
    return session.scalar(select(Receipt.id).where(Receipt.incident_id == incident.id)) is not None


def drop(session: Session, incident: Incident) -> None:
    """Make a tip's receipt void."""
    session.execute(delete(Receipt).where(Receipt.incident_id == incident.id))


def _digest(session: Session, digits: str) -> str:
    return sealing.digest(session, "receipts", digits)
