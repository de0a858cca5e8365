"""What the weekly figures tell of anti-fraud and law notices: how often, and which groups they reached."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import pushes as told
from storage.library import Shelf

Counted = Callable[[Session, Collection[int], datetime, datetime], Count]


def _pushes(shelf: Shelf) -> Counted:
    def pushes(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
        """Notices that went out, by hand or in turn; one that was spread over days counts once."""
        return Count(len(told.went_out(session, shelf, area_ids, since, until)))

    return pushes


def _reach(shelf: Shelf) -> Counted:
    def reach(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
        """Public groups in which one arrived, of those there are; where none went out there is nothing to tell."""
        if not told.went_out(session, shelf, area_ids, since, until):
            return Count(0, 0)
        reached = told.groups_reached(session, shelf, area_ids, since, until)
        there = told.groups_there(session, area_ids)
        return Count(len(reached & there), len(there))

    return reach


FIGURES = (
    Figure("fraud_pushes", 51, "次", "count", _pushes(Shelf.FRAUD)),
    Figure("fraud_reach", 52, "个群", "rate", _reach(Shelf.FRAUD)),
    Figure("law_pushes", 53, "次", "count", _pushes(Shelf.LAW)),
    Figure("law_reach", 54, "个群", "rate", _reach(Shelf.LAW)),
)
