"""WeCom's REST API on loopback: tokens, app messages, duty groups, media; strict as the real one, unkind if asked to.

What people see stands in `shown`, by member or group; what the platform drops in silence stands in `dropped`. Other
rooms of the API are added by `Corp(more=[room, …])`, each a function that takes the corp and gives routes. Rules from
developer.work.weixin.qq.com, documents 90236, 90245, 90248, 90253, 90454; what no document says is marked so.
"""

import json
import re
import secrets
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.wechat.serving import Fault, Faults, Json, read_json, said, served, spoilt

CORP_ID = "wwcorp0000000000"
AGENT, SECRET = 1000002, "the-secret-of-the-app"
LIFE = 7200
DAY = 86_400.0
MOST_TEXT = 2048
UNSEEN = re.compile("[\u200b\u200c]")
SIZES = {"image": (5, 10 << 20), "voice": (5, 2 << 20), "video": (5, 10 << 20), "file": (5, 20 << 20)}
Work = Callable[[Request, Json], Awaitable[Response]]
Room = Callable[["Corp"], Sequence[Route]]


@dataclass
class Seen:
    """A message as people see it; `raw` is its text with signs of no width."""

    id: str
    kind: str
    raw: str = ""
    mentions: tuple[str, ...] = ()
    blob: bytes = b""
    name: str = ""
    at: float = 0.0
    gone: bool = False

    @property
    def text(self) -> str:
        """What can be read."""
        return UNSEEN.sub("", self.raw)


@dataclass
class Upload:
    """A file that was uploaded, good for three days."""

    kind: str
    name: str
    blob: bytes
    at: float


@dataclass
class Group:
    """A duty group, made by an app."""

    name: str
    owner: str
    members: list[str]


@dataclass
class Refusal(Exception):
    """The platform says no."""

    errcode: int


@dataclass
class Corp:
    """A corp with its apps (secret → number) and the members they may write to; `clock` gives seconds.

    Faults are named by path: `corp.faults.add("message/send", Fault(errcode=45009))`.
    """

    corp_id: str = CORP_ID
    apps: dict[str, int] = field(default_factory=lambda: {SECRET: AGENT})
    visible: set[str] = field(default_factory=set)
    departments: set[int] = field(default_factory=lambda: {1})
    unlicensed: set[str] = field(default_factory=set)
    trusted: bool = True
    clock: Callable[[], float] = time.time
    more: Sequence[Room] = ()
    faults: Faults = field(default_factory=Faults)
    calls: list[tuple[str, dict[str, str], Json]] = field(default_factory=list)
    shown: defaultdict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    dropped: list[tuple[str, Seen]] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    url: str = ""
    _sent: dict[str, tuple[str, Seen]] = field(default_factory=dict)
    _said: dict[str, tuple[float, str]] = field(default_factory=dict)
    _got: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Serve; its address."""
        async with served(self.routes()) as self.url:
            yield self.url

    def routes(self) -> list[Route]:
        """Its addresses, for any application."""
        own: dict[str, Work] = {
            "agent/get": self._agent_get,
            "message/send": self._message_send,
            "message/recall": self._message_recall,
            "appchat/create": self._appchat_create,
            "appchat/get": self._appchat_get,
            "appchat/send": self._appchat_send,
            "media/upload": self._media_upload,
            "media/get": self._media_get,
        }
        made = [self.route(path, work) for path, work in own.items()]
        return [
            self.route("gettoken", self._gettoken, open_to_all=True),
            *made,
            *(r for m in self.more for r in m(self)),
        ]

    def route(self, path: str, work: Work, *, open_to_all: bool = False) -> Route:
        """The address of a method: its token is checked, its faults are used up, its call is written down."""

        async def answer(request: Request) -> Response:
            told = {name: text for name, text in request.query_params.items() if name not in ("access_token", "debug")}
            is_json = request.method == "POST" and "multipart" not in request.headers.get("content-type", "")
            body = read_json(await request.body()) if is_json else {}
            self.calls.append((path, told, body or {}))
            fault = self.faults.next(path)
            if fault is not None and not fault.after:
                return await spoilt(fault)
            try:
                if not open_to_all:
                    self.secret_of(request)
                if body is None:
                    raise Refusal(47001)
                right = await work(request, body)
            except Refusal as refusal:
                right = said(refusal.errcode)
            return await spoilt(fault) if fault is not None else right

        return Route(f"/cgi-bin/{path}", answer, methods=["GET", "POST"])

    def secret_of(self, request: Request) -> str:
        """The secret behind a call's token; raises Refusal."""
        if not self.trusted:
            raise Refusal(60020)
        token = request.query_params.get("access_token", "")
        if not token:
            raise Refusal(41001)
        secret, until = self.tokens.get(token, ("", 0.0))
        if not secret:
            raise Refusal(40014)
        if self.clock() >= until:
            raise Refusal(42001)
        return secret

    def made(self, path: str) -> list[Json]:
        """The bodies of all calls of a method."""
        return [body for name, _, body in self.calls if name == path]

    def texts(self, chat: str) -> list[str]:
        """The words that stand in a member's private talk or in a group."""
        return [one.text for one in self.shown[chat] if one.kind == "text" and not one.gone]

    def forget_tokens(self) -> None:
        """Every token given out is refused from now on."""
        self.tokens.clear()

    async def _gettoken(self, request: Request, body: Json) -> Response:
        corp, secret = request.query_params.get("corpid"), request.query_params.get("corpsecret", "")
        if corp != self.corp_id:
            raise Refusal(40013)
        if secret not in self.apps:
            raise Refusal(40001)
        now = self.clock()
        for token, (whose, until) in self.tokens.items():
            if whose == secret and until > now:
                return said(access_token=token, expires_in=int(until - now))
        token = secrets.token_hex(32)
        self.tokens[token] = (secret, now + LIFE)
        return said(access_token=token, expires_in=LIFE)

    async def _agent_get(self, request: Request, body: Json) -> Response:
        agent = self.apps[self.secret_of(request)]
        if request.query_params.get("agentid") != str(agent):
            raise Refusal(40056)
        parts = {"partyid": sorted(self.departments)}
        seen = {"user": [{"userid": one} for one in sorted(self.visible)]}
        return said(agentid=agent, name="网格助手", close=0, allow_userinfos=seen, allow_partys=parts)

    async def _message_send(self, request: Request, body: Json) -> Response:
        agent = self.apps[self.secret_of(request)]
        if body.get("agentid") != agent:
            raise Refusal(40056)
        named = [one for one in str(body.get("touser") or "").split("|") if one]
        there = sorted(self.visible) if named == ["@all"] else [one for one in named if one in self.visible]
        if not there:
            raise Refusal(81013)
        now = self.clock()
        seen = self._seen(body, now)
        if body.get("enable_duplicate_check") == 1:
            span = min(int(body.get("duplicate_check_interval", 1800)), 14_400)
            content = json.dumps([agent, named, body["msgtype"], body[body["msgtype"]]], sort_keys=True)
            at, known = self._said.get(content, (0.0, ""))
            if known and now - at < span:
                return said(msgid=known)
            self._said[content] = (now, seen.id)
        licensed = [one for one in there if one not in self.unlicensed]
        for member in licensed:
            self._shows(member, seen, now)
            self._sent[seen.id] = (member, seen)
        more: dict[str, Any] = {
            "invaliduser": "|".join(one.lower() for one in named if one not in there and one != "@all")
        }
        more["unlicenseduser"] = "|".join(one for one in there if one not in licensed)
        return said(msgid=seen.id, **{name: told for name, told in more.items() if told})

    def _shows(self, member: str, seen: Seen, now: float) -> None:
        """Thirty a minute and a thousand an hour; what is more is dropped, and nobody is told."""
        moments = self._got[member]
        while moments and moments[0] <= now - 3600.0:
            moments.popleft()
        if len(moments) >= 1000 or sum(one > now - 60.0 for one in moments) >= 30:
            self.dropped.append((member, seen))
            return
        moments.append(now)
        self.shown[member].append(seen)

    async def _message_recall(self, request: Request, body: Json) -> Response:
        _, seen = self._sent.get(str(body.get("msgid")), ("", None))
        if seen is None or self.clock() - seen.at > DAY:
            # Which code it is stands in no document.
            raise Refusal(41067)
        seen.gone = True
        return said()

    async def _appchat_create(self, request: Request, body: Json) -> Response:
        there, owner, chat = body.get("userlist"), body.get("owner"), body.get("chatid") or secrets.token_hex(8)
        if not isinstance(there, list) or not 2 <= len(there) <= 2000:
            raise Refusal(86006)
        if owner not in there:
            raise Refusal(86207)
        if not self.visible.issuperset(there):
            raise Refusal(86007)
        if not re.fullmatch("[0-9A-Za-z]{1,32}", str(chat)):
            raise Refusal(86001)
        if chat in self.groups:
            raise Refusal(86215)
        self.groups[chat] = Group(str(body.get("name") or "")[:50], str(owner), list(there))
        return said(chatid=chat)

    async def _appchat_get(self, request: Request, body: Json) -> Response:
        chat = request.query_params.get("chatid", "")
        group = self._group(chat)
        info = {"chatid": chat, "name": group.name, "owner": group.owner, "userlist": group.members}
        return said(chat_info=info)

    async def _appchat_send(self, request: Request, body: Json) -> Response:
        chat = str(body.get("chatid"))
        group, now = self._group(chat), self.clock()
        seen = self._seen(body, now)
        full = False
        for member in group.members:
            moments = self._got[f"{chat}|{member}"]
            full |= sum(one > now - 60.0 for one in self._in_groups(member)) >= 200
            moments.append(now)
        if full:
            self.dropped.append((chat, seen))
        else:
            self.shown[chat].append(seen)
        return said()

    def _in_groups(self, member: str) -> list[float]:
        return [at for chat in self.groups for at in self._got[f"{chat}|{member}"]]

    def _group(self, chat: str) -> Group:
        if chat not in self.groups:
            raise Refusal(86003)
        return self.groups[chat]

    def _seen(self, body: Json, now: float) -> Seen:
        """A message as it will stand; words beyond 2048 bytes are cut off, as the platform does."""
        kind = str(body.get("msgtype"))
        told = body.get(kind)
        if kind not in ("text", "image", "voice", "video", "file") or not isinstance(told, dict):
            raise Refusal(40008)
        name = secrets.token_hex(16)
        if kind == "text":
            content = told.get("content")
            if not isinstance(content, str) or not content.strip():
                raise Refusal(44004)
            cut = content.encode()[:MOST_TEXT].decode(errors="ignore")
            return Seen(name, kind, cut, tuple(told.get("mentioned_list") or ()), at=now)
        found = self.files.get(str(told.get("media_id")))
        if found is None or found.kind != kind or now - found.at > 3 * DAY:
            raise Refusal(40007)
        return Seen(name, kind, blob=found.blob, name=found.name, at=now)

    async def _media_upload(self, request: Request, body: Json) -> Response:
        kind = request.query_params.get("type", "")
        async with request.form() as form:
            media = form.get("media")
            if not isinstance(media, UploadFile) or kind not in SIZES:
                raise Refusal(41005 if kind in SIZES else 40004)
            blob, name = await media.read(), media.filename or ""
        least, most = SIZES[kind]
        if not least <= len(blob) <= most:
            raise Refusal(40006)
        if not name.isascii():
            # Seen to arrive garbled; here it is an error, so that no test overlooks it.
            raise Refusal(40058)
        return said(type=kind, media_id=self.keep(kind, blob, name), created_at=str(int(self.clock())))

    def keep(self, kind: str, blob: bytes, name: str = "") -> str:
        """Have a file, as if it had been uploaded or sent by somebody; its id."""
        media_id = secrets.token_urlsafe(32)
        self.files[media_id] = Upload(kind, name, blob, self.clock())
        return media_id

    async def _media_get(self, request: Request, body: Json) -> Response:
        found = self.files.get(request.query_params.get("media_id", ""))
        if found is None or self.clock() - found.at > 3 * DAY:
            raise Refusal(40007)
        held = {"Content-Disposition": f'attachment; filename="{found.name or "media"}"'}
        return Response(found.blob, media_type="application/octet-stream", headers=held)


__all__ = ["AGENT", "CORP_ID", "SECRET", "Corp", "Fault", "Group", "Refusal", "Room", "Seen"]
