"""What the weekly figures tell of meetings: how many were met, and the losses stopped as a sum."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import meetings


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Warnings that led to a meeting, of those given; yuan kept (已止付, 未转), and behind how many warnings."""
    return {
        "meetings": counts(placed(within, meetings.met_of(session, since, until)), 0, 1),
        "losses_stopped": counts(placed(within, meetings.saved(session, since, until)), 0, 1),
    }


FIGURES = (
    Figure("meetings", 60, "次", "rate", count),
    Figure("losses_stopped", 61, "元", "sum", count),
)
