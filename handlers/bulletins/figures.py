"""What is counted of bulletins (通报) for the weekly figures: the groups and people that warnings reached."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import tallies
from storage.bulletins import BulletinKind

WARNINGS = (BulletinKind.FRAUD, BulletinKind.WARNING)


def reached(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Chats that got a warning, of those it was meant for; one a person passes on counts once they did."""
    return Count(*tallies.reach(session, WARNINGS, area_ids, since, until))


FIGURES = (Figure("warnings_reached", 50, "群次", "rate", reached),)
