"""Wishes (微心愿、微诉求): what somebody wishes for, claimed by a helper, done, and confirmed by who wished it.

What was said is sealed under the wish's own key; its columns in clear tell where it is and how it stands.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, bindparam, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.areas import Numbers, numbers
from storage.cases import Case
from storage.prepared import NEVER, Prepared, times

LETTER = "愿"


class WishSort(StrEnum):
    """One's own wish, or a matter of all who live there; the same record."""

    WISH = "心愿"
    DEMAND = "诉求"


class Want(StrEnum):
    """What kind of help is wished for; a closed list."""

    REPAIR = "修修补补"
    ERRAND = "跑腿代办"
    COMPANY = "陪伴照看"
    THINGS = "缺件东西"
    LEARNING = "学点本领"
    PUBLIC = "公共设施"
    OTHER = "别的事"


class WishState(StrEnum):
    """待认领 → 有人认领 → 办了, asked → 办好; or taken back by who wished it."""

    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


MOVES: Mapping[WishState, frozenset[WishState]] = {
    WishState.OPEN: frozenset({WishState.CLAIMED, WishState.WITHDRAWN}),
    WishState.CLAIMED: frozenset({WishState.CLAIMED, WishState.OPEN, WishState.DONE, WishState.WITHDRAWN}),
    WishState.DONE: frozenset({WishState.CLOSED, WishState.OPEN, WishState.CLAIMED}),
    WishState.CLOSED: frozenset({WishState.OPEN, WishState.CLAIMED}),
    WishState.WITHDRAWN: frozenset(),
}
OVER = (WishState.CLOSED, WishState.WITHDRAWN)


class Wish(Case):
    """A wish; its handler is who claimed it, `asked` how often its clock struck since it changed hands.

    confirmed: who wished it said that it was done well. talk_id: the evening talk it came from.
    """

    __tablename__ = "wishes"
    name = "wish"
    letter = LETTER
    moves = MOVES
    over = OVER
    state: Mapped[WishState] = mapped_column(index=True)
    sort: Mapped[str] = mapped_column(String(8))
    want: Mapped[str] = mapped_column(String(8))
    place: Mapped[bytes | None] = mapped_column(LargeBinary)
    outcome: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked: Mapped[int] = mapped_column(default=0)
    reopened: Mapped[int] = mapped_column(default=0)
    confirmed: Mapped[bool] = mapped_column(default=False)
    talk_id: Mapped[int | None] = mapped_column(ForeignKey("talks.id"), index=True)
    done_at: Mapped[datetime | None]


_FULFILLED = Prepared(
    select(Wish.area_id, times(Wish.closed_at < bindparam("until"), Wish.confirmed.is_(True)), func.count())
    .where(Wish.created_at < bindparam("until"), Wish.state != WishState.WITHDRAWN)
    .where(or_(Wish.closed_at.is_(None), Wish.closed_at.between(bindparam("since"), NEVER)))
    .group_by(Wish.area_id)
)
_AT_TALKS = Prepared(
    select(Wish.area_id, times(Wish.talk_id.is_not(None)))
    .where(Wish.created_at >= bindparam("since"), Wish.created_at < bindparam("until"))
    .group_by(Wish.area_id)
)


def count_fulfilled(session: Session, since: datetime, until: datetime) -> Numbers:
    """(confirmed, all) of the wishes closed in that time or waiting still at its end, by area."""
    return numbers(session, _FULFILLED, since=since, until=until)


def count_told_at_talks(session: Session, since: datetime, until: datetime) -> Numbers:
    """How many were told at an evening talk in that time, by area."""
    return numbers(session, _AT_TALKS, since=since, until=until)
