"""Bulletins (通报): anti-fraud warnings 反, other warnings 预, suspect notices 协; and who approved them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import codes, keys, purposes, states
from storage.database import Base
from storage.purposes import Purpose


class BulletinKind(StrEnum):
    """Kinds of bulletin; the value is the letter of its code."""

    FRAUD = "反"
    WARNING = "预"
    SUSPECT = "协"


class BulletinState(StrEnum):
    """起草 → 待批 → 已批 → 有效 → 到期 | 撤回; REJECTED and LAPSED were never sent."""

    DRAFT = "draft"
    WAITING = "waiting"
    APPROVED = "approved"
    LIVE = "live"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    RECALLED = "recalled"
    EXPIRED = "expired"


MOVES: Mapping[BulletinState, frozenset[BulletinState]] = {
    BulletinState.DRAFT: frozenset(
        {BulletinState.WAITING, BulletinState.APPROVED, BulletinState.LAPSED, BulletinState.RECALLED}
    ),
    BulletinState.WAITING: frozenset(
        {BulletinState.APPROVED, BulletinState.REJECTED, BulletinState.LAPSED, BulletinState.RECALLED}
    ),
    BulletinState.APPROVED: frozenset(
        {
            BulletinState.WAITING,
            BulletinState.LIVE,
            BulletinState.LAPSED,
            BulletinState.RECALLED,
            BulletinState.EXPIRED,
        }
    ),
    BulletinState.LIVE: frozenset({BulletinState.RECALLED, BulletinState.EXPIRED}),
    BulletinState.REJECTED: frozenset(),
    BulletinState.LAPSED: frozenset(),
    BulletinState.RECALLED: frozenset(),
    BulletinState.EXPIRED: frozenset({BulletinState.RECALLED}),
}


class Bulletin(Base):
    """A bulletin (通报); `content_hash` is SHA-256 of what is sent and to whom, to which approvals are bound."""

    __tablename__ = "bulletins"
    __table_args__ = (
        UniqueConstraint("kind", "number"),
        # What went out of a sort in some days is counted without a look at the rows, which hold whole notices.
        Index("ix_bulletins_went_out", "kind", "category", "live_at", "area_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[BulletinKind]
    number: Mapped[int]
    category: Mapped[str] = mapped_column(String(16), default="")
    purpose: Mapped[Purpose]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    state: Mapped[BulletinState] = mapped_column(index=True)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    targets: Mapped[list[int]] = mapped_column(JSON, default=list)
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    revision: Mapped[int] = mapped_column(default=1)
    send_at: Mapped[datetime | None]
    quiet: Mapped[bool] = mapped_column(default=True)
    night: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    live_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]

    @property
    def code(self) -> str:
        """The code people say, 反4."""
        return f"{self.kind}{self.number}"

    @property
    def topic(self) -> str:
        """The name of this record in ledgers."""
        return f"bulletin:{self.id}"


class BulletinMedium(Base):
    """A medium a bulletin shows, so that it goes with it."""

    __tablename__ = "bulletin_media"
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id", ondelete="CASCADE"), primary_key=True)
    medium_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True, index=True)


class Approval(Base):
    """One person's yes to exactly this content and these targets (批准)."""

    __tablename__ = "approvals"
    __table_args__ = (UniqueConstraint("bulletin_id", "person_id", "content_hash"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    content_hash: Mapped[str] = mapped_column(String(64))
    as_chief: Mapped[bool]
    created_at: Mapped[datetime]


def add(
    session: Session,
    kind: BulletinKind,
    purpose: Purpose,
    area_id: int,
    author_id: int,
    body: Mapping[str, Any],
    targets: Sequence[int],
    now: datetime,
    *,
    expires_at: datetime,
    category: str = "",
    send_at: datetime | None = None,
) -> Bulletin:
    """Draft a bulletin; `body` holds text, media and the like, `targets` chat ids.

    Raises ExtraField where the body holds anything its purpose has no use for.
    """
    purposes.require("bulletins.body", purpose, body)
    key_id = keys.new(session, now)
    bulletin = Bulletin(
        key_id=key_id,
        kind=kind,
        number=codes.next_number(session, kind),
        category=category,
        purpose=purpose,
        area_id=area_id,
        author_id=author_id,
        state=BulletinState.DRAFT,
        body=keys.seal_json(session, key_id, "bulletins.body", body),
        targets=list(targets),
        send_at=send_at,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(bulletin)
    session.flush()
    _note_media(session, bulletin, body)
    return bulletin


def _note_media(session: Session, bulletin: Bulletin, body: Mapping[str, Any]) -> None:
    for medium_id in body.get("media") or ():
        session.merge(BulletinMedium(bulletin_id=bulletin.id, medium_id=int(medium_id)))
    session.flush()


def media_of(session: Session, bulletin: Bulletin) -> list[int]:
    """Ids of what it shows or once showed."""
    shown = select(BulletinMedium.medium_id).where(BulletinMedium.bulletin_id == bulletin.id)
    return list(session.scalars(shown.order_by(BulletinMedium.medium_id)))


def get(session: Session, bulletin_id: int) -> Bulletin:
    """The bulletin with this id."""
    return session.get_one(Bulletin, bulletin_id)


def numbered(session: Session, kind: BulletinKind, number: int) -> Bulletin | None:
    """The bulletin of this code; a tombstone is none."""
    named = Bulletin.kind == kind, Bulletin.number == number
    return session.scalar(select(Bulletin).where(*named, Bulletin.body.is_not(None)))


def body_of(session: Session, bulletin: Bulletin) -> dict[str, Any]:
    """What it says; empty once erased."""
    return keys.open_json(session, bulletin.key_id, "bulletins.body", bulletin.body)


def set_body(session: Session, bulletin: Bulletin, body: Mapping[str, Any]) -> None:
    """Keep what it says; raises ExtraField as `add` does."""
    purposes.require("bulletins.body", bulletin.purpose, body)
    bulletin.body = keys.seal_json(session, bulletin.key_id, "bulletins.body", body)
    session.flush()
    _note_media(session, bulletin, body)


def move(
    session: Session,
    bulletin: Bulletin,
    to: BulletinState,
    *,
    only_from: Collection[BulletinState] | None = None,
    **values: object,
) -> bool:
    """Change the state where the move is allowed and nobody was faster; False otherwise."""
    return states.move(session, bulletin, MOVES, to, only_from, **values)


def approve(
    session: Session, bulletin: Bulletin, person_id: int, content_hash: str, as_chief: bool, now: datetime
) -> bool:
    """Note a yes to this hash; False when this person said it before."""
    given = session.scalar(
        select(Approval.id).where(
            Approval.bulletin_id == bulletin.id,
            Approval.person_id == person_id,
            Approval.content_hash == content_hash,
        )
    )
    if given is not None:
        return False
    session.add(
        Approval(
            bulletin_id=bulletin.id,
            person_id=person_id,
            content_hash=content_hash,
            as_chief=as_chief,
            created_at=now,
        )
    )
    session.flush()
    return True


def approvals(session: Session, bulletin: Bulletin) -> Sequence[Approval]:
    """The yeses to what the bulletin says now, oldest first."""
    return session.scalars(
        select(Approval)
        .where(Approval.bulletin_id == bulletin.id, Approval.content_hash == bulletin.content_hash)
        .order_by(Approval.id)
    ).all()


def in_state(session: Session, states: Collection[BulletinState], most: int = 50) -> Sequence[Bulletin]:
    """Bulletins in these states, newest first."""
    return session.scalars(
        select(Bulletin).where(Bulletin.state.in_(list(states))).order_by(Bulletin.id.desc()).limit(most)
    ).all()


due = states.Due(Bulletin)
"""Bulletins with a step to take now."""


_ANY_EXPIRING = states.AnyRow(
    Bulletin.id, Bulletin.state == BulletinState.LIVE, Bulletin.expires_at <= bindparam("now")
)


def any_due(session: Session, now: datetime) -> bool:
    """Whether `due` or `expiring` would find something; nothing is locked."""
    return due.any(session, now) or _ANY_EXPIRING(session, now=now)


def expiring(session: Session, now: datetime, most: int = 50) -> Sequence[Bulletin]:
    """Live bulletins whose time is over."""
    return session.scalars(
        select(Bulletin)
        .where(Bulletin.state == BulletinState.LIVE, Bulletin.expires_at <= now)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
