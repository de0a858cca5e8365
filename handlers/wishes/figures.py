"""What the weekly figures count of wishes (实事): how many were done, and confirmed by who wished them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, Figure
from storage.wishes import Wish, WishState


def fulfilled(session: Session, area_ids: Collection[int], since: datetime, until: datetime) -> Count:
    """Of the wishes closed in the period or waiting still at its end: those whose wishers said they were done well."""
    here = Wish.area_id.in_(list(area_ids)), Wish.created_at < until, Wish.state != WishState.WITHDRAWN
    waiting = (Wish.closed_at.is_(None)) | (Wish.closed_at >= until)
    ended = (Wish.closed_at >= since) & (Wish.closed_at < until)
    done = select(func.count()).where(*here, ended, Wish.confirmed)
    return Count(session.scalar(done) or 0, session.scalar(select(func.count()).where(*here, waiting | ended)) or 0)


FIGURES = (Figure("wishes", 110, "件", "rate", fulfilled),)
