"""What the weekly figures count of patrols (巡逻): how many were held, and car doors whose owner was called."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import patrols


def held(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Patrols that ended."""
    return Count(patrols.count_held(session, list(area_ids), since, until))


def secured(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Car doors reported whose owner was called, of those reported."""
    return Count(*patrols.count_cars(session, list(area_ids), since, until))


FIGURES = (Figure("patrols", 90, "次", "count", held), Figure("cars", 91, "件", "rate", secured))
