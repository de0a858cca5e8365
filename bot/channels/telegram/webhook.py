"""Webhook: Telegram calls us. It hears 200 only when the message is kept, and calls again otherwise."""

import hmac
import json
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from jobs.channel import Accept

if TYPE_CHECKING:
    from bot.channels.telegram.channel import Telegram

LOG = logging.getLogger("wangge.telegram")
MOST_BYTES = 1 << 20
SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name


def webhook_route(channel: "Telegram", accept: Accept) -> Route:
    """The route Telegram calls, at the path of the webhook's address.

    Answers 403 without the right secret, 413 to bodies over 1 MiB, 400 to what is no update, 503 while the bot is
    not ready or the message could not be kept.
    """

    async def hear(request: Request) -> Response:
        if not _knows(request, channel.webhook_secret):
            return Response(status_code=403)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return Response(status_code=413)
        try:
            raw = json.loads(body)
        except ValueError:
            raw = None
        if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
            return Response(status_code=400)
        if not channel.ready:
            return Response(status_code=503, headers={"Retry-After": "5"})
        try:
            await channel.hearing.hear(raw, accept)
        except Exception as error:
            LOG.warning("update %s is not kept yet: %s", raw["update_id"], type(error).__name__)
            return Response(status_code=503)
        return Response(status_code=200)

    return Route(urlsplit(channel.webhook_address).path, hear, methods=["POST"])


def _knows(request: Request, secret: str) -> bool:
    told = request.headers.get(SECRET, "")
    return bool(secret) and hmac.compare_digest(told.encode(), secret.encode())
