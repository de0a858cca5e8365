"""Pushes (推送) counted: how often a shelf of the library was told, by hand or in turn, and which groups it reached."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from storage import chats
from storage.bulletins import Bulletin, BulletinKind
from storage.copies import Copy, CopyState
from storage.library import LibraryPush, Shelf


def _notices(shelf: Shelf, area_ids: Collection[int], since: datetime, until: datetime) -> Any:  # noqa: ANN401 - SQL
    """Which bulletins of a shelf's kind began to go out in these areas in that time."""
    kind = BulletinKind.FRAUD if shelf is Shelf.FRAUD else BulletinKind.WARNING
    of_shelf = Bulletin.kind == kind, Bulletin.category == str(shelf)
    return and_(*of_shelf, Bulletin.area_id.in_(list(area_ids)), Bulletin.live_at >= since, Bulletin.live_at < until)


def went_out(
    session: Session, shelf: Shelf, area_ids: Collection[int], since: datetime, until: datetime
) -> set[tuple[int, int]]:
    """What of a shelf went out, by hand or in turn; a push that was spread over days is there once."""
    query = select(Bulletin.id, LibraryPush.rotation_id, LibraryPush.created_at).outerjoin(
        LibraryPush, LibraryPush.bulletin_id == Bulletin.id
    )
    found = session.execute(query.where(_notices(shelf, area_ids, since, until))).all()
    return {(0, one) if rotation is None else (rotation, int(at.timestamp())) for one, rotation, at in found}


def groups_reached(
    session: Session, shelf: Shelf, area_ids: Collection[int], since: datetime, until: datetime
) -> set[int]:
    """Ids of the chats in which a platform took a copy of what went out."""
    ids = session.scalars(select(Bulletin.id).where(_notices(shelf, area_ids, since, until))).all()
    topics = [f"bulletin:{one}" for one in ids]
    never = CopyState.NEVER, CopyState.SIMULATED
    reached: set[int] = set()
    for at in range(0, len(topics), 500):
        here = Copy.topic.in_(topics[at : at + 500]), Copy.state.not_in(never)
        reached |= set(session.scalars(select(Copy.chat_id).where(*here).distinct()))
    return reached


def groups_there(session: Session, area_ids: Collection[int]) -> set[int]:
    """Ids of the public groups of these areas in which the bot can speak."""
    return {chat.id for chat in chats.groups(session, chats.PUBLIC, area_ids)}
