"""What searches are counted by (数字): how many, how many found, how many people were out; whole areas only."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage.searches import Search, SearchState
from storage.sectors import Outing


def _published(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> list[Search]:
    within = Search.area_id.in_(list(area_ids)), Search.verified_at >= since, Search.verified_at < until
    return list(session.scalars(select(Search).where(*within)))


def searched(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Searches put out."""
    return Count(len(_published(session, area_ids, since, until)))


def found(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Of these, those in which the person was found."""
    some = _published(session, area_ids, since, until)
    return Count(sum(1 for one in some if one.state is SearchState.FOUND), len(some))


def out(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """How often somebody went out for one."""
    ids = [one.id for one in _published(session, area_ids, since, until)]
    return Count(
        session.scalar(select(func.coalesce(func.sum(Outing.joined), 0)).where(Outing.search_id.in_(ids))) or 0
    )


FIGURES = (
    Figure("searches", 40, "件", "count", searched),
    Figure("searches_found", 41, "件", "rate", found),
    Figure("searchers", 42, "人次", "count", out),
)
