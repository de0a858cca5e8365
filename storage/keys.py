"""Data keys: one a record or person, wrapped; dropping the row erases all that was sealed under it."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, String, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import sealing
from storage.database import Base
from storage.prepared import Prepared
from storage.sealing import Erased


class DataKey(Base):
    """A wrapped data key; `id` also names the row whose values it seals."""

    __tablename__ = "data_keys"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


_INSERT = Prepared.insert(DataKey, ("id", "wrapped", "created_at"), returning=False)
_WRAPPED = Prepared(select(DataKey.wrapped).where(DataKey.id == bindparam("key_id")))


def new(session: Session, now: datetime) -> str:
    """Make a data key and return its id."""
    key_id = os.urandom(16).hex()
    data_key = os.urandom(32)
    wrapped = sealing.keys_of(session).wrap(data_key, key_id)
    _INSERT.run(session, id=key_id, wrapped=wrapped, created_at=now)
    _cache(session)[key_id] = data_key
    return key_id


def seal(session: Session, key_id: str, column: str, value: str | bytes) -> bytes:
    """Seal a value; `column` is `table.column`. Raises Erased when the key has been dropped."""
    return sealing.encrypt(_data_key(session, key_id), _place(column, key_id), value)


def open_bytes(session: Session, key_id: str, column: str, blob: bytes) -> bytes:
    """Open a sealed value; raises Erased when its key has been dropped, Tampered when it was changed."""
    return sealing.decrypt(_data_key(session, key_id), _place(column, key_id), blob)


def open_text(session: Session, key_id: str | None, column: str, blob: bytes | None) -> str:
    """Open a sealed text; an absent or erased one reads as empty."""
    if blob is None or key_id is None:
        return ""
    try:
        return open_bytes(session, key_id, column, blob).decode()
    except Erased:
        return ""


def seal_json(session: Session, key_id: str, column: str, value: Mapping[str, Any]) -> bytes:
    """Seal a JSON object."""
    return seal(session, key_id, column, json.dumps(dict(value), ensure_ascii=False))


def open_json(session: Session, key_id: str | None, column: str, blob: bytes | None) -> dict[str, Any]:
    """Open a sealed JSON object; an absent or erased one reads as empty."""
    text = open_text(session, key_id, column, blob)
    loaded: dict[str, Any] = json.loads(text) if text else {}
    return loaded


def erase(session: Session, key_id: str) -> None:
    """Drop the key: everything sealed under it is gone for good."""
    session.execute(delete(DataKey).where(DataKey.id == key_id))
    _cache(session).pop(key_id, None)
    session.info["keys_erased"] = erased(session) + 1


def erased(session: Session) -> int:
    """How many keys were dropped in this session so far."""
    count: int = session.info.get("keys_erased", 0)
    return count


def _place(column: str, key_id: str) -> str:
    table, _, name = column.partition(".")
    return f"{table}|{key_id}|{name}"


def _cache(session: Session) -> dict[str, bytes]:
    cache: dict[str, bytes] = session.info.setdefault("data_keys", {})
    return cache


def _data_key(session: Session, key_id: str) -> bytes:
    cache = _cache(session)
    if key_id not in cache:
        wrapped = _WRAPPED.scalar(session, key_id=key_id)
        if wrapped is None:
            raise Erased(key_id)
        cache[key_id] = sealing.keys_of(session).unwrap(wrapped, key_id)
    return cache[key_id]
