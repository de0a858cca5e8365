"""Quotas (群发次数): how often a group may be sent something, and how often a member may be reminded.

The platform lets a group have as many messages a month as the month has days; an administrator may have chosen
seven a week or one a day instead, which no interface tells. A task beyond that is made and confirmed all the same,
and then nobody gets it. So two things are kept here: a meter, fed by the tasks of this process and by every result
read back (the last days' too, after a start); and the platform's own no, which holds a group until the next day,
whatever the rule. What was sent earlier in the month than the meter reaches is found out by that no.
"""

import calendar
from collections import defaultdict, deque
from datetime import datetime, timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8))
"""Days and months of the platform, wherever the station is."""
SLOW: Final = timedelta(minutes=10)
"""Two refusals for being too fast within this time are about the group's quota."""
REMINDERS: Final = 3
DAY: Final = timedelta(hours=24)


class Quota:
    """What each group has had this month."""

    def __init__(self) -> None:
        self._had: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        self._full_until: dict[str, datetime] = {}
        self._slowed: dict[str, datetime] = {}

    def wait(self, chat: str, now: datetime) -> timedelta | None:
        """How long a group can get nothing more; None where it can."""
        if (until := self._full_until.get(chat, now)) > now:
            return until - now
        local = now.astimezone(CHINA)
        month = [at for at in self._had[chat].values() if _month(at) == _month(now)]
        if len(month) < calendar.monthrange(local.year, local.month)[1]:
            return None
        return _next_month(local) - now

    def had(self, chat: str, task: str, at: datetime) -> None:
        """A task is under way, or done; the same one counts once."""
        had = self._had[chat]
        for old in [old for old, when in had.items() if _month(when) < _month(at)]:
            del had[old]
        had[task] = at

    def not_had(self, task: str) -> None:
        """A task was stopped, or nobody got it."""
        for had in self._had.values():
            had.pop(task, None)

    def full(self, chat: str, now: datetime) -> timedelta:
        """The platform says that a group can have no more: it waits until the next day."""
        local = now.astimezone(CHINA)
        tomorrow = (local + timedelta(days=1)).replace(hour=0, minute=1, second=0, microsecond=0)
        self._full_until[chat] = tomorrow
        return tomorrow - now

    def too_fast(self, chat: str, now: datetime) -> timedelta | None:
        """The platform says 45009: None the first time; the second time in a row it means the quota."""
        before = self._slowed.pop(chat, None)
        if before is not None and now - before < SLOW:
            return self.full(chat, now)
        self._slowed[chat] = now
        return None


class Reminders:
    """Three reminders a task in any 24 hours."""

    def __init__(self) -> None:
        self._made: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def wait(self, task: str, now: datetime) -> timedelta | None:
        """How long its member cannot be reminded; None where they can."""
        made = self._made[task]
        while made and made[0] <= now - DAY:
            made.popleft()
        return made[0] + DAY - now if len(made) >= REMINDERS else None

    def made(self, task: str, now: datetime) -> None:
        """A reminder went out."""
        self._made[task].append(now)


def _month(at: datetime) -> tuple[int, int]:
    local = at.astimezone(CHINA)
    return local.year, local.month


def _next_month(local: datetime) -> datetime:
    first = local.replace(day=1, hour=0, minute=1, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
