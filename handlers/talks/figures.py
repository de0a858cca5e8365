"""What the weekly figures count of evening talks (夜话): how many were held, and how many wishes were told there."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import talks, wishes


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Talks that were held, and the wishes and demands told at one."""
    return {
        "talks": counts(placed(within, talks.count_held(session, since, until))),
        "talk_wishes": counts(placed(within, wishes.count_told_at_talks(session, since, until))),
    }


FIGURES = (Figure("talks", 111, "场", "count", count), Figure("talk_wishes", 112, "件", "count", count))
