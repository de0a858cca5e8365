"""Films (视频): the platform tells where one lies, on another machine; fetched within bounds, without our token."""

import asyncio
from urllib.parse import urlsplit

import httpx

from jobs.channel import Impossible, NotNow

WHOLE = 6.0
"""A whole download may take so many times the patience of a single step."""


async def load(address: str, most: int, proxy: str, patience: float) -> bytes:
    """The film at this address, at most `most` bytes; raises Impossible or NotNow. `patience` is in seconds a step."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise Impossible("no such film")
    try:
        async with (
            asyncio.timeout(patience * WHOLE),
            httpx.AsyncClient(
                timeout=patience, proxy=proxy or None, trust_env=False, follow_redirects=True, max_redirects=3
            ) as client,
            client.stream("GET", address) as response,
        ):
            if response.status_code >= 500 or response.status_code == 429:
                raise NotNow("no film for now")
            if response.status_code != 200:
                raise Impossible("no such film")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > most:
                    raise Impossible("too big")
            return bytes(body)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        raise NotNow("no film for now") from None
