"""Films (视频页): a page that shows one film, for channels that can show none and send a link to it instead.

The address is signed, says nothing of what it shows, and ends with the record it belongs to: once that is recalled
or over the page says so. It is the one part of such a message that can be taken back.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from html import escape

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from handlers.dialogue.wording import text
from handlers.dialogue.world import World
from storage import changes, media
from storage.changes import ChangeKind
from storage.media import MediumKind
from storage.sealing import MasterKey

PATH = "/film"
SIGNATURE = 16
"""Bytes of the signature: nobody guesses 128 bits."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body{{margin:0;padding:1rem;font:18px/1.6 sans-serif;background:#fff;color:#222}}
video{{width:100%;max-height:80vh;background:#000}}</style><h1 style="font-size:1.2rem">{title}</h1>{body}</html>"""
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


def address(keys: MasterKey, base: str, medium_id: int, topic: str | None) -> str:
    """The address of a film under the program's public one; `topic` is the record it ends with."""
    name = base64.urlsafe_b64encode(f"{medium_id}|{topic or ''}".encode()).decode().rstrip("=")
    return f"{base.rstrip('/')}{PATH}/{name}.{_signature(keys, name)}"


def routes(world: World) -> Sequence[Route]:
    """The page of a film and the film itself."""

    async def page(request: Request) -> Response:
        film = await run_in_threadpool(_find, world, request.path_params["name"])
        if film is None:
            return _shown(world, "films.over", 410)
        return _shown(world, "films.title", 200, f'<video controls playsinline src="{escape(request.url.path)}/play">')

    async def play(request: Request) -> Response:
        film = await run_in_threadpool(_find, world, request.path_params["name"])
        if film is None:
            return Response(status_code=410, headers=HEADERS)
        blob, mime = film
        return _part(blob, mime, request.headers.get("range", ""))

    return [Route(f"{PATH}/{{name}}", page), Route(f"{PATH}/{{name}}/play", play)]


def _signature(keys: MasterKey, name: str) -> str:
    return base64.urlsafe_b64encode(keys.sign("film", name, SIGNATURE)).decode().rstrip("=")


def _find(world: World, signed: str) -> tuple[bytes, str] | None:
    """The film's bytes and type; None for a made-up address, and where it is over."""
    name, _, signature = signed.partition(".")
    try:
        if not hmac.compare_digest(signature.encode(), _signature(world.db.keys, name).encode()):
            return None
        number, _, topic = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode().partition("|")
    except ValueError:
        return None
    with world.db.read() as session:
        if topic and _is_over(session, topic):
            return None
        medium = media.find(session, int(number))
        if medium is None or medium.kind is not MediumKind.VIDEO:
            return None
        blob = media.blob_of(session, medium.id)
        return (blob, medium.mime or "video/mp4") if blob is not None else None


def _is_over(session: Session, topic: str) -> bool:
    return changes.any_of(session, topic, (ChangeKind.RECALL, ChangeKind.CLOSE))


def _shown(world: World, key: str, status: int, body: str = "") -> HTMLResponse:
    title = escape(world.words.render(text(key)))
    return HTMLResponse(PAGE.format(title=title, body=body), status, headers=HEADERS)


def _part(blob: bytes, mime: str, asked: str) -> Response:
    """The film, or the part of it a player asks for (RFC 9110, 14.2)."""
    headers = {**HEADERS, "Accept-Ranges": "bytes"}
    found = _RANGE.fullmatch(asked)
    if found is None or not any(found.groups()):
        return Response(blob, media_type=mime, headers=headers)
    first, last = found[1], found[2]
    start = int(first) if first else max(len(blob) - int(last), 0)
    end = min(int(last), len(blob) - 1) if first and last else len(blob) - 1
    if start > end:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{len(blob)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(blob)}"
    return Response(blob[start : end + 1], 206, media_type=mime, headers=headers)
