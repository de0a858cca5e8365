"""What searches are counted by (数字): how many, how many found, how many people were out; whole areas only."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import sectors


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Searches put out; those in which the person was found; how often somebody went out for one."""
    found = placed(within, sectors.count_put_out(session, since, until))
    return {"searches": counts(found), "searches_found": counts(found, 1, 0), "searchers": counts(found, 2)}


FIGURES = (
    Figure("searches", 40, "件", "count", count),
    Figure("searches_found", 41, "件", "rate", count),
    Figure("searchers", 42, "人次", "count", count),
)
