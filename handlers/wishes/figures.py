"""What the weekly figures count of wishes (实事): how many were done, and confirmed by who wished them."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import wishes


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Of the wishes closed in the period or waiting still at its end: those whose wishers said they were done well."""
    return {"wishes": counts(placed(within, wishes.count_fulfilled(session, since, until)), 0, 1)}


FIGURES = (Figure("wishes", 110, "件", "rate", count),)
