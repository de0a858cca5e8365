"""Waiting (等待): what lets calls go that wait for their chat, a medium or room, and what makes them wait."""

from datetime import datetime

from sqlalchemy import Case, ColumnElement, bindparam, case, or_, select, update
from sqlalchemy.orm import Session

from storage import chats, copies
from storage.chats import Chat, ChatState
from storage.contents import ContentMedium
from storage.database import affected
from storage.outbox import FLYING, QUEUED, WAITING_HERE, CallKind, OutboxRow, OutboxState, Waits
from storage.prepared import Prepared

_KEPT_BACK = Prepared(
    select(OutboxRow.id)
    .where(OutboxRow.chat_id == bindparam("place"), WAITING_HERE)
    .where(or_(OutboxRow.state == OutboxState.HELD, OutboxRow.waits == Waits.CHAT))
    .limit(1)
)
"""Asked for every message of a private talk, where as a rule nothing waits."""


def release_held(session: Session, chat_id: int) -> int:
    """The bot can speak there (again): what was held for that, or waited for it, goes out; how many."""
    if _KEPT_BACK.first(session, place=chat_id) is None:
        return 0
    here = update(OutboxRow).where(OutboxRow.chat_id == chat_id, WAITING_HERE)
    session.execute(
        here.where(OutboxRow.kind == CallKind.KNOCK).values(state=OutboxState.RECALLED, waits=None, reason="came"),
        execution_options={"synchronize_session": False},
    )
    released = session.execute(
        here.where(OutboxRow.state == OutboxState.HELD).values(state=OutboxState.QUEUED),
        execution_options={"synchronize_session": False},
    )
    return affected(released) + release(session, Waits.CHAT, OutboxRow.chat_id == chat_id)


def hold_chat(session: Session, chat_id: int) -> int:
    """Its reader must write first: what waits to be said there is held until then; how many calls."""
    held = session.execute(
        update(OutboxRow)
        .where(OutboxRow.chat_id == chat_id, QUEUED, OutboxRow.kind == CallKind.SEND, OutboxRow.delivery_id.is_(None))
        .values(state=OutboxState.HELD, waits=None),
        execution_options={"synchronize_session": False},
    )
    return affected(held)


def release(session: Session, waits: Waits, *where: ColumnElement[bool]) -> int:
    """What they waited for has come: these calls may go, each at its moment; how many."""
    then = unwaiting() if waits in (Waits.CHAT, Waits.MEDIUM) else None
    released = session.execute(
        update(OutboxRow).where(WAITING_HERE, QUEUED, OutboxRow.waits == waits, *where).values(waits=then),
        execution_options={"synchronize_session": False},
    )
    session.info["woken"] = True
    return affected(released)


def unwaiting() -> Case[Waits | None]:
    """What a call waits for once nothing else holds it up: its moment, where it has one."""
    return case((OutboxRow.not_before.is_not(None), Waits.TIME), else_=None)


def move_chat(session: Session, account: str, old: str, new: str, now: datetime) -> None:
    """A group goes on under another id: its rows, what waits to be said there, and the copies that stand there."""
    for left, kept in chats.migrate(session, account, old, new, now):
        here = update(OutboxRow).where(OutboxRow.chat_id == left)
        held_up = OutboxRow.waits.in_([Waits.CHAT, Waits.ROOM])
        for moved in (
            here.where(WAITING_HERE).values(chat_id=kept, waits=case((held_up, unwaiting()), else_=OutboxRow.waits)),
            here.where(OutboxRow.account == account, FLYING).values(chat_id=kept),
        ):
            session.execute(moved, execution_options={"synchronize_session": False})
        copies.move_chat(session, left, kept)
    living = select(Chat.id).where(Chat.account == account, Chat.platform_id == new, Chat.state == ChatState.OPEN)
    release(session, Waits.CHAT, OutboxRow.chat_id.in_(living))


def medium_came(session: Session, medium_id: int) -> int:
    """A medium was fetched or given up: the calls that wanted to show it go out; how many."""
    shown = select(ContentMedium.content_id).where(ContentMedium.medium_id == medium_id)
    return release(session, Waits.MEDIUM, OutboxRow.content_id.in_(shown))
