"""What hazards are counted by (数字): how many were found, how many of those whose day came were mended in time."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage.hazards import Hazard
from storage.incidents import Incident, IncidentKind, IncidentState


def found(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Hazards told of; neither those taken back nor those told before."""
    gone = (IncidentState.WITHDRAWN, IncidentState.MERGED)
    within = Incident.area_id.in_(list(area_ids)), Incident.created_at >= since, Incident.created_at < until
    own = Incident.kind == IncidentKind.HAZARD, Incident.state.not_in(gone)
    return Count(session.scalar(select(func.count(Incident.id)).where(*within, *own)) or 0)


def in_time(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Of the hazards whose day came those that were mended by then; one opened again is not mended."""
    rows = session.execute(
        select(Hazard.due_at, Hazard.checks, Incident.state, Incident.closed_at)
        .join(Incident, Incident.id == Hazard.incident_id)
        .where(Incident.area_id.in_(list(area_ids)), Hazard.due_at >= since, Hazard.due_at < until)
    ).all()
    mended = [one for one in rows if one.state is IncidentState.DONE and one.closed_at and one.closed_at <= one.due_at]
    return Count(len(mended), len(rows))


FIGURES = (
    Figure("hazards", 70, "处", "count", found),
    Figure("hazards_in_time", 71, "处", "rate", in_time),
)
