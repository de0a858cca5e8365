"""What is counted of bulletins (通报) for the weekly figures: the groups and people that warnings reached."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import tallies
from storage.bulletins import BulletinKind

WARNINGS = (BulletinKind.FRAUD, BulletinKind.WARNING)


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Chats that got a warning, of those it was meant for; one a person passes on counts once they did."""
    found = placed(within, tallies.reach(session, WARNINGS, since, until))
    return {"warnings_reached": counts(found, 0, 1)}


FIGURES = (Figure("warnings_reached", 50, "群次", "rate", count),)
