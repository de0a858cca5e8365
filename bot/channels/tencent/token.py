"""The access token (凭据) of one application: kept in memory, renewed in time, asked for by one at a time."""

import logging
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.channels.tencent.errors import BadSecret
from jobs.channel import CallFailed, NotNow, Refused

LOG = logging.getLogger("wangge.tencent")
REST: Final = 5.0
"""Seconds until a token is asked for again after that failed, or after one was replaced because it was refused."""
SECRET_REST: Final = 60.0
"""Seconds without a call after the platform refused the secret."""
LIFE: Final = 7200
SPARE: Final = 300
"""A token is not used in its last seconds."""


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    value: str
    until: float


class Keeper:
    """The access token of one application: fetched by one thread while the others wait."""

    def __init__(self, ask: Callable[[], Mapping[str, Any]], clock: Callable[[], float]) -> None:
        self._ask, self._clock = ask, clock
        self._lock = threading.Lock()
        self._token: _Token | None = None
        self._rests_until = self._renewed_until = -math.inf
        self._why: Callable[[], CallFailed] = lambda: NotNow("token")

    def current(self, stale: str = "") -> str:
        """A token other than `stale`; raises a CallFailed."""
        with self._lock:
            now = self._clock()
            if self._token is not None and self._token.value != stale and now < self._token.until:
                return self._token.value
            if now < self._rests_until:
                raise self._why()
            if stale and now < self._renewed_until:
                raise NotNow("token")
            if stale:
                self._renewed_until = now + REST
            try:
                self._token = self._fetch()
            except CallFailed as failed:
                self._note(failed)
                raise
            return self._token.value

    def _note(self, failed: CallFailed) -> None:
        now = self._clock()
        self._rests_until = now + REST
        if isinstance(failed, BadSecret):
            LOG.error("the platform does not know this application or its secret; nothing is sent for a minute")
            self._rests_until = now + SECRET_REST
        elif isinstance(failed, Refused):
            self._rests_until = now + failed.wait.total_seconds()
        kind, reason = type(failed), failed.reason
        self._why = (lambda: kind(reason)) if isinstance(failed, NotNow) else lambda: NotNow("token")

    def _fetch(self) -> _Token:
        told = self._ask()
        value, life = told.get("access_token"), told.get("expires_in")
        if not isinstance(value, str) or not 0 < len(value) <= 2048 or not value.isascii():
            raise NotNow("no token")
        seconds = min(max(life, 2 * SPARE), 86_400) if isinstance(life, int) else LIFE
        return _Token(value, self._clock() + seconds - SPARE)
