"""What hazards are counted by (数字): how many were found, how many of those whose day came were mended in time."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import tallies


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Hazards told of, neither those taken back nor those told before; and those mended by their day.

    One opened again is not mended.
    """
    return {
        "hazards": counts(placed(within, tallies.hazards_found(session, since, until))),
        "hazards_in_time": counts(placed(within, tallies.hazards_due(session, since, until)), 0, 1),
    }


FIGURES = (
    Figure("hazards", 70, "处", "count", count),
    Figure("hazards_in_time", 71, "处", "rate", count),
)
