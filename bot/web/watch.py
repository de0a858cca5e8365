"""What watchers read: `/healthz` for whoever restarts or routes, `/metrics` for Prometheus.

`/metrics` is answered to callers on this machine only, unless the settings say otherwise. A proxy on this machine
calls in others' names: what it passes on is not answered.
"""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Literal

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import health
from bot.health import Look
from bot.metrics import Metrics

For = Literal["local", "all", "off"]
PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers by which a proxy shows itself."""


def routes(looks: Sequence[Look], metrics: Metrics | None = None, metrics_for: For = "local") -> list[Route]:
    """The two addresses; without `metrics`, or where they are off, only `/healthz`."""

    async def healthy(request: Request) -> Response:
        status, found = await health.report(looks)
        return JSONResponse(found, status, headers={"Cache-Control": "no-store"})

    async def measured(request: Request) -> Response:
        assert metrics is not None  # noqa: S101 - there is no route without them
        if metrics_for == "local" and not from_here(request):
            return PlainTextResponse("/metrics 只答本机。\n", 403)
        for look in looks:
            await look.look()
        return Response(metrics.page(looks), media_type=CONTENT_TYPE_LATEST)

    found = [Route("/healthz", healthy)]
    if metrics is not None and metrics_for != "off":
        found.append(Route("/metrics", measured))
    return found


def from_here(request: Request) -> bool:
    """Whether somebody on this machine calls, in their own name."""
    if request.client is None or any(name in request.headers for name in PASSED_ON):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
