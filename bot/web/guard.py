"""The guard (门卫): who may call the pages, and what a browser may do with them.

A page is answered only under a known name of this machine (or a stranger's name could be pointed at it) and never to
another site's page, a change only with the token of a page this process served, and nothing is loaded from anywhere
else.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "wangge_play"
TOKEN_HEADER = "X-Wangge-Token"  # noqa: S105 - a header's name
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses calls under an unknown host name or from another site's page; puts the headers above on every answer.

    `hosts` are names allowed besides this machine's own; None allows any.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None = ()) -> None:
        self.app = app
        self.hosts = None if hosts is None else LOOPBACK | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        refusal: PlainTextResponse | None = None
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if not self._known(headers.get("host", "")):
                refusal = PlainTextResponse("请用 http://127.0.0.1 打开这个页面。\n", 421)
            elif self._from_elsewhere(scope["method"], headers):
                refusal = PlainTextResponse("这个页面不接受别的网站的请求，请直接打开它。\n", 403)
        await (refusal or self.app)(scope, receive, send_with_headers)

    def _from_elsewhere(self, method: str, headers: Headers) -> bool:
        """Whether another site's page calls, as the browser says; a link that is followed may come from anywhere.

        A browser too old to say so names the origin with each change. Behind a proxy (any host allowed) that name is
        another than ours; there the token alone decides.
        """
        if site := headers.get("sec-fetch-site"):
            followed = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
            return site not in ("same-origin", "none") and not followed
        origin = headers.get("origin")
        if origin is None or self.hosts is None:
            return False
        return origin.partition("://")[2].lower() != headers.get("host", "").lower()

    def _known(self, host: str) -> bool:
        if self.hosts is None:
            return True
        name = host.lower()
        bare = name[: name.find("]") + 1] if name.startswith("[") else name.partition(":")[0]
        return bare in self.hosts


class Tokens:
    """Tokens that tie a change to a page: a digest of the browser's cookie under this process's own secret."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def token_for(self, cookie: str) -> str:
        """The token of pages served to the browser with this cookie."""
        return hmac.new(self._secret, cookie.encode(), hashlib.sha256).hexdigest()

    def fits(self, request: Request) -> bool:
        """Whether the call comes from a page this process served to this browser."""
        cookie = request.cookies.get(COOKIE, "")
        given = request.headers.get(TOKEN_HEADER, "")
        return bool(cookie) and hmac.compare_digest(given.encode(), self.token_for(cookie).encode())
