"""Figures of the week, counted for one place as the report counts them for all."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Count, all_figures


def counted(session: Session, name: str, area_ids: Iterable[int], since: datetime, until: datetime) -> Count:
    """A figure of these areas together."""
    figure = all_figures()[name]
    nothing = Count(0, None if figure.kind == "count" else 0)
    return figure.count(session, dict.fromkeys(area_ids, 1), since, until)[name].get(1, nothing)
