"""What the weekly figures count of visits (走访): doors visited of those on the lists, and those to be moved out."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage.visits import Campaign, CampaignState


def _sums(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> tuple[int, int, int]:
    ended = Campaign.closed_at >= since, Campaign.closed_at < until, Campaign.state == CampaignState.ENDED
    counts = func.sum(Campaign.doors), func.sum(Campaign.visited), func.sum(Campaign.to_move)
    row = session.execute(select(*counts).where(Campaign.area_id.in_(list(area_ids)), *ended)).one()
    return int(row[0] or 0), int(row[1] or 0), int(row[2] or 0)


def visited(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Doors visited of all, in the rounds that ended in the period."""
    doors, done, _ = _sums(session, area_ids, since, until)
    return Count(done, doors)


def to_move(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Doors whose people were to be moved out, in those rounds."""
    return Count(_sums(session, area_ids, since, until)[2])


FIGURES = (Figure("visits", 100, "户", "rate", visited), Figure("to_move", 101, "户", "count", to_move))
