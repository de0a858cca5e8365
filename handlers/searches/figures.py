"""What is counted of searches (寻人) for the weekly figures: found, of those under way."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import tallies


def found(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """People found, of those an officer had verified to be missing."""
    return Count(*tallies.searches(session, area_ids, since, until))


FIGURES = (Figure("searches_found", 40, "人", "rate", found),)
