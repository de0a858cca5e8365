"""The web application: health for watchers, the playground's pages, and the routes other channels bring along."""

from collections.abc import Collection, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route

from bot.web import play, watch
from bot.web.bounds import Bounds
from bot.web.guard import Guard
from bot.web.hub import PlaygroundHub


def build(
    hub: PlaygroundHub | None,
    routes: Sequence[BaseRoute] = (),
    *,
    hosts: Collection[str] | None = (),
    watched: Sequence[BaseRoute] | None = None,
) -> Starlette:
    """The application: `watched` (health and metrics), `routes` (webhooks), the playground's pages for a `hub`.

    Pages are answered under this machine's loopback names and `hosts`; None allows any name.
    """
    known: list[BaseRoute] = [*(watch.routes(()) if watched is None else watched), *routes]
    pages = play.routes(hub) if hub is not None else [Route("/", _running)]
    known.append(Mount("/", routes=pages, middleware=[Middleware(Guard, hosts=hosts)]))
    return Starlette(routes=known, middleware=[Middleware(Bounds)])


async def _running(request: Request) -> PlainTextResponse:
    return PlainTextResponse("网格助手正在运行；演练场没有打开。\n")
