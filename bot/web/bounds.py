"""Bounds (界限) around every address: no body comes in for ever or beyond measure, no answer goes without its headers.

They hold for pages and webhooks alike, for refusals and for errors nobody foresaw; an answer's own headers stay.
"""

import asyncio
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_SECONDS: Final = 60.0
"""How long a body may take from its first byte to its last; one that trickles is not waited for."""
MOST_BODY: Final = 12 * 1024 * 1024
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Bounds:
    """Answers 408 to a body that takes longer than `seconds`, 413 to one of more than `most` bytes."""

    def __init__(self, app: ASGIApp, seconds: float = BODY_SECONDS, most: int = MOST_BODY) -> None:
        self.app, self.seconds, self.most = app, seconds, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        until, came, whole, started = asyncio.get_running_loop().time() + self.seconds, 0, False, False

        async def bounded() -> Message:
            nonlocal came, whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers={"Connection": "close"}) from None
            came += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if came > self.most:
                raise HTTPException(413, headers={"Connection": "close"})
            return message

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, bounded, dressed)
        except Exception:
            if not started:
                await PlainTextResponse("出错了，请稍后再试。\n", 500)(scope, receive, dressed)
            raise
