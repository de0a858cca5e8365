"""The wire (线路) to Tencent: one host, everything within a time and a length, no redirects, no hidden proxies."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from jobs.channel import Impossible

CONNECT: Final = 5.0
WHOLE: Final = 4.0
"""A whole call may take so many times the time-out of a single step."""
WORKERS: Final = 8
MOST_ANSWER: Final = 4 << 20


class TooMuch(Exception):
    """An answer beyond what was asked for."""


class Session(requests.Session):
    """Requests to one host only, each read to its end within a time and a length, without redirects."""

    def __init__(self, base_url: str, proxy: str, timeout: float, clock: Callable[[], float]) -> None:
        super().__init__()
        self.trust_env = False
        self._origin, self._timeout, self._clock = _origin(base_url), timeout, clock
        if proxy:
            self.proxies = {"http": proxy, "https": proxy}
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=WORKERS, max_retries=0))

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        *,
        most: int = MOST_ANSWER,
        **options: Any,  # noqa: ANN401 - as inherited
    ) -> requests.Response:
        """Make a request; raises requests' errors, `TooMuch`, Impossible for another host."""
        if _origin(url) != self._origin:
            raise Impossible("another host")
        ends = self._clock() + self._timeout * WHOLE
        options |= {"timeout": (min(CONNECT, self._timeout), self._timeout), "allow_redirects": False, "stream": True}
        with super().request(method, url, **options) as response:
            body = bytearray()
            while more := response.raw.read1(1 << 16, decode_content=True):
                body += more
                if len(body) > most:
                    raise TooMuch
                if self._clock() > ends:
                    raise requests.ReadTimeout
            response._content, response._content_consumed = bytes(body), True
        return response


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return (
        parts.scheme.lower(),
        (parts.hostname or "").lower(),
        parts.port or {"http": 80, "https": 443}.get(parts.scheme),
    )
