"""What the weekly figures count of shifts (排班): hours covered, of those that were to be."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import shifts


def covered(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Hours of one person each that were covered, of those wanted, of the shifts that ended."""
    got, wanted = shifts.tally(session, area_ids, since, until)
    return Count(got // 60, wanted // 60)


FIGURES = (Figure("shifts", 92, "小时", "rate", covered),)
