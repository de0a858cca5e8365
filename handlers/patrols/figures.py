"""What the weekly figures count of patrols (巡逻): how many were held, and car doors whose owner was called."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import patrols


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Patrols that ended; car doors whose owner was called, of those reported."""
    return {
        "patrols": counts(placed(within, patrols.count_held(session, since, until))),
        "cars": counts(placed(within, patrols.count_cars(session, since, until)), 0, 1),
    }


FIGURES = (Figure("patrols", 90, "次", "count", count), Figure("cars", 91, "件", "rate", count))
