"""Returns (返赃): property that was found again, checked, given back by appointment, called back about.

What it is, whose it is and when they meet are sealed under the return's own key; its columns in clear tell where it
is and how it stands. The owner is its teller: found again among their own, and gone from it when they leave.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.areas import Numbers, numbers
from storage.cases import Case
from storage.prepared import Prepared, times

LETTER = "返"


class ReturnState(StrEnum):
    """登记 → 核实 → 约时 → 领取, called back → 了结; or ended without being given back."""

    REGISTERED = "registered"
    VERIFIED = "verified"
    MEETING = "meeting"
    HANDED = "handed"
    CLOSED = "closed"
    ENDED = "ended"


MOVES: Mapping[ReturnState, frozenset[ReturnState]] = {
    ReturnState.REGISTERED: frozenset({ReturnState.VERIFIED, ReturnState.ENDED}),
    ReturnState.VERIFIED: frozenset(
        {ReturnState.REGISTERED, ReturnState.MEETING, ReturnState.HANDED, ReturnState.ENDED}
    ),
    ReturnState.MEETING: frozenset(
        {
            ReturnState.REGISTERED,
            ReturnState.VERIFIED,
            ReturnState.MEETING,
            ReturnState.HANDED,
            ReturnState.ENDED,
        }
    ),
    ReturnState.HANDED: frozenset({ReturnState.VERIFIED, ReturnState.CLOSED}),
    ReturnState.CLOSED: frozenset({ReturnState.VERIFIED}),
    ReturnState.ENDED: frozenset({ReturnState.REGISTERED}),
}
OVER = (ReturnState.CLOSED, ReturnState.ENDED)


class Return(Case):
    """A return (返赃).

    `registered_by` and `verified_by` are never the same person. `meet_by` is when an appointment shall have been made,
    whatever was proposed since; `matched_at` when the code was read out on the spot. `tries` counts wrong codes,
    `late` says whether a deadline has passed, `reopened` how often it was opened again.
    """

    __tablename__ = "returns"
    name = "return"
    letter = LETTER
    moves = MOVES
    over = OVER
    state: Mapped[ReturnState] = mapped_column(index=True)
    registered_by: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    verified_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    verified_at: Mapped[datetime | None]
    meet_by: Mapped[datetime | None]
    meets_at: Mapped[datetime | None]
    matched_at: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    late: Mapped[bool] = mapped_column(default=False)
    reopened: Mapped[int] = mapped_column(default=0)


_BACK = or_(Return.state == ReturnState.HANDED, Return.state == ReturnState.CLOSED)
_HANDED = Prepared(
    select(Return.area_id, times(_BACK), times(_BACK, Return.late.is_(False)))
    .where(Return.handed_at >= bindparam("since"), Return.handed_at < bindparam("until"))
    .group_by(Return.area_id)
)


def handed_between(session: Session, since: datetime, until: datetime) -> Numbers:
    """How many things were given back in that time, and how many of them within their deadlines, by area.

    One that was opened again since does not count.
    """
    return numbers(session, _HANDED, since=since, until=until)
