"""What is counted of call-backs (回访) for the weekly figures: how many of those who answered were satisfied."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import tallies


def satisfied(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Satisfied, of all who answered."""
    return Count(*tallies.answers(session, area_ids, since, until))


FIGURES = (Figure("satisfied", 15, "人", "rate", satisfied),)
