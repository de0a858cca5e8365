"""Waiting (等待): what makes calls wait for their chat, a medium, room or a moment, and what lets them go."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Case, ColumnElement, Exists, bindparam, case, exists, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage import chats, copies
from storage.chats import Chat, ChatState
from storage.contents import ContentMedium
from storage.database import affected
from storage.lanes import Lane
from storage.media import Medium, MediumState
from storage.outbox import FLYING, QUEUED, WAITING_HERE, CallKind, OutboxRow, OutboxState, Waits
from storage.prepared import Prepared

_KEPT_BACK = Prepared(
    select(OutboxRow.id)
    .where(OutboxRow.chat_id == bindparam("place"), WAITING_HERE)
    .where(or_(OutboxRow.state == OutboxState.HELD, OutboxRow.waits == Waits.CHAT))
    .limit(1)
)
"""Asked for every message of a private talk, where as a rule nothing waits."""
_NEXT_DUE = Prepared(
    select(OutboxRow.not_before)
    .where(QUEUED, OutboxRow.account == bindparam("of"), OutboxRow.waits == Waits.TIME)
    .order_by(OutboxRow.not_before)
    .limit(1)
)
SWEEP = 500


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


def medium_wanted(content: ColumnElement[int | None] | InstrumentedAttribute[int | None] | int) -> Exists:
    """Whether something a content shows is still to be fetched."""
    return exists().where(
        ContentMedium.content_id == content,
        ContentMedium.medium_id == Medium.id,
        Medium.state == MediumState.WANTED,
    )


def wants_medium(session: Session, content_id: int | None) -> bool:
    """Whether something this content shows is still to be fetched."""
    return content_id is not None and bool(session.scalar(select(medium_wanted(content_id))))


def medium_came(session: Session, medium_id: int) -> int:
    """A medium was fetched or given up: the calls that wanted to show it go out; how many."""
    shown = select(ContentMedium.content_id).where(ContentMedium.medium_id == medium_id)
    return release(session, Waits.MEDIUM, OutboxRow.content_id.in_(shown))


def wait_for(session: Session, waits: Waits, *, content_id: int | None = None, chat_id: int | None = None) -> None:
    """Let all calls with this content, or into this chat, wait for that."""
    where = OutboxRow.content_id == content_id if content_id is not None else OutboxRow.chat_id == chat_id
    session.execute(
        update(OutboxRow).where(WAITING_HERE, QUEUED, OutboxRow.waits.is_(None), where).values(waits=waits),
        execution_options={"synchronize_session": False},
    )


def park(session: Session, chats: Collection[int], kinds: Collection[CallKind], above: Lane | None) -> None:
    """Let the calls of these kinds into chats without room wait for it; with `above` only those of later lanes."""
    parked = update(OutboxRow).where(
        WAITING_HERE,
        QUEUED,
        OutboxRow.waits.is_(None),
        OutboxRow.chat_id.in_(list(chats)),
        OutboxRow.kind.in_(list(kinds)),
    )
    if above is not None:
        parked = parked.where(OutboxRow.lane > above)
    session.execute(parked.values(waits=Waits.ROOM), execution_options={"synchronize_session": False})


def unpark(session: Session, chat_id: int) -> bool:
    """Let the first call that waits for room in a chat come forward; False where none waits."""
    first = session.scalar(
        select(OutboxRow.id)
        .where(WAITING_HERE, QUEUED, OutboxRow.chat_id == chat_id, OutboxRow.waits == Waits.ROOM)
        .order_by(OutboxRow.lane, OutboxRow.rank, OutboxRow.id)
        .limit(1)
    )
    if first is None:
        return False
    return bool(release(session, Waits.ROOM, OutboxRow.id == first))


def parked_chats(session: Session, account: str) -> Sequence[int]:
    """Chats into which calls wait for room."""
    return session.scalars(
        select(OutboxRow.chat_id).where(QUEUED, OutboxRow.account == account, OutboxRow.waits == Waits.ROOM).distinct()
    ).all()


def next_due(session: Session, account: str) -> datetime | None:
    """The moment the earliest postponed call may be made, None where none waits for a moment."""
    moment: datetime | None = _NEXT_DUE.scalar(session, of=account)
    return moment


def bring_due(session: Session, account: str, now: datetime) -> int:
    """Let calls whose moment has come come forward; how many."""
    due = session.scalars(
        select(OutboxRow.id)
        .where(QUEUED, OutboxRow.account == account, OutboxRow.waits == Waits.TIME, OutboxRow.not_before <= now)
        .order_by(OutboxRow.not_before)
        .limit(SWEEP)
    ).all()
    return release(session, Waits.TIME, OutboxRow.id.in_(due)) if due else 0


def forgotten(session: Session, account: str) -> Sequence[int]:
    """Calls that wait for a chat or a medium which came while that was being written down."""
    open_chat = exists().where(Chat.id == OutboxRow.chat_id, Chat.state == ChatState.OPEN)
    waiting = select(OutboxRow.id).where(QUEUED, OutboxRow.account == account).limit(SWEEP)
    chat = waiting.where(OutboxRow.waits == Waits.CHAT, open_chat)
    medium = waiting.where(OutboxRow.waits == Waits.MEDIUM, ~medium_wanted(OutboxRow.content_id))
    return [*session.scalars(chat), *session.scalars(medium)]


def bring(session: Session, row_ids: Collection[int]) -> None:
    """Let these calls come forward, whatever they waited for, each at its moment."""
    session.execute(
        update(OutboxRow).where(QUEUED, OutboxRow.id.in_(list(row_ids))).values(waits=unwaiting()),
        execution_options={"synchronize_session": False},
    )


def mend_moments(session: Session, account: str, now: datetime) -> None:
    """Calls made in the future were made before the clock was set back: when they are due goes along."""
    ahead = session.scalars(
        select(OutboxRow).where(
            QUEUED, OutboxRow.account == account, OutboxRow.waits == Waits.TIME, OutboxRow.sending_at > now
        )
    )
    for row in ahead:
        if row.sending_at is not None and row.not_before is not None:
            row.not_before, row.sending_at = row.not_before - (row.sending_at - now), now
    session.flush()


def shift(session: Session, account: str, by: timedelta) -> None:
    """The clock was set by so much: moments of calls put back after a failure go along, plans for a moment stay."""
    late = session.scalars(
        select(OutboxRow).where(
            QUEUED, OutboxRow.account == account, OutboxRow.waits == Waits.TIME, OutboxRow.sending_at.is_not(None)
        )
    )
    for row in late:
        row.not_before = row.not_before + by if row.not_before is not None else None
    session.flush()
