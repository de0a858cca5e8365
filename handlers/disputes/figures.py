"""What is counted of disputes (纠纷) for the weekly figures."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import tallies
from storage.disputes import Dispute, DisputeState

NOT_ONE = (DisputeState.WITHDRAWN,)


def found(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Registered in the time, those taken back left out."""
    return Count(tallies.begun(session, Dispute, area_ids, since, until, but=NOT_ONE))


def settled(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Closed after the call-back, less those closed before and opened again, of all that were under way.

    What was only agreed on does not count, so that a hasty agreement raises nothing; one opened again is taken off in
    the week in which it was, however long ago it was counted.
    """
    whole = tallies.under_way(session, Dispute, area_ids, since, until, but=NOT_ONE)
    steps = tallies.steps(session, Dispute, area_ids, ("closed",), until, of_those=("closed", since))
    closed = sum(at >= since for _, _, at in steps)
    return Count(min(max(closed - _undone(session, area_ids, since, until), 0), whole), whole)


def _undone(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> int:
    """How many that had been closed were opened again in the time."""
    steps = tallies.steps(session, Dispute, area_ids, ("closed", "reopened"), until, of_those=("reopened", since))
    counts, closed = 0, set[int]()
    for dispute, step, at in steps:
        if step == "closed":
            closed.add(dispute)
        elif dispute in closed:
            closed.discard(dispute)
            counts += at >= since
    return counts


def reopened(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Opened again in the time, by word or because somebody was not satisfied."""
    steps = tallies.steps(session, Dispute, area_ids, ("reopened",), until, of_those=("reopened", since))
    return Count(sum(at >= since for _, _, at in steps))


FIGURES = (
    Figure("disputes_found", 10, "件", "count", found),
    Figure("disputes_settled", 11, "件", "rate", settled),
    Figure("disputes_reopened", 12, "件", "count", reopened),
)
