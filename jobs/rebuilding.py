"""Rebuilding (重建): the windows of an account as a new owner finds them, from the calls of the owners before."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from jobs.channel import Channel
from jobs.pace import Pace, Past
from storage import calls

FURTHER: Final = timedelta(seconds=150)
"""How much further back than the longest window is looked: an answer may come so much later than its call left."""


def rebuilt(session: Session, channel: Channel, now: datetime, steady: float) -> Pace:
    """The windows of a channel's account; `steady` is the moment `now` by the steady clock, in seconds.

    A call of which nobody knows when it was over counts as over now.
    """
    pace = Pace(channel.limits)

    def by_steady(moment: datetime) -> float:
        return steady - (now - moment).total_seconds()

    since = now - timedelta(seconds=pace.longest) - FURTHER
    before = [
        Past(
            one.chat_id,
            one.kind,
            one.is_group,
            by_steady(one.sending_at),
            by_steady(one.done_at) if one.done_at is not None else steady,
        )
        for one in calls.recent(session, channel.account, since)
    ]
    refused = [(chat, by_steady(until)) for chat, until in calls.refused_until(session, channel.account, now)]
    pace.rebuild(before, refused, steady)
    return pace
