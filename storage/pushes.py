"""Pushes (推送) counted: how often a shelf of the library was told, by hand or in turn, and which groups it reached."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, bindparam, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from storage import chats
from storage.areas import Numbers, numbers
from storage.bulletins import Bulletin, BulletinKind
from storage.chats import Chat, ChatState
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
_OPEN = and_(or_(*(Chat.kind == one for one in chats.PUBLIC)), Chat.state == ChatState.OPEN)
_GROUPS = Prepared(select(Chat.area_id, func.count()).where(_OPEN).group_by(Chat.area_id))
_REACHED = Prepared(
    select(Chat.area_id, func.count(Copy.chat_id.distinct()))
    .select_from(Bulletin)
    .join(Copy, Copy.topic == literal("bulletin:") + cast(Bulletin.id, String))
    .join(Chat, Chat.id == Copy.chat_id)
    .where(_NOTICES, _OPEN, Copy.state != CopyState.NEVER, Copy.state != CopyState.SIMULATED)
    .group_by(Chat.area_id)
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
    reached = numbers(session, _REACHED, **_of(shelf, since, until))
    there = numbers(session, _GROUPS)
    return {area: (*reached.get(area, (0,)), of) for area, (of,) in there.items()}
