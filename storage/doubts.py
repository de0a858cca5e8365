"""Doubts (待确认): calls of which nobody knows whether they arrived, until a person has looked at them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from storage import contents, states
from storage.database import affected
from storage.outbox import UNSURE, CallKind, OutboxRow

LET_BE: Final = "let be"
"""The reason of a call somebody has looked at and lets be; in every count it stays unsure."""
MOST: Final = 500
_OPEN: Final = (
    UNSURE,
    or_(OutboxRow.reason.is_(None), OutboxRow.reason != LET_BE),
    OutboxRow.kind != CallKind.ANSWER,
    or_(OutboxRow.slot.is_(None), OutboxRow.slot.not_like("delivery:%")),
)
"""A press that stays unanswered and the progress of a sending are nothing to decide about."""


def waiting(session: Session, most: int = MOST) -> Sequence[OutboxRow]:
    """Calls nobody has looked at yet, oldest first."""
    return session.scalars(select(OutboxRow).where(*_OPEN).order_by(OutboxRow.done_at, OutboxRow.id).limit(most)).all()


def since(session: Session, moment: datetime, most: int = MOST) -> Sequence[OutboxRow]:
    """Calls that came into doubt after that moment and that nobody has looked at yet, oldest first."""
    return session.scalars(
        select(OutboxRow)
        .where(*_OPEN, OutboxRow.done_at > moment)
        .order_by(OutboxRow.done_at, OutboxRow.id)
        .limit(most)
    ).all()


_ANY_SINCE = states.AnyRow(OutboxRow.id, *_OPEN, OutboxRow.done_at > bindparam("moment"))


def any_since(session: Session, moment: datetime) -> bool:
    """Whether `since` would find one; nothing is locked."""
    return _ANY_SINCE(session, moment=moment)


def found(session: Session, row_id: int) -> OutboxRow | None:
    """The call with this number, None where there is none."""
    return session.get(OutboxRow, row_id)


def let_be(session: Session, row_id: int) -> bool:
    """Note that somebody has looked at it; False where it is in doubt no more, or was looked at before."""
    noted = session.execute(
        update(OutboxRow).where(OutboxRow.id == row_id, *_OPEN).values(reason=LET_BE),
        execution_options={"synchronize_session": False},
    )
    return bool(affected(noted))


def is_said(session: Session, row: OutboxRow) -> bool:
    """Whether what it says is still here."""
    return row.kind is CallKind.DELETE or contents.is_kept(session, row.content_id)
