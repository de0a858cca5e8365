"""Figures of the week, counted for one place as the report counts them for all."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import all_figures
from handlers.weekly.rules import Amount


def counted(session: Session, name: str, area_ids: Iterable[int], since: datetime, until: datetime) -> Amount:
    """A figure of these areas together."""
    figure = all_figures()[name]
    nothing = Amount(0, None if figure.kind == "count" else 0)
    return figure.count(session, dict.fromkeys(area_ids, 1), since, until)[name].get(1, nothing)
