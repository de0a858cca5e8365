"""States: a row moves only where its table of moves allows it, and only if nobody was faster."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.database import Base, affected

S = TypeVar("S", bound=StrEnum)
R = TypeVar("R", bound=Base)


def move(
    session: Session,
    row: Base,
    moves: Mapping[S, frozenset[S]],
    to: S,
    only_from: Collection[S] | None = None,
    **values: object,
) -> bool:
    """Change a row's `state` where `moves` allows it and nobody was faster; False otherwise.

    `only_from` narrows the states it may come from; `values` are set with it.
    """
    sources = [state for state, targets in moves.items() if to in targets]
    if only_from is not None:
        sources = [state for state in sources if state in only_from]
    table: Any = type(row)
    moved = session.execute(
        update(table).where(table.id == row.id, table.state.in_(sources)).values(state=to, **values)  # type: ignore[attr-defined]
    )
    session.refresh(row)
    return bool(affected(moved))


def due(session: Session, table: type[R], now: datetime, most: int) -> Sequence[R]:
    """Rows whose `next_at` has come, the longest waiting first; locked where the database can."""
    next_at = table.__table__.c.next_at
    return session.scalars(
        select(table).where(next_at <= now).order_by(next_at).limit(most).with_for_update(skip_locked=True)
    ).all()
