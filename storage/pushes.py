"""Pushes (推送) counted: how often a shelf of the library was told, by hand or in turn, and which groups it reached."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, bindparam, cast, literal, or_, select
from sqlalchemy.orm import Session

from storage.areas import Numbers
from storage.bulletins import Bulletin, BulletinKind
from storage.chats import IN_GROUP, PUBLIC, Chat, ChatState
from storage.copies import Copy, CopyState
from storage.library import LibraryPush, Shelf
from storage.prepared import Prepared

_NOTICES = and_(
    Bulletin.live_at >= bindparam("since"),
    Bulletin.live_at < bindparam("until"),
    Bulletin.kind == bindparam("kind"),
    Bulletin.category == bindparam("shelf"),
)
"""Bulletins of a shelf's kind that began to go out in a time."""
_WENT_OUT = Prepared(
    select(Bulletin.area_id, Bulletin.id, LibraryPush.rotation_id, LibraryPush.created_at)
    .outerjoin(LibraryPush, LibraryPush.bulletin_id == Bulletin.id)
    .where(_NOTICES)
)
_GROUPS = Prepared(
    select(Chat.id, Chat.area_id).where(
        IN_GROUP,
        or_(*(Chat.kind == one for one in PUBLIC)),
        Chat.state == ChatState.OPEN,
        Chat.area_id.is_not(None),
    )
)
_REACHED = Prepared(
    select(Copy.chat_id)
    .distinct()
    .select_from(Bulletin)
    .join(Copy, Copy.topic == literal("bulletin:") + cast(Bulletin.id, String))
    .where(_NOTICES, Copy.chat_id.in_(select(Chat.id).where(IN_GROUP)))
    .where(Copy.state != CopyState.NEVER, Copy.state != CopyState.SIMULATED)
)


def _of(shelf: Shelf, since: datetime, until: datetime) -> dict[str, Any]:
    kind = BulletinKind.FRAUD if shelf is Shelf.FRAUD else BulletinKind.WARNING
    return {"since": since, "until": until, "kind": kind, "shelf": str(shelf)}


def went_out(session: Session, shelf: Shelf, since: datetime, until: datetime) -> dict[int, set[tuple[int, int]]]:
    """Area → what of a shelf went out for it, by hand or in turn; a push that was spread over days is there once."""
    found: dict[int, set[tuple[int, int]]] = {}
    for area, one, rotation, at in _WENT_OUT.all(session, **_of(shelf, since, until)):
        push = (0, one) if rotation is None else (rotation, int(at.timestamp()))
        found.setdefault(area, set()).add(push)
    return found


def reach(session: Session, shelf: Shelf, since: datetime, until: datetime) -> Numbers:
    """(those in which a platform took a copy of what went out, all) of the public groups the bot can speak in."""
    reached = {chat for (chat,) in _REACHED.all(session, **_of(shelf, since, until))}
    found: Numbers = {}
    for chat, area in _GROUPS.all(session):
        n, of = found.get(area, (0, 0))
        found[area] = n + (chat in reached), of + 1
    return found
