"""What the weekly figures count of evening talks (夜话): how many were held, and how many wishes were told there."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage.talks import Talk, TalkState
from storage.wishes import Wish


def held(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Talks that were held in the period."""
    when = Talk.held_at >= since, Talk.held_at < until, Talk.state.in_([TalkState.HELD, TalkState.CLOSED])
    query = select(func.count()).where(Talk.area_id.in_(list(area_ids)), *when)
    return Count(session.scalar(query) or 0)


def wishes(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Wishes and demands told at one in the period."""
    when = Wish.created_at >= since, Wish.created_at < until, Wish.talk_id.is_not(None)
    query = select(func.count()).where(Wish.area_id.in_(list(area_ids)), *when)
    return Count(session.scalar(query) or 0)


FIGURES = (Figure("talks", 111, "场", "count", held), Figure("talk_wishes", 112, "件", "count", wishes))
