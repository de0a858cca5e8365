"""What ten households count for the weekly figures: alarms, and how many households answered within three minutes."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import households


def _alarms(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    return Count(households.figures(session, area_ids, since, until)[0])


def _answered(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    _, told, answered = households.figures(session, area_ids, since, until)
    return Count(answered, told)


FIGURES = (
    Figure("alarms", 80, "次", "count", _alarms),
    Figure("alarms_answered", 81, "户", "rate", _answered),
)
