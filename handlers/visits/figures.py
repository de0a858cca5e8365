"""What the weekly figures count of visits (走访): doors visited of those on the lists, and those to be moved out."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import visits


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Doors visited of all, and those whose people were to be moved out, in the rounds that ended in the period."""
    found = placed(within, visits.count_rounds(session, since, until))
    return {"visits": counts(found, 1, 0), "to_move": counts(found, 2)}


FIGURES = (Figure("visits", 100, "户", "rate", count), Figure("to_move", 101, "户", "count", count))
