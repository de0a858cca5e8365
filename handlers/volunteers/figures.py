"""What the weekly figures count of volunteers (志愿者): how many are enrolled."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import volunteers


def enrolled(session: Session, area_ids: Collection[int], _since: datetime, until: datetime) -> Count:
    """Volunteers enrolled by the end of the time."""
    rows = volunteers.enrolled(session, list(area_ids))
    return Count(sum(1 for one in rows if one.since is not None and one.since < until))


FIGURES = (Figure("volunteers", 93, "人", "count", enrolled),)
