"""The push webhooks of WeCom groups on loopback: as strict as the real ones, and as unkind as one asks them to be.

What people see stands in `shown`, group by group. Rules from developer.work.weixin.qq.com, documents 99110 and 90454.
"""

import base64
import hashlib
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.wechat.corp_api import Corp, Refusal
from tests.support.wechat.serving import Faults, Json, read_json, said, spoilt

MINUTE = 60.0
MOST = 20
MEDIA_DAYS = 3 * 86_400.0
MIB = 1 << 20
SIZES = {"file": (6, 20 * MIB), "voice": (6, 2 * MIB)}


SHAPES = ("text", "markdown", "image", "news", "file", "voice")


@dataclass(frozen=True)
class Seen:
    """A message as people see it: who is called, the bytes of a picture or file, the address behind a card."""

    kind: str
    text: str = ""
    mentions: tuple[str, ...] = ()
    blob: bytes = b""
    name: str = ""
    url: str = ""


@dataclass(frozen=True)
class _Upload:
    """A file that was uploaded for one webhook."""

    key: str
    kind: str
    name: str
    blob: bytes
    at: float


@dataclass
class WebhookApi:
    """The webhooks of `groups` (key → name); `clock` gives seconds."""

    groups: dict[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    most: int = MOST
    faults: Faults = field(default_factory=Faults)
    calls: list[tuple[str, str, Json]] = field(default_factory=list)
    shown: defaultdict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    refused: list[int] = field(default_factory=list)
    _uploads: dict[str, _Upload] = field(default_factory=dict)
    _said: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _blocked: dict[str, float] = field(default_factory=dict)

    def room(self, corp: Corp) -> Sequence[Route]:
        """Its addresses in a corp, by that corp's clock."""
        self.clock = corp.clock
        return self.routes()

    def routes(self) -> Sequence[Route]:
        """Its addresses, for any application."""
        return [
            Route("/cgi-bin/webhook/send", self._send, methods=["POST"]),
            Route("/cgi-bin/webhook/upload_media", self._upload, methods=["POST"]),
        ]

    def texts(self, group: str) -> list[str]:
        """The words a group has seen, by its name."""
        return [one.text for one in self.shown[group] if one.kind == "text"]

    async def _send(self, request: Request) -> Response:
        key, body = request.query_params.get("key", ""), read_json(await request.body())
        self.calls.append(("send", key, body or {}))
        fault = self.faults.next("send")
        if fault is not None and not fault.after:
            return await spoilt(fault)
        try:
            self._take(key, body)
        except Refusal as refusal:
            self.refused.append(refusal.errcode)
            return said(refusal.errcode)
        return await spoilt(fault) if fault is not None else said()

    def _take(self, key: str, body: Json | None) -> None:
        if key not in self.groups:
            raise Refusal(93000)
        if body is None:
            raise Refusal(47001)
        kind = str(body.get("msgtype"))
        read = (
            getattr(self, f"_{kind}", None) if kind in ("text", "markdown", "image", "news", "file", "voice") else None
        )
        if read is None:
            raise Refusal(40008)
        if not isinstance(body.get(kind), dict):
            raise Refusal(40058)
        seen = read(key, body[kind])
        self._count(key)
        self.shown[self.groups[key]].append(seen)

    def _count(self, key: str) -> None:
        """Twenty in any minute; one more, and nothing is taken for a minute."""
        now, moments = self.clock(), self._said[key]
        while moments and moments[0] <= now - MINUTE:
            moments.popleft()
        if now < self._blocked.get(key, 0.0):
            raise Refusal(45009)
        if len(moments) >= self.most:
            self._blocked[key] = now + MINUTE
            raise Refusal(45009)
        moments.append(now)

    def _text(self, key: str, told: Json) -> Seen:
        content = _words(told, "content", 2048)
        return Seen("text", content, tuple(told.get("mentioned_list") or ()))

    def _markdown(self, key: str, told: Json) -> Seen:
        content = _words(told, "content", 4096)
        return Seen("markdown", content, tuple(re.findall(r"<@([^<>]+)>", content)))

    def _image(self, key: str, told: Json) -> Seen:
        blob = base64.b64decode(told["base64"], validate=True)
        if hashlib.md5(blob, usedforsecurity=False).hexdigest() != told.get("md5"):
            raise Refusal(301019)
        if len(blob) > 2 * MIB:
            raise Refusal(40009)
        if not blob.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
            raise Refusal(40004)
        return Seen("image", blob=blob)

    def _news(self, key: str, told: Json) -> Seen:
        articles = told.get("articles")
        if not isinstance(articles, list) or not 1 <= len(articles) <= 8:
            raise Refusal(45008)
        first = articles[0]
        title, about = _words(first, "title", 128), str(first.get("description") or "")
        if not str(first.get("url", "")).startswith(("http://", "https://")) or len(about.encode()) > 512:
            raise Refusal(40058)
        return Seen("news", f"{title}\n{about}", url=first["url"])

    def _file(self, key: str, told: Json) -> Seen:
        return self._uploaded(key, told, "file")

    def _voice(self, key: str, told: Json) -> Seen:
        return self._uploaded(key, told, "voice")

    def _uploaded(self, key: str, told: Json, kind: str) -> Seen:
        found = self._uploads.get(str(told.get("media_id")))
        if found is None or found.key != key or found.kind != kind or self.clock() > found.at + MEDIA_DAYS:
            raise Refusal(40007)
        return Seen(kind, blob=found.blob, name=found.name)

    async def _upload(self, request: Request) -> Response:
        key, kind = request.query_params.get("key", ""), request.query_params.get("type", "")
        self.calls.append(("upload_media", key, {"type": kind}))
        if (fault := self.faults.next("upload_media")) is not None:
            return await spoilt(fault)
        raw = await request.body()
        async with request.form() as form:
            file = form.get("media")
            blob = await file.read() if file is not None and not isinstance(file, str) else b""
            name = file.filename or "" if file is not None and not isinstance(file, str) else ""
        try:
            media_id = self._keep(key, kind, name, blob, raw)
        except Refusal as refusal:
            self.refused.append(refusal.errcode)
            return said(refusal.errcode)
        return said(type=kind, media_id=media_id, created_at="1790000000")

    def _keep(self, key: str, kind: str, name: str, blob: bytes, raw: bytes) -> str:
        if key not in self.groups:
            raise Refusal(93000)
        if kind not in SIZES:
            raise Refusal(40005)
        if f"filelength={len(blob)}".encode() not in raw[:1000] or not name.isascii():
            raise Refusal(44001)
        least, most = SIZES[kind]
        if not least <= len(blob) <= most:
            raise Refusal(40006 if len(blob) < least else 45001)
        if kind == "voice" and not blob.startswith(b"#!AMR"):
            raise Refusal(40004)
        media_id = f"media{len(self._uploads)}"
        self._uploads[media_id] = _Upload(key, kind, name, blob, self.clock())
        return media_id


def _words(told: Json, name: str, most: int) -> str:
    found = told.get(name)
    if not isinstance(found, str) or not found.strip():
        raise Refusal(44004)
    if len(found.encode()) > most:
        raise Refusal(45002)
    return found
