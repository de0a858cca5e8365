"""What intelligence counts for the weekly figures: tips that came, those verified, answers given in time."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import intelligence


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Tips received; verified, of those answered; answered in time, of those owed."""
    return {
        "tips": counts(placed(within, intelligence.received(session, since, until))),
        "tips_verified": counts(placed(within, intelligence.found_out(session, since, until)), 0, 1),
        "tips_answered": counts(placed(within, intelligence.in_time(session, since, until)), 0, 1),
    }


FIGURES = (
    Figure("tips", 30, "条", "count", count),
    Figure("tips_verified", 31, "条", "rate", count),
    Figure("tips_answered", 32, "条", "rate", count),
)
