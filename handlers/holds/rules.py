"""Legal holds (保留): how long one stands, when it is asked about, and what a reason is; pure."""

from datetime import datetime, timedelta
from typing import Final

LIVES: Final = timedelta(days=180)
"""A hold ends by itself after this long: who still needs it says so again."""

ASKED_BEFORE: Final = timedelta(days=14)
"""So long before its end whoever placed it is reminded."""

SHORTEST: Final = 4
LONGEST: Final = 200
"""Characters of a reason."""


def day(moment: datetime, now: datetime) -> str:
    """A day as people write it, in the zone of `now`."""
    local = moment.astimezone(now.tzinfo)
    return f"{local.year}年{local.month}月{local.day}日"


def is_reason(words: str) -> bool:
    """Whether these words say why; a sign or two say nothing."""
    return SHORTEST <= len(words) <= LONGEST and any("一" <= sign <= "鿿" for sign in words)
