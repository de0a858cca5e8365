"""What the weekly figures count of shifts (排班): hours covered, of those that were to be."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import shifts


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Hours of one person each that were covered, of those wanted, of the shifts that ended."""
    minutes = placed(within, shifts.tally(session, since, until))
    hours = {place: [one // 60 for one in some] for place, some in minutes.items()}
    return {"shifts": counts(hours, 0, 1)}


FIGURES = (Figure("shifts", 92, "小时", "rate", count),)
