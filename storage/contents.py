"""Contents (内容): what is said, sealed once however many chats it goes to; dropped a while after the last call."""

import os
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, bindparam, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import sealing
from storage.database import Base
from storage.prepared import Prepared, get


class Content(Base):
    """What is said, sealed under a key in the row itself; dropped some time after the last copy has gone out."""

    __tablename__ = "contents"
    __table_args__ = (
        Index(
            "ix_contents_kept",
            "created_at",
            sqlite_where=text("wrapped IS NOT NULL"),
            postgresql_where=text("wrapped IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class ContentMedium(Base):
    """A medium a content shows; a call waits until its media are fetched or given up."""

    __tablename__ = "content_media"
    content_id: Mapped[int] = mapped_column(ForeignKey("contents.id", ondelete="CASCADE"), primary_key=True)
    medium_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True, index=True)


_INSERT = Prepared.insert(Content, ("created_at",))
_SEAL = Prepared(
    update(Content)
    .where(Content.id == bindparam("content"))
    .values(wrapped=bindparam("wrapped"), payload=bindparam("payload"))
)
_SHOW = Prepared.insert(ContentMedium, ("content_id", "medium_id"), returning=False)


def keep(session: Session, payload: bytes, media: Iterable[int], now: datetime) -> int:
    """Seal what will be said and return its content id; `media` are ids it must wait for."""
    data_key = os.urandom(32)
    content_id: int = _INSERT.scalar(session, created_at=now)
    # In two steps: what is sealed is bound to the row's id, which the database gives.
    name = f"contents|{content_id}"
    wrapped = sealing.keys_of(session).wrap(data_key, name)
    sealed = sealing.encrypt(data_key, f"{name}|payload", payload)
    _SEAL.run(session, content=content_id, wrapped=wrapped, payload=sealed)
    for medium in media:
        _SHOW.run(session, content_id=content_id, medium_id=medium)
    return content_id


def payload_of(session: Session, content_id: int) -> bytes | None:
    """What a content says, None once it has been dropped."""
    content = get(session, Content, content_id)
    if content is None or content.wrapped is None or content.payload is None:
        return None
    name = f"contents|{content.id}"
    data_key = sealing.keys_of(session).unwrap(content.wrapped, name)
    return sealing.decrypt(data_key, f"{name}|payload", content.payload)


def drop(session: Session, content_id: int) -> None:
    """Drop what a content says at once: it was for one pair of eyes, and they have seen it."""
    session.execute(update(Content).where(Content.id == content_id).values(wrapped=None, payload=None))


def is_kept(session: Session, content_id: int | None) -> bool:
    """Whether what a content says is still here."""
    if content_id is None:
        return False
    kept = select(Content.id).where(Content.id == content_id, Content.wrapped.is_not(None))
    return session.scalar(kept) is not None
