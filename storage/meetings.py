"""Meetings (资金见面预警): somebody about to pay a fraud is reached, met and talked out of it.

Who and where is sealed under the task's own key; its columns in clear tell how it stands and which sum was at stake.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, String, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.areas import Numbers, numbers
from storage.cases import Case
from storage.prepared import Prepared, added, times

LETTER = "劝"


class MeetingState(StrEnum):
    """派 → 联系 → 见面 → 结果; or taken back by whoever gave it."""

    GIVEN = "given"
    REACHED = "reached"
    MET = "met"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class Result(StrEnum):
    """How it ended: the payment was stopped on its way, never made, or made."""

    STOPPED = "已止付"
    UNPAID = "未转"
    PAID = "已转"


SAVED = (Result.STOPPED, Result.UNPAID)
"""Results by which a loss was stopped."""

_BACK = frozenset({MeetingState.GIVEN, MeetingState.REACHED, MeetingState.MET, MeetingState.DONE})
MOVES: Mapping[MeetingState, frozenset[MeetingState]] = {
    MeetingState.GIVEN: _BACK | {MeetingState.WITHDRAWN},
    MeetingState.REACHED: _BACK,
    MeetingState.MET: _BACK,
    MeetingState.DONE: _BACK,
    MeetingState.WITHDRAWN: frozenset(),
}
UNDER_WAY = (MeetingState.GIVEN, MeetingState.REACHED, MeetingState.MET)
OVER = (MeetingState.DONE, MeetingState.WITHDRAWN)


class Meeting(Case):
    """A face-to-face warning (见面); `reached_at` and `met_at` stop its clocks, `yuan` is the sum at stake."""

    __tablename__ = "meetings"
    name = "meeting"
    letter = LETTER
    moves = MOVES
    over = OVER
    state: Mapped[MeetingState] = mapped_column(index=True)
    reached_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(String(8))
    yuan: Mapped[int | None] = mapped_column(BigInteger)


_GIVEN = Prepared(
    select(Meeting.area_id, func.count(Meeting.met_at), func.count())
    .where(Meeting.created_at >= bindparam("since"), Meeting.created_at < bindparam("until"))
    .where(Meeting.state != MeetingState.WITHDRAWN)
    .group_by(Meeting.area_id)
)
_KEPT = and_(Meeting.state == MeetingState.DONE, or_(*(Meeting.result == str(one) for one in SAVED)))
_SAVED = Prepared(
    select(Meeting.area_id, added(case((_KEPT, Meeting.yuan))), times(_KEPT, Meeting.yuan.is_not(None)))
    .where(Meeting.closed_at >= bindparam("since"), Meeting.closed_at < bindparam("until"))
    .group_by(Meeting.area_id)
)


def met_of(session: Session, since: datetime, until: datetime) -> Numbers:
    """How many of the tasks given in that time led to a meeting, and how many there were, by area."""
    return numbers(session, _GIVEN, since=since, until=until)


def saved(session: Session, since: datetime, until: datetime) -> Numbers:
    """The sum in yuan kept from frauds in that time, and behind how many tasks it stands, by area."""
    return numbers(session, _SAVED, since=since, until=until)
