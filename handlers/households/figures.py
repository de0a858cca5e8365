"""What ten households count for the weekly figures: alarms, and how many households answered within three minutes."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import households


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Alarms that were none count nowhere."""
    found = placed(within, households.figures(session, since, until))
    return {"alarms": counts(found), "alarms_answered": counts(found, 2, 1)}


FIGURES = (
    Figure("alarms", 80, "次", "count", count),
    Figure("alarms_answered", 81, "户", "rate", count),
)
