"""What returns count for the weekly figures: things given back, and how many of them in time."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import returns


def _handed(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    return Count(returns.handed_between(session, area_ids, since, until)[0])


def _in_time(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    total, in_time = returns.handed_between(session, area_ids, since, until)
    return Count(in_time, total)


FIGURES = (Figure("returns", 120, "件", "count", _handed), Figure("returns_in_time", 121, "件", "rate", _in_time))
