"""A 公众号 platform on loopback: its REST interface, and what stands on each resident's phone.

As strict as the real one where it matters: 48 hours and five messages after somebody wrote, a minute and three after
a menu entry, a scan or a subscription; 2048 bytes; media for three days; texts shown as their bytes say (an escaped
`\\u4f60` would show as such). Every call is recorded; a path can be given faults, used up one a call. The other
direction, the platform calling us, is `official_callbacks.py`.
"""

import asyncio
import contextlib
import json
import secrets
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.wechat.serving import served

APP_ID: Final = "wx5823bf96d3bd56c7"
SECRET: Final = "the-secret-of-the-account"
TWO_DAYS, MINUTE, THREE_DAYS = timedelta(hours=48), timedelta(minutes=1), timedelta(days=3)
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
UPLOADS: Final = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "thumb": 64 << 10}
BODY: Final = "<html><body>502 Bad Gateway</body></html>"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call: an error code, a status with a web page, a page for an answer, silence, {}.

    `after` lets the work be done first, so that only the answer is lost.
    """

    code: int = 0
    status: int = 200
    page: bool = False
    hangs: bool = False
    empty: bool = False
    after: bool = False


@dataclass(frozen=True)
class Call:
    """A call as it came."""

    path: str
    body: Mapping[str, Any]
    params: Mapping[str, str]


@dataclass(frozen=True)
class Seen:
    """Something on a phone: text, image, voice, video, template, subscribe, passive (an answer in the callback) or
    trouble (the platform's own line where the account did not answer)."""

    kind: str
    text: str = ""
    blob: bytes = b""


@dataclass
class Phone:
    """A resident's phone in the talk with the account: whether it follows, what it shows, what it may still get."""

    openid: str
    follows: bool = True
    takes_notices: bool = True
    shown: list[Seen] = field(default_factory=list)
    left: int = 0
    until: datetime = LONG_AGO

    def may_get(self, most: int, until: datetime) -> None:
        """Its owner did something: so many messages until then, where that is more than before."""
        self.left, self.until = max(self.left, most), max(self.until, until)


class Refusal(Exception):
    """The platform says no."""

    def __init__(self, code: int, text: str = "refused") -> None:
        super().__init__(text)
        self.code, self.text = code, text


class OfficialApi:
    """The platform; `async with` runs it. `clock` says what time it is there."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.clock = clock
        self.phones: dict[str, Phone] = {}
        self.calls: list[Call] = []
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.menu: dict[str, Any] | None = None
        self.media: dict[str, tuple[str, bytes, datetime]] = {}
        self.films: dict[str, bytes] = {}
        self.templates = {"T1": "{{thing1.DATA}}"}
        self.trusted = True
        self.authorized = True
        self.tokens: dict[str, datetime] = {}
        self.url = ""
        self._stable = ""
        self._closing = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._served = served(self.routes())
        self.url = await self._served.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        await self._served.__aexit__(kind, error, trace)

    def routes(self) -> list[Route]:
        """Its addresses, to be served anywhere."""
        return [
            self._route("/cgi-bin/stable_token", self._stable_token, "POST", open_to_all=True),
            self._route("/cgi-bin/token", self._token, "GET", open_to_all=True),
            self._route("/cgi-bin/getcallbackip", self._addresses, "GET"),
            self._route("/cgi-bin/message/custom/send", self._custom, "POST"),
            self._route("/cgi-bin/message/template/send", self._template, "POST"),
            self._route("/cgi-bin/message/subscribe/bizsend", self._subscription, "POST"),
            self._route("/cgi-bin/template/get_all_private_template", self._templates, "GET"),
            self._route("/wxaapi/newtmpl/gettemplate", self._subscriptions, "GET"),
            self._route("/cgi-bin/menu/create", self._create_menu, "POST"),
            self._route("/cgi-bin/menu/get", self._get_menu, "GET"),
            self._route("/cgi-bin/media/upload", self._upload, "POST"),
            self._route("/cgi-bin/media/get", self._media, "GET"),
            Route("/films/{name}", self._film),
        ]

    def phone(self, openid: str) -> Phone:
        """Somebody's phone; somebody new follows already."""
        return self.phones.setdefault(openid, Phone(openid))

    def shows(self, openid: str) -> list[str]:
        """The words on a phone, in order; a medium is its kind in 【】."""
        return [one.text or f"【{one.kind}】" for one in self.phone(openid).shown]

    def made(self, path: str) -> list[Call]:
        """The calls of a path so far."""
        return [call for call in self.calls if call.path.endswith(path)]

    def expire(self) -> None:
        """Every token is too old from now on."""
        self.tokens = dict.fromkeys(self.tokens, LONG_AGO)
        self._stable = ""

    def keeps(self, kind: str, blob: bytes) -> str:
        """A medium somebody sent; its id."""
        media_id = secrets.token_urlsafe(24)
        self.media[media_id] = (kind, blob, self.clock())
        return media_id

    def _route(
        self,
        path: str,
        work: Callable[[Request, Mapping[str, Any]], Awaitable[dict[str, Any] | Response]],
        method: str,
        *,
        open_to_all: bool = False,
    ) -> Route:
        async def answer(request: Request) -> Response:
            body = await _body(request)
            self.calls.append(Call(path, body, dict(request.query_params)))
            waiting = self.faults[path]
            fault = waiting.popleft() if waiting else Fault()
            if not fault.after and (wrong := await self._wrong(fault)) is not None:
                return wrong
            try:
                if not open_to_all:
                    self._check(request)
                said = await work(request, body)
            except Refusal as refusal:
                said = {"errcode": refusal.code, "errmsg": refusal.text}
            if fault.after and (wrong := await self._wrong(fault)) is not None:
                return wrong
            return said if isinstance(said, Response) else JSONResponse(said)

        return Route(path, answer, methods=[method])

    async def _wrong(self, fault: Fault) -> Response | None:
        if fault.hangs:
            await self._closing.wait()
        if fault.page or fault.status != 200:
            return Response(BODY, fault.status, media_type="text/html")
        if fault.empty:
            return JSONResponse({})
        if fault.code:
            return JSONResponse({"errcode": fault.code, "errmsg": f"fault rid: {secrets.token_hex(4)}"})
        return None

    def _check(self, request: Request) -> None:
        token = request.query_params.get("access_token", "")
        if not token:
            raise Refusal(41001, "access_token missing")
        until = self.tokens.get(token)
        if until is None:
            raise Refusal(40001, "invalid credential, access_token is invalid or not latest")
        if until <= self.clock():
            raise Refusal(42001, "access_token expired")

    async def _stable_token(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        self._known(str(body.get("appid")), str(body.get("secret")))
        if self.tokens.get(self._stable, self.clock()) <= self.clock():
            self._stable = self._new_token()
        return {"access_token": self._stable, "expires_in": 7200}

    async def _token(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        self._known(request.query_params.get("appid", ""), request.query_params.get("secret", ""))
        return {"access_token": self._new_token(), "expires_in": 7200}

    def _known(self, app_id: str, secret: str) -> None:
        if app_id != APP_ID:
            raise Refusal(40013, "invalid appid")
        if secret != SECRET:
            raise Refusal(40125, "invalid appsecret")
        if not self.trusted:
            raise Refusal(40164, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 65d0")

    def _new_token(self) -> str:
        token = secrets.token_urlsafe(48)
        self.tokens[token] = self.clock() + timedelta(hours=2)
        return token

    async def _addresses(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"ip_list": ["127.0.0.1"]}

    def _follower(self, body: Mapping[str, Any]) -> Phone:
        if not self.authorized:
            raise Refusal(48001, "api unauthorized")
        phone = self.phones.get(str(body.get("touser")))
        if phone is None:
            raise Refusal(40003, "invalid openid")
        return phone

    async def _custom(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        phone = self._follower(body)
        seen = self._read(body)
        if not phone.follows or self.clock() >= phone.until:
            raise Refusal(45015, "response out of time limit or subscription is canceled")
        if phone.left <= 0:
            raise Refusal(45047, "out of response count limit")
        phone.left -= 1
        phone.shown.append(seen)
        return {"errcode": 0, "errmsg": "ok"}

    def _read(self, body: Mapping[str, Any]) -> Seen:
        """A customer message as a phone would show it."""
        kind = str(body.get("msgtype"))
        said = body.get(kind)
        if kind not in ("text", "image", "voice", "video") or not isinstance(said, dict):
            raise Refusal(40008, "invalid message type")
        if kind == "text":
            words = said.get("content")
            if not isinstance(words, str) or not words:
                raise Refusal(44004, "empty content")
            if len(words.encode()) > 2048:
                raise Refusal(45002, "content size out of limit")
            return Seen("text", words)
        uploaded, blob, at = self.media.get(str(said.get("media_id")), ("", b"", self.clock()))
        if uploaded != kind or self.clock() - at > THREE_DAYS:
            raise Refusal(40007, "invalid media_id")
        return Seen(kind, blob=blob)

    async def _template(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        phone = self._follower(body)
        if not phone.follows:
            raise Refusal(43004, "require subscribe")
        phone.shown.append(Seen("template", self._filled(body)))
        return {"errcode": 0, "errmsg": "ok", "msgid": 1}

    async def _subscription(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        phone = self._follower(body)
        if not phone.takes_notices:
            raise Refusal(43101, "user refuse to accept the msg")
        phone.shown.append(Seen("subscribe", self._filled(body)))
        return {"errcode": 0, "errmsg": "ok"}

    def _filled(self, body: Mapping[str, Any]) -> str:
        content = self.templates.get(str(body.get("template_id")))
        if content is None:
            raise Refusal(40037, "invalid template_id")
        for name, value in body["data"].items():
            place = "{{" + name + ".DATA}}"
            if place not in content or not 0 < len(value["value"]) <= 20:
                raise Refusal(47003, "argument invalid")
            content = content.replace(place, value["value"])
        if "{{" in content:
            raise Refusal(47003, "argument invalid")
        return content

    async def _templates(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"template_list": [{"template_id": name, "content": text} for name, text in self.templates.items()]}

    async def _subscriptions(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        found = [{"priTmplId": name, "content": f"{text}\n", "type": 2} for name, text in self.templates.items()]
        return {"errcode": 0, "data": found}

    async def _create_menu(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        if not self.authorized:
            raise Refusal(48001, "api unauthorized")
        tops = body.get("button", [])
        if not 1 <= len(tops) <= 3:
            raise Refusal(40016, "invalid button size")
        for top in tops:
            if not 0 < len(top["name"].encode()) <= 16:
                raise Refusal(40018, "invalid button name size")
            if not 1 <= len(top["sub_button"]) <= 5:
                raise Refusal(40023, "invalid sub button size")
            for entry in top["sub_button"]:
                if entry["type"] != "click" or not 0 < len(entry["key"].encode()) <= 128:
                    raise Refusal(40026, "invalid sub button key size")
                if not 0 < len(entry["name"].encode()) <= 60:
                    raise Refusal(40025, "invalid sub button name size")
        self.menu = dict(body)
        return {"errcode": 0, "errmsg": "ok"}

    async def _get_menu(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        if not self.authorized:
            raise Refusal(48001, "api unauthorized")
        if self.menu is None:
            raise Refusal(46003, "menu no exist")
        return {"menu": self.menu}

    async def _upload(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
        kind, file = request.query_params.get("type", ""), body.get("media")
        if kind not in UPLOADS or not isinstance(file, bytes):
            raise Refusal(40004, "invalid media type")
        if not file:
            raise Refusal(44001, "empty media data")
        if len(file) > UPLOADS[kind]:
            raise Refusal(40009, "invalid image size")
        return {"type": kind, "media_id": self.keeps(kind, file), "created_at": int(self.clock().timestamp())}

    async def _media(self, request: Request, body: Mapping[str, Any]) -> dict[str, Any] | Response:
        media_id = request.query_params.get("media_id", "")
        kind, blob, at = self.media.get(media_id, ("", b"", self.clock()))
        if not kind or self.clock() - at > THREE_DAYS:
            raise Refusal(40007, "invalid media_id")
        if kind == "video":
            self.films[media_id] = blob
            return {"video_url": f"{self.url}/films/{media_id}"}
        shape = {"image": "image/jpeg", "voice": "audio/amr"}.get(kind, "application/octet-stream")
        named = {"Content-Disposition": 'attachment; filename="m.bin"'}
        return Response(blob, media_type=shape, headers=named)

    async def _film(self, request: Request) -> Response:
        blob = self.films.get(request.path_params["name"])
        return Response(blob, media_type="video/mp4") if blob is not None else Response(status_code=404)


async def _body(request: Request) -> dict[str, Any]:
    """Fields of a call; JSON is read as the platform does, which takes escapes for the text itself."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        async with request.form() as form:
            return {
                name: await value.read() if isinstance(value, UploadFile) else value
                for name, value in form.multi_items()
            }
    raw = await request.body()
    if not raw:
        return {}
    with contextlib.suppress(ValueError):
        found = json.loads(raw.decode().replace("\\u", "\\\\u"))
        if isinstance(found, dict):
            return found
    return {}
