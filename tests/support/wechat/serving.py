"""Serving an emulator on loopback, and what can go wrong with one of its answers."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]


@asynccontextmanager
async def served(routes: Sequence[Route]) -> AsyncIterator[str]:
    """An application on loopback; its address."""
    app = Starlette(routes=list(routes))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off", ws="none"))
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - what is waited for raises no event
        await asyncio.sleep(0.002)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await task


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer: an error code, a bare page, a broken line; before the work, or after it."""

    errcode: int = 0
    status: int = 200
    page: bytes | None = None
    late: float = 0.0
    breaks: bool = False
    after: bool = False


@dataclass
class Faults:
    """Faults by method, used up one a call."""

    waiting: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))

    def add(self, method: str, *faults: Fault) -> None:
        """The next calls of this method end so."""
        self.waiting[method].extend(faults)

    def next(self, method: str) -> Fault | None:
        """How this call ends; None well."""
        return self.waiting[method].popleft() if self.waiting[method] else None


async def spoilt(fault: Fault) -> Response:
    """The answer a fault gives instead of the right one."""
    if fault.late:
        await asyncio.sleep(fault.late)
    if fault.breaks:
        return _Broken()
    if fault.page is not None or fault.status != 200:
        return Response(fault.page or b"", fault.status, media_type="text/html")
    return said(fault.errcode)


def said(errcode: int = 0, errmsg: str = "", **more: Any) -> JSONResponse:  # noqa: ANN401 - any field
    """An answer as the platform gives it: HTTP 200 whatever happened."""
    text = errmsg or ("ok" if errcode == 0 else f"refused, hint: [1790000000], more info at error {errcode}")
    return JSONResponse({"errcode": errcode, "errmsg": text, **more})


def read_json(body: bytes) -> Json | None:
    """A body that is a JSON object; else None."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class _Broken(Response):
    """An answer that promises more than it gives, so that the line breaks in the middle."""

    def __init__(self) -> None:
        super().__init__(b'{"errcode"', headers={"content-length": "200"})
