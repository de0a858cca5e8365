"""What the weekly figures count of volunteers (志愿者): how many are enrolled."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import volunteers


def count(session: Session, within: Within, _since: datetime, until: datetime) -> dict[str, Counts]:
    """Volunteers enrolled by the end of the time."""
    return {"volunteers": counts(placed(within, volunteers.count_enrolled(session, until)))}


FIGURES = (Figure("volunteers", 93, "人", "count", count),)
