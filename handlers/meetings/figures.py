"""What the weekly figures tell of meetings: how many were met, and the losses stopped as a sum."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import meetings


def met(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Money warnings that led to a meeting, of those given."""
    return Count(*meetings.met_of(session, area_ids, since, until))


def saved(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Yuan kept from frauds (已止付, 未转), and behind how many warnings the sum stands."""
    return Count(*meetings.saved(session, area_ids, since, until))


FIGURES = (
    Figure("meetings", 60, "次", "rate", met),
    Figure("losses_stopped", 61, "元", "sum", saved),
)
