"""Media (图片、语音、视频): wanted by reference, fetched in time, kept re-encoded and sealed as rows."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import keys, purposes
from storage.database import Base, affected, insert_once
from storage.sealing import Erased


class MediumKind(StrEnum):
    """What kind of medium."""

    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"


class MediumState(StrEnum):
    """Whether the bytes are here."""

    WANTED = "wanted"
    READY = "ready"
    FAILED = "failed"
    ERASED = "erased"


class Medium(Base):
    """A medium; `source` says where it can be fetched, `blob` holds it, both sealed.

    `name` is what a file made here is called (发送情况-反4.xlsx), never what somebody called theirs.
    """

    __tablename__ = "media"
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[MediumKind]
    state: Mapped[MediumState] = mapped_column(index=True)
    source: Mapped[bytes | None] = mapped_column(LargeBinary)
    blob: Mapped[bytes | None] = mapped_column(LargeBinary)
    mime: Mapped[str | None] = mapped_column(String(80))
    name: Mapped[str | None] = mapped_column(String(64))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None] = mapped_column(Integer)
    width: Mapped[int | None]
    height: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None] = mapped_column(String(60))
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class Upload(Base):
    """The id under which a platform already has a medium, so that it is uploaded once."""

    __tablename__ = "uploads"
    __table_args__ = (UniqueConstraint("medium_id", "account"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    medium_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"))
    account: Mapped[str] = mapped_column(String(32))
    file_id: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]


def want(session: Session, kind: MediumKind, source: Mapping[str, Any], now: datetime) -> int:
    """Note a medium to be fetched; `source` is the channel's own reference with its account, and who sent it.

    Raises ExtraField where it holds more, such as the name a file had on somebody's telephone.
    """
    purposes.only("media.source", purposes.SOURCE, source)
    key_id = keys.new(session, now)
    medium = Medium(
        key_id=key_id,
        kind=kind,
        state=MediumState.WANTED,
        source=keys.seal_json(session, key_id, "media.source", source),
        next_at=now,
        created_at=now,
    )
    session.add(medium)
    session.flush()
    session.info["woken"] = True
    return medium.id


def made(
    session: Session, kind: MediumKind, blob: bytes, mime: str, name: str, now: datetime, *, expires_at: datetime
) -> int:
    """Keep a medium made here, ready to be sent; its id. `name` holds nothing of a person."""
    key_id = keys.new(session, now)
    medium = Medium(
        key_id=key_id, kind=kind, state=MediumState.WANTED, name=name, created_at=now, expires_at=expires_at
    )
    session.add(medium)
    session.flush()
    store(session, medium.id, blob, mime, hashlib.sha256(blob).hexdigest())
    return medium.id


def get(session: Session, medium_id: int) -> Medium:
    """The medium with this id."""
    return session.get_one(Medium, medium_id)


def find(session: Session, medium_id: int) -> Medium | None:
    """The medium with this id, None where there is none."""
    return session.get(Medium, medium_id)


def source_of(session: Session, medium: Medium) -> dict[str, Any]:
    """Where a medium can be fetched."""
    return keys.open_json(session, medium.key_id, "media.source", medium.source)


def due(session: Session, now: datetime, most: int = 20) -> Sequence[Medium]:
    """Media to be fetched now, oldest first."""
    return session.scalars(
        select(Medium).where(Medium.state == MediumState.WANTED, Medium.next_at <= now).order_by(Medium.id).limit(most)
    ).all()


def store(
    session: Session,
    medium_id: int,
    blob: bytes,
    mime: str,
    sha256: str,
    *,
    width: int | None = None,
    height: int | None = None,
) -> None:
    """Keep a fetched and re-encoded medium; its reference is no longer needed."""
    medium = get(session, medium_id)
    medium.blob = keys.seal(session, medium.key_id, "media.blob", blob)
    medium.state, medium.mime, medium.sha256, medium.size = MediumState.READY, mime, sha256, len(blob)
    medium.width, medium.height, medium.source, medium.next_at = width, height, None, None
    session.flush()
    session.info["woken"] = True


def blob_of(session: Session, medium_id: int) -> bytes | None:
    """The bytes of a medium, None when it is not here."""
    medium = session.get(Medium, medium_id)
    if medium is None or medium.blob is None or medium.state != MediumState.READY:
        return None
    try:
        return keys.open_bytes(session, medium.key_id, "media.blob", medium.blob)
    except Erased:
        return None


def retry(session: Session, medium_id: int, next_at: datetime) -> None:
    """Try to fetch again at that moment."""
    medium = get(session, medium_id)
    medium.attempts, medium.next_at = medium.attempts + 1, next_at
    session.flush()


def fail(session: Session, medium_id: int, reason: str) -> None:
    """Give a medium up; what waits for it goes on without it."""
    session.execute(
        update(Medium)
        .where(Medium.id == medium_id, Medium.state == MediumState.WANTED)
        .values(state=MediumState.FAILED, reason=reason, source=None, next_at=None)
    )
    session.info["woken"] = True


def erase(session: Session, medium_id: int) -> None:
    """Erase a medium: its key, its bytes, its reference, and the ids under which platforms would still show it."""
    medium = session.get(Medium, medium_id)
    if medium is not None:
        keys.erase(session, medium.key_id)
        session.execute(delete(Upload).where(Upload.medium_id == medium_id))
        medium.state, medium.blob, medium.source, medium.next_at = MediumState.ERASED, None, None, None
        session.flush()


def upload_of(session: Session, medium_id: int, account: str) -> str | None:
    """The platform's id of a medium uploaded before."""
    return session.scalar(select(Upload.file_id).where(Upload.medium_id == medium_id, Upload.account == account))


def note_upload(session: Session, medium_id: int, account: str, file_id: str, now: datetime) -> None:
    """Remember under which id a platform has a medium; one known before no longer works, or it would not be new."""
    forget_upload(session, medium_id, account)
    insert_once(
        session,
        Upload,
        {"medium_id": medium_id, "account": account, "file_id": file_id, "created_at": now},
    )


def forget_upload(session: Session, medium_id: int, account: str) -> bool:
    """Drop a platform id that no longer works."""
    gone = session.execute(delete(Upload).where(Upload.medium_id == medium_id, Upload.account == account))
    return bool(affected(gone))
