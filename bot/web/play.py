"""The playground's pages (演练场): one page, a stream of what changes, and a call for each thing people can do."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.web import tour
from bot.web.guard import COOKIE, Tokens
from bot.web.hub import Chatroom, Denied, PlaygroundHub
from bot.web.roster import PlayPerson
from bot.web.shelf import MOST_UPLOAD, NoPicture, upload_type

HERE = Path(__file__).parent
ASSETS = HERE.parent / "assets"
MOST_BODY = 64 * 1024
MOST_TEXT = 12_000
MOST_MOVE = timedelta(days=31)
BEAT = 15.0
Call = Callable[[PlayPerson, dict[str, Any]], Awaitable[dict[str, Any]]]


class Refused(Exception):
    """A call that is answered with a status and a short word instead."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def routes(hub: PlaygroundHub) -> list[BaseRoute]:
    """The playground's routes."""
    pages = Pages(hub)
    return [
        Route("/", pages.page),
        Route("/play/county", pages.county),
        Route("/play/events", pages.events),
        Route("/play/photo", pages.upload, methods=["POST"]),
        Route("/play/photo/{name}", pages.photo),
        Route("/play/say", pages.doing(pages.say), methods=["POST"]),
        Route("/play/edit", pages.doing(pages.edit), methods=["POST"]),
        Route("/play/press", pages.doing(pages.press), methods=["POST"]),
        Route("/play/clock", pages.doing(pages.clock), methods=["POST"]),
        Route("/play/restart", pages.doing(pages.restart), methods=["POST"]),
        Route("/play/story", pages.doing(pages.story), methods=["POST"]),
        Mount("/assets", StaticFiles(directory=ASSETS)),
    ]


class Pages:
    """The pages over one hub."""

    def __init__(self, hub: PlaygroundHub) -> None:
        self.hub = hub
        self.tokens = Tokens()
        self._moving = asyncio.Lock()
        look = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape())
        self._template = look.get_template("play.html")

    async def page(self, request: Request) -> Response:
        """The one page; gives the browser its cookie."""
        cookie = request.cookies.get(COOKIE, "")
        if not 20 <= len(cookie) <= 64:
            cookie = secrets.token_urlsafe(24)
        told = self.hub.pause_story is not None
        token = self.tokens.token_for(cookie)
        html = self._template.render(token=token, boot=self.hub.boot, drill=self.hub.drill, story=told)
        response = HTMLResponse(html, headers={"Cache-Control": "no-store"})
        response.set_cookie(COOKIE, cookie, path="/", httponly=True, samesite="strict")
        return response

    async def county(self, request: Request) -> Response:
        """Who can be played, which groups there are, what to try first."""
        roster = self.hub.roster
        ids = {person.name: person.id for person in roster.people}
        groups = [
            {"id": g.id, "name": g.name, "kind": g.kind, "members": [ids[name] for name in g.members if name in ids]}
            for g in roster.groups
        ]
        return JSONResponse(
            {
                "people": [asdict(person) for person in roster.people],
                "groups": groups,
                "shown": roster.first_shown(),
                "tour": tour.steps(roster, drill=self.hub.drill),
                "places": tour.PLACES,
            },
            headers={"Cache-Control": "no-store"},
        )

    async def events(self, request: Request) -> Response:
        """The stream of one page: what this person sees, and then each change (server-sent events)."""
        person = self.hub.roster.person(request.query_params.get("who", ""))
        if person is None or not request.cookies.get(COOKIE):
            return _refusal(403, "stale")
        return StreamingResponse(
            self._stream(person), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _stream(self, person: PlayPerson) -> AsyncGenerator[str]:
        stream = self.hub.open(person)
        try:
            yield "retry: 800\n\n"
            while True:
                try:
                    async with asyncio.timeout(BEAT):
                        event = await stream.waiting.get()
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if event is None:
                    return
                what, data = event
                yield f"event: {what}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
        finally:
            self.hub.leave(stream)

    async def upload(self, request: Request) -> Response:
        """Take a picture, a film or a table as the body of the call; its opaque name."""
        try:
            self._check(request)
            blob = await _body(request, MOST_UPLOAD)
            try:
                mime, title = await asyncio.to_thread(upload_type, blob)
            except NoPicture:
                raise Refused(415, "no_picture") from None
        except Refused as refused:
            return _refusal(refused.status, refused.reason)
        return JSONResponse({"name": self.hub.shelf.put(blob, mime, title)})

    async def photo(self, request: Request) -> Response:
        """A picture, sound or film shown in a chat, to a browser that has the page."""
        kept = self.hub.shelf.get(request.path_params["name"]) if request.cookies.get(COOKIE) else None
        if kept is None:
            return _refusal(404, "no_photo")
        headers = {"Cache-Control": "private, max-age=86400, immutable"}
        if title := self.hub.shelf.title(request.path_params["name"]):
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(title)}"
        return Response(kept[0], media_type=kept[1], headers=headers)

    def doing(self, call: Call) -> Callable[[Request], Awaitable[Response]]:
        """A route that lets somebody do something: checked, its body read, refusals answered in a word."""

        async def answer(request: Request) -> Response:
            try:
                self._check(request)
                said = _said(await _body(request, MOST_BODY))
                person = self.hub.roster.person(str(said.get("who", "")))
                if person is None:
                    raise Refused(404, "nobody")
                return JSONResponse(await call(person, said))
            except Refused as refused:
                return _refusal(refused.status, refused.reason)
            except Denied as denied:
                return _refusal(503 if denied.reason == "not_ready" else 409, denied.reason)

        return answer

    async def say(self, person: PlayPerson, said: dict[str, Any]) -> dict[str, Any]:
        """Send a message: text, a picture's name, a place, the message it answers."""
        message = await self.hub.say(
            person,
            self._room(person, said),
            _text(said),
            photo=str(said.get("photo") or ""),
            place=_place(said.get("place")),
            answers=str(said.get("answers") or ""),
        )
        return {"id": message.id}

    async def edit(self, person: PlayPerson, said: dict[str, Any]) -> dict[str, Any]:
        """Change one's own message."""
        await self.hub.rewrite(person, self._room(person, said), str(said.get("id", "")), _text(said))
        return {}

    async def press(self, person: PlayPerson, said: dict[str, Any]) -> dict[str, Any]:
        """Press a button by its place."""
        row, column = said.get("row"), said.get("column")
        if not (isinstance(row, int) and isinstance(column, int) and row >= 0 and column >= 0):
            raise Refused(400, "bad_request")
        opened = await self.hub.press(person, self._room(person, said), str(said.get("id", "")), row, column)
        return {"opens": "me" if opened else None}

    async def clock(self, person: PlayPerson, said: dict[str, Any]) -> dict[str, Any]:
        """Move time on by minutes, or to the next moment something is due."""
        if self.hub.move_clock is None:
            raise Denied("not_ready")
        span = None
        if not said.get("next"):
            minutes = said.get("minutes")
            if not isinstance(minutes, int) or not 0 < minutes <= MOST_MOVE / timedelta(minutes=1):
                raise Refused(400, "bad_request")
            span = timedelta(minutes=minutes)
        async with self._moving:
            moved = await self.hub.move_clock(span)
        self.hub.clock_moved()
        return {"moved": moved, "now": self.hub.now().isoformat()}

    async def restart(self, person: PlayPerson, said: dict[str, Any]) -> dict[str, Any]:
        """Put everything back to the sample county."""
        if self.hub.restart is None:
            raise Denied("not_ready")
        async with self._moving:
            await self.hub.restart()
        self.hub.start_over()
        return {}

    async def story(self, person: PlayPerson, said: dict[str, Any]) -> dict[str, Any]:
        """Let the story stand still, or go on."""
        paused = said.get("paused")
        if self.hub.pause_story is None:
            raise Denied("not_ready")
        if not isinstance(paused, bool):
            raise Refused(400, "bad_request")
        self.hub.pause_story(paused)
        return {"paused": paused}

    def _check(self, request: Request) -> None:
        if not self.tokens.fits(request):
            raise Refused(403, "stale")

    def _room(self, person: PlayPerson, said: dict[str, Any]) -> Chatroom:
        return self.hub.room_for(person, str(said.get("chat", "")))


async def _body(request: Request, most: int) -> bytes:
    """The body, read no further than allowed."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise Refused(413, "too_large")
    except ClientDisconnect:
        raise Refused(400, "bad_request") from None
    return bytes(body)


def _said(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "bad_request") from None
    if not isinstance(said, dict):
        raise Refused(400, "bad_request")
    return said


def _text(said: dict[str, Any]) -> str:
    text = said.get("text", "")
    if not isinstance(text, str):
        raise Refused(400, "bad_request")
    if len(text) > MOST_TEXT:
        raise Refused(413, "too_long")
    return text.encode("utf-8", "replace").decode("utf-8")


def _place(value: object) -> tuple[float, float, str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 3:
        raise Refused(400, "bad_place")
    latitude, longitude, name = value
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (latitude, longitude))
    if not numbers or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Refused(400, "bad_place")
    return float(latitude), float(longitude), str(name)[:40]


def _refusal(status: int, reason: str) -> JSONResponse:
    return JSONResponse({"error": reason}, status)
