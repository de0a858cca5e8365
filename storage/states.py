"""States: a row moves only where its table of moves allows it, and only if nobody was faster."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, bindparam, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.database import Base, affected
from storage.prepared import Prepared

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


class AnyRow:
    """Whether there is a row for which this is so, as often as one likes: a prepared look.

    column: of the table, its id for example. where: conditions whose values are `bindparam`s are given by name.
    """

    def __init__(self, column: InstrumentedAttribute[int], *where: ColumnElement[bool]) -> None:
        self._look = Prepared(select(column).where(*where).limit(1))

    def __call__(self, session: Session, **values: Any) -> bool:  # noqa: ANN401 - of any column
        """Look."""
        return self._look.scalar(session, **values) is not None


def one_of(column: InstrumentedAttribute[S], states: Collection[S]) -> ColumnElement[bool]:
    """That a column holds one of these, in words a prepared statement knows (it has no lists)."""
    return or_(*(column == state for state in sorted(states)))


class Due(Generic[R]):
    """How rows of a table are found whose `next_at` has come: `any` looks, a call takes them."""

    def __init__(self, table: type[R]) -> None:
        timed: Any = table
        self.table = timed
        self._any = AnyRow(timed.id, timed.next_at <= bindparam("now"))

    def any(self, session: Session, now: datetime) -> bool:
        """Whether there is one; nothing is locked."""
        return self._any(session, now=now)

    def __call__(self, session: Session, now: datetime, most: int = 50) -> Sequence[R]:
        """At most so many, the longest waiting first; locked where the database can."""
        waiting = select(self.table).where(self.table.next_at <= now).order_by(self.table.next_at)
        return session.scalars(waiting.limit(most).with_for_update(skip_locked=True)).all()
