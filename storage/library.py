"""The library (反诈库、普法库): what may be told to everybody, approved once, and sent in turn.

An item is shown to the public, so nothing of it describes anybody; its words are sealed under its key all the same.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, LargeBinary, String, UniqueConstraint, delete, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import codes, keys, media, purposes, states
from storage.bulletins import Bulletin
from storage.database import Base
from storage.media import Medium
from storage.purposes import Purpose

LETTER = "库"


class Shelf(StrEnum):
    """The two shelves."""

    FRAUD = "反诈"
    LAW = "普法"


PURPOSES = {Shelf.FRAUD: Purpose.FRAUD, Shelf.LAW: Purpose.WARNING}


class ItemState(StrEnum):
    """起草 → 待批 → 在库 ⇄ 出库; GONE is erased."""

    DRAFT = "draft"
    WAITING = "waiting"
    READY = "ready"
    OUT = "out"
    GONE = "gone"


MOVES: Mapping[ItemState, frozenset[ItemState]] = {
    ItemState.DRAFT: frozenset({ItemState.WAITING, ItemState.OUT}),
    ItemState.WAITING: frozenset({ItemState.READY, ItemState.OUT}),
    ItemState.READY: frozenset({ItemState.OUT}),
    ItemState.OUT: frozenset({ItemState.WAITING, ItemState.READY, ItemState.GONE}),
    ItemState.GONE: frozenset(),
}
KEPT = (ItemState.DRAFT, ItemState.WAITING, ItemState.READY, ItemState.OUT)


class RotationState(StrEnum):
    """Whether a rotation goes on."""

    GOING = "going"
    PAUSED = "paused"
    STOPPED = "stopped"


class LibraryItem(Base):
    """An item (库存); `content_hash` is SHA-256 of what is sent, to which the yes of `approved_by` is bound."""

    __tablename__ = "library_items"
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[int] = mapped_column(unique=True)
    shelf: Mapped[Shelf] = mapped_column(index=True)
    purpose: Mapped[Purpose]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    state: Mapped[ItemState] = mapped_column(index=True)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    content_hash: Mapped[str] = mapped_column(String(64))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    approved_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]

    @property
    def code(self) -> str:
        """The code people say, 库3."""
        return f"{LETTER}{self.number}"

    @property
    def topic(self) -> str:
        """The name of this record in ledgers."""
        return f"library:{self.id}"


class LibraryMedium(Base):
    """A medium an item shows; it stays as long as the item does, whatever becomes of the notices that showed it."""

    __tablename__ = "library_media"
    item_id: Mapped[int] = mapped_column(ForeignKey("library_items.id", ondelete="CASCADE"), primary_key=True)
    medium_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True, index=True)


class LibraryRotation(Base):
    """A rotation (轮播): one shelf in turn for one area, at the moments `repeat` tells."""

    __tablename__ = "library_rotations"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf: Mapped[Shelf]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    repeat: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[RotationState] = mapped_column(index=True)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]

    @property
    def topic(self) -> str:
        """The name of this record in ledgers."""
        return f"rotation:{self.id}"


class LibraryPush(Base):
    """An item that went out in an area in a season, by a bulletin; one row a day it was spread over."""

    __tablename__ = "library_pushes"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("library_items.id"), index=True)
    rotation_id: Mapped[int] = mapped_column(ForeignKey("library_rotations.id"), index=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id"), index=True)
    season: Mapped[str] = mapped_column(String(8), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


class LibraryDay(Base):
    """A chat has its push of a day: the second of the same day has no place."""

    __tablename__ = "library_days"
    __table_args__ = (UniqueConstraint("chat_id", "day"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))
    day: Mapped[date] = mapped_column(Date, index=True)
    push_id: Mapped[int] = mapped_column(ForeignKey("library_pushes.id"), index=True)


def add(
    session: Session,
    shelf: Shelf,
    area_id: int,
    author_id: int,
    body: Mapping[str, Any],
    content_hash: str,
    now: datetime,
    next_at: datetime,
) -> LibraryItem:
    """Draft an item; `body` holds its text and the ids of its media."""
    purpose = PURPOSES[shelf]
    purposes.require("library_items.body", purpose, body)
    key_id = keys.new(session, now)
    item = LibraryItem(
        key_id=key_id,
        number=codes.next_number(session, LETTER),
        shelf=shelf,
        purpose=purpose,
        area_id=area_id,
        author_id=author_id,
        state=ItemState.DRAFT,
        body=keys.seal_json(session, key_id, "library_items.body", body),
        content_hash=content_hash,
        next_at=next_at,
        created_at=now,
    )
    session.add(item)
    session.flush()
    _note_media(session, item, body)
    return item


def _note_media(session: Session, item: LibraryItem, body: Mapping[str, Any]) -> None:
    for medium_id in body["media"]:
        session.merge(LibraryMedium(item_id=item.id, medium_id=int(medium_id)))
    session.flush()


def set_body(session: Session, item: LibraryItem, body: Mapping[str, Any], content_hash: str) -> None:
    """Keep what a draft says now."""
    purposes.require("library_items.body", item.purpose, body)
    item.body = keys.seal_json(session, item.key_id, "library_items.body", body)
    item.content_hash = content_hash
    session.flush()
    _note_media(session, item, body)


def body_of(session: Session, item: LibraryItem) -> dict[str, Any]:
    """What it says; empty once erased."""
    return keys.open_json(session, item.key_id, "library_items.body", item.body)


def find(session: Session, item_id: int) -> LibraryItem | None:
    """The item with this id; None once it is erased."""
    found = session.get(LibraryItem, item_id)
    return None if found is None or found.body is None else found


def numbered(session: Session, number: int) -> LibraryItem | None:
    """The item of this code; a tombstone is none."""
    return session.scalar(select(LibraryItem).where(LibraryItem.number == number, LibraryItem.body.is_not(None)))


def move(session: Session, item: LibraryItem, to: ItemState, **values: object) -> bool:
    """Change the state where the move is allowed and nobody was faster; False otherwise."""
    return states.move(session, item, MOVES, to, None, **values)


def on_shelf(session: Session, shelf: Shelf, wanted: Collection[ItemState], most: int = 500) -> Sequence[LibraryItem]:
    """The items of a shelf in these states, by number."""
    here = LibraryItem.shelf == shelf, LibraryItem.state.in_(list(wanted))
    return session.scalars(select(LibraryItem).where(*here).order_by(LibraryItem.number).limit(most)).all()


due_items = states.Due(LibraryItem)
"""Items whose time has come."""


def bury(session: Session, item: LibraryItem) -> None:
    """Erase an item that was taken out: words and media go, number and state stay."""
    shown = session.scalars(select(LibraryMedium.medium_id).where(LibraryMedium.item_id == item.id)).all()
    session.execute(delete(LibraryMedium).where(LibraryMedium.item_id == item.id))
    for medium_id in shown:
        still = exists().where(LibraryMedium.medium_id == medium_id)
        if not session.scalar(select(still)):
            media.erase(session, medium_id)
    keys.erase(session, item.key_id)
    item.body, item.next_at = None, None
    session.flush()


def showing(session: Session, medium_id: int) -> Sequence[LibraryItem]:
    """The items that show this medium."""
    here = LibraryMedium.medium_id == medium_id, LibraryItem.body.is_not(None)
    own = select(LibraryItem).join(LibraryMedium, LibraryMedium.item_id == LibraryItem.id)
    return session.scalars(own.where(*here).order_by(LibraryItem.id)).all()


def drop_medium(session: Session, item: LibraryItem, medium_id: int) -> None:
    """An item shows this medium no more."""
    own = LibraryMedium.item_id == item.id, LibraryMedium.medium_id == medium_id
    session.execute(delete(LibraryMedium).where(*own))


def is_shown() -> Any:  # noqa: ANN401 - an SQL condition
    """Whether a medium is part of an item: a condition on `Medium`."""
    return exists().where(LibraryMedium.medium_id == Medium.id)


def shows(session: Session, medium_id: int) -> bool:
    """Whether an item shows this medium."""
    return (
        session.scalar(select(LibraryMedium.item_id).where(LibraryMedium.medium_id == medium_id).limit(1)) is not None
    )


def rotate(
    session: Session,
    shelf: Shelf,
    area_id: int,
    author_id: int,
    repeat: Mapping[str, Any],
    now: datetime,
    next_at: datetime,
) -> LibraryRotation:
    """Begin a rotation."""
    row = LibraryRotation(
        shelf=shelf,
        area_id=area_id,
        author_id=author_id,
        repeat=dict(repeat),
        state=RotationState.GOING,
        next_at=next_at,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def rotation_of(session: Session, shelf: Shelf, area_id: int) -> LibraryRotation | None:
    """The rotation of a shelf in exactly this area that has not been stopped."""
    here = LibraryRotation.shelf == shelf, LibraryRotation.area_id == area_id
    alive = LibraryRotation.state != RotationState.STOPPED
    return session.scalar(select(LibraryRotation).where(*here, alive).order_by(LibraryRotation.id.desc()).limit(1))


def last_stopped(session: Session, shelf: Shelf, area_id: int) -> LibraryRotation | None:
    """The rotation stopped last here."""
    here = LibraryRotation.shelf == shelf, LibraryRotation.area_id == area_id
    over = LibraryRotation.state == RotationState.STOPPED
    return session.scalar(select(LibraryRotation).where(*here, over).order_by(LibraryRotation.id.desc()).limit(1))


def rotations(session: Session, shelf: Shelf, area_ids: Collection[int]) -> Sequence[LibraryRotation]:
    """The rotations of a shelf in these areas that have not been stopped."""
    here = LibraryRotation.shelf == shelf, LibraryRotation.area_id.in_(list(area_ids))
    alive = LibraryRotation.state != RotationState.STOPPED
    return session.scalars(select(LibraryRotation).where(*here, alive).order_by(LibraryRotation.id)).all()


due_rotations = states.Due(LibraryRotation)
"""Rotations whose moment has come."""


def set_rotation(session: Session, row: LibraryRotation, state: RotationState, next_at: datetime | None) -> None:
    """Let a rotation go on, pause or stop."""
    row.state, row.next_at = state, next_at
    session.flush()


def used(session: Session, season: str, area_ids: Collection[int]) -> set[int]:
    """Ids of the items that went out in one of these areas this season."""
    there = LibraryPush.season == season, LibraryPush.area_id.in_(list(area_ids))
    return set(session.scalars(select(LibraryPush.item_id).where(*there)))


def last_sent(session: Session, item_ids: Collection[int]) -> dict[int, datetime]:
    """When each of these items went out last, anywhere."""
    last = select(LibraryPush.item_id, func.max(LibraryPush.created_at)).where(LibraryPush.item_id.in_(list(item_ids)))
    return {item: at for item, at in session.execute(last.group_by(LibraryPush.item_id))}


def note_push(
    session: Session,
    item: LibraryItem,
    rotation: LibraryRotation,
    bulletin_id: int,
    season: str,
    day: date,
    chat_ids: Collection[int],
    now: datetime,
) -> LibraryPush:
    """Note what goes out by a bulletin, and whose push of that day it is."""
    push = LibraryPush(
        item_id=item.id,
        rotation_id=rotation.id,
        area_id=rotation.area_id,
        bulletin_id=bulletin_id,
        season=season,
        created_at=now,
    )
    session.add(push)
    session.flush()
    session.add_all(LibraryDay(chat_id=one, day=day, push_id=push.id) for one in chat_ids)
    session.flush()
    return push


def waiting_pushes(
    session: Session, bulletin_states: Collection[Any], *, item_id: int | None = None, rotation_id: int | None = None
) -> list[tuple[LibraryPush, Bulletin]]:
    """The pushes of an item or a rotation whose bulletin is in one of these states."""
    query = select(LibraryPush, Bulletin).join(Bulletin, Bulletin.id == LibraryPush.bulletin_id)
    query = query.where(Bulletin.state.in_(list(bulletin_states)))
    if item_id is not None:
        query = query.where(LibraryPush.item_id == item_id)
    if rotation_id is not None:
        query = query.where(LibraryPush.rotation_id == rotation_id)
    return [(push, bulletin) for push, bulletin in session.execute(query.order_by(LibraryPush.id))]


def free(session: Session, push: LibraryPush) -> None:
    """A push that will not go out leaves its days to others, and counts for no season."""
    session.execute(delete(LibraryDay).where(LibraryDay.push_id == push.id))
    push.season = ""
    session.flush()


def taken(session: Session, first: date, last: date) -> dict[date, list[int]]:
    """Chats that have their push on each of these days."""
    found: dict[date, list[int]] = {}
    within = LibraryDay.day >= first, LibraryDay.day <= last
    for day, chat_id in session.execute(select(LibraryDay.day, LibraryDay.chat_id).where(*within)):
        found.setdefault(day, []).append(chat_id)
    return found


def forget_days(session: Session, before: date) -> None:
    """Who had a push on which day is of no more use."""
    session.execute(delete(LibraryDay).where(LibraryDay.day < before))


def sent_by_hand(session: Session, kind: Any, category: str, since: datetime) -> set[int]:  # noqa: ANN401 - a BulletinKind
    """Chats to which notices of this kind and category went since that moment without the library."""
    by_library = exists().where(LibraryPush.bulletin_id == Bulletin.id)
    found = Bulletin.kind == kind, Bulletin.category == category, Bulletin.live_at >= since
    return {one for targets in session.scalars(select(Bulletin.targets).where(*found, ~by_library)) for one in targets}
