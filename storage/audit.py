"""The audit chain (审计链): approvals, sends, recalls, exports and opened views, each entry bound to the one before.

An entry names people by row id only, so that erasing what identifies them leaves the chain valid.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, String, bindparam, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, insert_once
from storage.prepared import Prepared

START = "0" * 64


class AuditEntry(Base):
    """One entry of the chain; `hash` is SHA-256 over the previous hash and the canonical entry."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(24))
    topic: Mapped[str | None] = mapped_column(String(32), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain; updating it lets one entry in at a time."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(String(64))


_NEXT = Prepared(
    update(AuditHead)
    .where(AuditHead.id == 1)
    .values(count=AuditHead.count + 1)
    .returning(AuditHead.count, AuditHead.hash)
)
_ENTER = Prepared.insert(
    AuditEntry, ("id", "at", "actor_id", "action", "topic", "detail", "previous", "hash"), returning=False
)
_END = Prepared(update(AuditHead).where(AuditHead.id == 1).values(hash=bindparam("now_ends")))


def canonical(
    number: int, at: datetime, actor_id: int | None, action: str, topic: str | None, detail: Mapping[str, Any]
) -> bytes:
    """The bytes of an entry that are hashed: JSON with sorted keys, no spaces, UTC time in microseconds."""
    entry = {
        "n": number,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor_id,
        "action": action,
        "topic": topic,
        "detail": dict(detail),
    }
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def write(
    session: Session,
    action: str,
    now: datetime,
    *,
    actor_id: int | None = None,
    topic: str | None = None,
    **detail: Any,  # noqa: ANN401 - what a JSON object holds
) -> str:
    """Add an entry and return its hash; `detail` holds no personal data."""
    head = _NEXT.first(session)
    if head is None:
        insert_once(session, AuditHead, {"id": 1, "count": 0, "hash": START})
        head = _NEXT.first(session)
    number, previous = head
    entry = canonical(number, now, actor_id, action, topic, detail)
    entry_hash = hashlib.sha256(previous.encode() + entry).hexdigest()
    _ENTER.run(
        session,
        id=number,
        at=now,
        actor_id=actor_id,
        action=action,
        topic=topic,
        detail=detail,
        previous=previous,
        hash=entry_hash,
    )
    _END.run(session, now_ends=entry_hash)
    return entry_hash
