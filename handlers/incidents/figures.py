"""What is counted of incidents (事件) for the weekly figures: reports done, of those under way (tips: 情报)."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import tallies


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Reports, hazards and calls for help that were done."""
    return {"reports_done": counts(placed(within, tallies.reports(session, since, until)), 0, 1)}


FIGURES = (Figure("reports_done", 20, "件", "rate", count),)
