"""What is counted of call-backs (回访) for the weekly figures: how many of those who answered were satisfied."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import tallies


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Satisfied, of all who answered."""
    return {"satisfied": counts(placed(within, tallies.answers(session, since, until)), 0, 1)}


FIGURES = (Figure("satisfied", 15, "人", "rate", count),)
