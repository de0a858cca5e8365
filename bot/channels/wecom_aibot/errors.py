"""How a frame or a request can end badly, read from the platform's error numbers; its words go nowhere."""

from datetime import timedelta
from typing import Final

from jobs.channel import (
    CallFailed,
    ChatGone,
    Impossible,
    MediumRefused,
    NotNow,
    Refused,
    StaleUpload,
    WindowClosed,
)

STALE: Final = frozenset({846605, 846608})
"""The callback can't be answered any more: its req_id died with a connection, or its stream is too old."""

NOBODY_SPOKE: Final = frozenset({93001, 93006, 93008})
"""The bot may not write there: not in the group (any more), no such chat, or nobody has spoken to it there yet."""

TOO_FAST: Final = frozenset({45009, 45033})
"""Which number the long connection itself refuses with is not documented; these are those of the REST interfaces."""

BUSY: Final = frozenset({-1, 6000, 93019})
"""The platform is busy, or does not know the bot: nothing was said, and the words are not at fault."""

BAD_MEDIUM: Final = frozenset({93018, 40004, 40006, 40009, 45001})
UNKNOWN_MEDIUM: Final = frozenset({40007})
REST: Final = timedelta(seconds=60)


class Rejected(Exception):
    """The platform answered a frame with this error number."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def failure(code: int, *, private: bool) -> CallFailed:
    """What an error number means for whoever wanted something said there."""
    if code in NOBODY_SPOKE:
        return WindowClosed("has not spoken yet") if private else ChatGone("not there")
    if code in TOO_FAST:
        return Refused(REST)
    if code in BUSY:
        return NotNow(f"platform {code}")
    if code in UNKNOWN_MEDIUM:
        return StaleUpload("media id unknown")
    if code in BAD_MEDIUM:
        return MediumRefused(f"medium {code}")
    return Impossible(f"refused {code}")
