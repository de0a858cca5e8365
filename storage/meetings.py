"""Meetings (资金见面预警): somebody about to pay a fraud is reached, met and talked out of it.

Who and where is sealed under the task's own key; its columns in clear tell how it stands and which sum was at stake.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.cases import Case

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


def met_of(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> tuple[int, int]:
    """How many of the tasks given in these areas in that time led to a meeting, and how many there were."""
    given = Meeting.area_id.in_(list(area_ids)), Meeting.created_at >= since, Meeting.created_at < until
    real = (*given, Meeting.state != MeetingState.WITHDRAWN)
    row = session.execute(select(func.count(Meeting.met_at), func.count()).where(*real)).one()
    return int(row[0] or 0), int(row[1])


def saved(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> tuple[int, int]:
    """The sum in yuan kept from frauds in these areas in that time, and behind how many tasks it stands."""
    ended = Meeting.area_id.in_(list(area_ids)), Meeting.closed_at >= since, Meeting.closed_at < until
    kept = (
        Meeting.state == MeetingState.DONE,
        Meeting.result.in_([str(one) for one in SAVED]),
        Meeting.yuan.is_not(None),
    )
    row = session.execute(select(func.coalesce(func.sum(Meeting.yuan), 0), func.count()).where(*ended, *kept)).one()
    return int(row[0] or 0), int(row[1])
