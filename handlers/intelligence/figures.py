"""What intelligence counts for the weekly figures: tips that came, those verified, answers given in time."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import intelligence


def _received(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    return Count(intelligence.received(session, area_ids, since, until))


def _verified(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    return Count(*intelligence.found_out(session, area_ids, since, until))


def _in_time(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    return Count(*intelligence.in_time(session, area_ids, since, until))


FIGURES = (
    Figure("tips", 30, "条", "count", _received),
    Figure("tips_verified", 31, "条", "rate", _verified),
    Figure("tips_answered", 32, "条", "rate", _in_time),
)
