"""Freezing (冻结): nothing more of a record leaves until somebody has decided about it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.wording import Catalogue
from handlers.publishing import progress
from storage import deliveries, ending


def freeze(session: Session, words: Catalogue, topic: str, until: datetime, now: datetime) -> list[int]:
    """Let nothing more of a record leave; the ids of its deliveries that were under way.

    What waits so is not given up before `until`. What somebody had paused before stays paused whatever is decided.
    """
    frozen = []
    for one in deliveries.of_topic(session, topic):
        session.refresh(one, with_for_update=True)
        if deliveries.pause(session, one):
            deliveries.lives_until(session, one, until)
            one.reported_at = now
            progress.show(session, words, one, now)
            frozen.append(one.id)
    ending.stop_asked(session, topic, now)
    return frozen


def thaw(session: Session, words: Catalogue, frozen: Collection[int], until: datetime, now: datetime) -> None:
    """Let go on what `freeze` stopped; what has not left at `until` is given up, at once where that is past."""
    for one in sorted(frozen):
        delivery = deliveries.get(session, one)
        session.refresh(delivery, with_for_update=True)
        if until <= now:
            deliveries.stop(session, delivery, now)
        elif deliveries.resume(session, delivery, now):
            deliveries.lives_until(session, delivery, until)
        delivery.reported_at = now
        progress.show(session, words, delivery, now)
