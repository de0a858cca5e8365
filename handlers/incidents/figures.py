"""What is counted of incidents (事件) for the weekly figures: reports done, of those under way (tips: 情报)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage import tallies
from storage.incidents import IncidentKind

REPORTS = (IncidentKind.MATTER, IncidentKind.HAZARD, IncidentKind.HELP)


def reports(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Reports, hazards and calls for help that were done."""
    return Count(*tallies.incidents(session, REPORTS, area_ids, since, until))


FIGURES = (Figure("reports_done", 20, "件", "rate", reports),)
