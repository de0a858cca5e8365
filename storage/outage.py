"""Outages (数据库故障): since when the database takes nothing, and why; kept in memory, for where else?"""

import logging
import threading
import time
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

LOG = logging.getLogger("wangge.database")
CALM = 5.0
"""Seconds without a failure after which it is over: on a disk that is nearly full small things still pass."""

Why = Literal["full", "locked", "lost"]
"""The disk is full; somebody else holds the database; it cannot be reached or read."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which nothing could be written, in seconds; `failed` counts transactions."""

    why: Why
    seconds: float
    failed: int


class Watch:
    """Notes how transactions end; any thread may."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._last = 0.0
        self._why: Why = "lost"
        self._failed = 0
        self._over: Outage | None = None

    @property
    def lasts(self) -> bool:
        """Whether transactions failed lately for want of the database."""
        return self._since is not None

    def failed(self, error: BaseException) -> None:
        """Note a transaction that failed; what is wrong with a statement or its values is no outage."""
        why = why_failed(error)
        if why is None:
            return
        with self._lock:
            self._failed, self._last = self._failed + 1, time.monotonic()
            if self._since is None:
                self._since, self._why = self._last, why
                LOG.error("the database takes nothing: %s", why)

    def worked(self) -> None:
        """Note a transaction that was committed; the outage is over once none failed for a while."""
        if self._since is None:
            return
        with self._lock:
            if self._since is not None and time.monotonic() - self._last >= CALM:
                self._over = Outage(self._why, self._last - self._since, self._failed)
                self._since, self._failed = None, 0
                LOG.warning("the database works again after %.0f s", self._over.seconds)

    def take_over(self) -> Outage | None:
        """The last outage that is over, given out once."""
        with self._lock:
            over, self._over = self._over, None
            return over


def why_failed(error: BaseException) -> Why | None:
    """Why the database could not be written, None where that was not the trouble."""
    if isinstance(error, OSError):
        return "lost"
    if not isinstance(error, DBAPIError):
        return None
    said = str(error.orig)
    if "full" in said or "No space left" in said:
        return "full"
    if "locked" in said or "busy" in said:
        return "locked"
    return "lost" if isinstance(error, OperationalError | InterfaceError | InternalError) else None
