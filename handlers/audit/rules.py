"""Rules of the audit chain (审计): when an anchor is due, and how one that people kept is read."""

import re
from datetime import datetime, time, timedelta
from typing import Final

from handlers.reading.normal import fold

ANCHOR: Final = re.compile(r"(?<![0-9a-zA-Z])([0-9]{1,12})\s*:\s*([0-9a-fA-F]{8,64})(?![0-9a-zA-Z])")
ACTIONS_OF: Final = timedelta(days=1)
"""Over how long actions are counted for whoever asks."""
PART: Final = 200
"""So many old entries are checked beside the newest while somebody waits for the answer."""


def last_due(now: datetime, at: time) -> datetime:
    """The latest moment at which an anchor was due, in the zone of `now`; `at` is the local time of day."""
    today = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def read_anchors(words: str) -> list[tuple[int, str]]:
    """Every `count:hash` in what somebody pasted; eight characters of the hash are enough."""
    return [(int(count), found.lower()) for count, found in ANCHOR.findall(fold(words))]
