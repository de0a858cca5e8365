"""The wire (线路) to the Bot API: time-outs on everything, no secret in any log.

The libraries below log addresses and answers; addresses hold the token and answers hold people's words, so they are
kept quiet here once and for all.
"""

import asyncio
import logging
from typing import Any

import httpx
from telegram import Bot
from telegram.error import TelegramError, TimedOut
from telegram.request import HTTPXRequest

from bot.channel_settings import Telegram as Settings
from bot.channels.telegram.errors import answered

CONNECT = 5.0
WHOLE = 6.0
"""A whole call may take so many times the time-out of a single step."""


def hush() -> None:
    """Keep the libraries from logging addresses and contents, whatever level the program logs at."""
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)


class Wire(HTTPXRequest):
    """Requests whose refusals keep the server's own code and words; `timeout` in seconds for each step."""

    def __init__(self, proxy: str, timeout: float) -> None:
        super().__init__(
            connection_pool_size=16,
            read_timeout=timeout,
            write_timeout=timeout,
            connect_timeout=min(CONNECT, timeout),
            pool_timeout=timeout,
            media_write_timeout=timeout * 3,
            proxy=proxy or None,
            httpx_kwargs={"trust_env": False},
        )
        self._whole = timeout * WHOLE

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: ANN401 - as inherited
        """Make a request; raises `Answered` where the server refused it."""
        try:
            async with asyncio.timeout(self._whole):
                code, payload = await super().do_request(*args, **kwargs)
        except TimeoutError as error:
            raise TimedOut from error
        if not 200 <= code < 300:
            raise answered(code, payload)
        return code, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as JSON; the inherited one would log what it cannot read."""
        try:
            found: dict[str, Any] = httpx.Response(200, content=payload).json()
        except ValueError:
            raise TelegramError("invalid answer") from None
        return found


def make_bot(settings: Settings, timeout: float) -> tuple[Bot, Wire]:
    """A bot and the requests it makes."""
    hush()
    wire = Wire(settings.proxy, timeout)
    bot = Bot(
        settings.token.get_secret_value(),
        base_url=settings.methods_url,
        base_file_url=settings.files_url,
        request=wire,
        get_updates_request=wire,
    )
    return bot, wire


def make_client(settings: Settings, timeout: float) -> httpx.AsyncClient:
    """A plain client for what the library cannot do: reading updates one by one, fetching at most so many bytes."""
    limits = httpx.Limits(max_connections=8)
    timeouts = httpx.Timeout(timeout, connect=min(CONNECT, timeout))
    return httpx.AsyncClient(timeout=timeouts, limits=limits, proxy=settings.proxy or None, trust_env=False)
