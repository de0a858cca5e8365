"""What returns count for the weekly figures: things given back, and how many of them in time."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import returns


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Things given back, and those of them within their deadlines."""
    found = placed(within, returns.handed_between(session, since, until))
    return {"returns": counts(found), "returns_in_time": counts(found, 1, 0)}


FIGURES = (Figure("returns", 120, "件", "count", count), Figure("returns_in_time", 121, "件", "rate", count))
