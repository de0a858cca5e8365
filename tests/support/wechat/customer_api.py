"""Customer contact (客户联系) on loopback: groups with owners, tasks on the owners' phones, and what residents see.

Owners confirm with `confirm`; only then does a message stand in `shown`. Rules from developer.work.weixin.qq.com,
documents 92120, 92122, 92135, 93338, 97610, 97611: a group has as many messages a month as the month has days.
"""

import calendar
import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.wechat.serving import Faults, Json, read_json, said, spoilt

CHINA = timezone(timedelta(hours=8))
CORP, SECRET = "ww0customer", "canary-secret-of-customer-contact"
DAY = 86_400.0
MOST_REMINDERS = 3
WAITING, GOT, HAD_ENOUGH = 0, 1, 3


@dataclass
class Group:
    """A customer group; `status` 1 is one whose owner left the corp."""

    name: str
    owner: str
    status: int = 0
    gone: bool = False


@dataclass(frozen=True)
class Seen:
    """A message as residents see it: who sent it, its words, what hangs on it."""

    sender: str
    text: str
    attachments: tuple[tuple[str, bytes], ...] = ()


@dataclass
class Task:
    """A task on a member's phone; `results` is what became of it in each group."""

    number: str
    owner: str
    chats: tuple[str, ...]
    seen: Seen
    made_at: float
    confirmed_at: float = 0.0
    stopped: bool = False
    reminders: list[float] = field(default_factory=list)
    results: dict[str, int] = field(default_factory=dict)


@dataclass
class Refusal(Exception):
    """The platform says no."""

    errcode: int


@dataclass
class CustomerApi:
    """The customer contact of one corp; `clock` gives seconds since 1970, `page` is the most entries a page has.

    `allow` tells the error code for an access token, 0 for a good one; `most` overrides the monthly quota.
    """

    groups: dict[str, Group] = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    page: int = 1000
    most: int | None = None
    allow: Callable[[str], int] | None = None
    faults: Faults = field(default_factory=Faults)
    calls: list[tuple[str, Json]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    shown: defaultdict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    uploads: dict[str, tuple[str, str, bytes, float]] = field(default_factory=dict)
    _had: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def routes(self, *, alone: bool = True) -> Sequence[Route]:
        """Its addresses, for any application; `alone` with tokens and uploads of its own."""
        contact = [
            Route(f"/cgi-bin/externalcontact/{path}", self._answers(path, work), methods=["POST"])
            for path, work in {
                "groupchat/list": self._list,
                "groupchat/get": self._get,
                "add_msg_template": self._add,
                "get_groupmsg_list_v2": self._messages,
                "get_groupmsg_task": self._members,
                "get_groupmsg_send_result": self._results,
                "remind_groupmsg_send": self._remind,
                "cancel_groupmsg_send": self._cancel,
            }.items()
        ]
        own = [
            Route("/cgi-bin/gettoken", self._token),
            Route("/cgi-bin/media/upload", self._upload, methods=["POST"]),
        ]
        return [*contact, *(own if alone else ())]

    def made(self, path: str) -> list[Json]:
        """What every call of a method said."""
        return [body for called, body in self.calls if called == path]

    def texts(self, chat: str) -> list[str]:
        """The words residents of a group have seen."""
        return [one.text for one in self.shown[chat]]

    def phone(self, owner: str) -> list[Task]:
        """The tasks that wait on a member's phone."""
        return [one for one in self.tasks.values() if one.owner == owner and not one.confirmed_at and not one.stopped]

    def confirm(self, owner: str, number: str = "") -> Task:
        """A member taps 发送: the message is in the groups, except in one that has had all it may have."""
        waiting = [one for one in self.phone(owner) if number in ("", one.number)]
        if not waiting:
            raise LookupError("nothing to confirm")
        task = waiting[0]
        task.confirmed_at = self.clock()
        for chat in task.chats:
            had = self._had[chat]
            full = sum(_month(at) == _month(task.confirmed_at) for at in had) >= self._most_a_month()
            task.results[chat] = HAD_ENOUGH if full else GOT
            if not full:
                had.append(task.confirmed_at)
                self.shown[chat].append(task.seen)
        return task

    def _most_a_month(self) -> int:
        if self.most is not None:
            return self.most
        now = datetime.fromtimestamp(self.clock(), CHINA)
        return calendar.monthrange(now.year, now.month)[1]

    def _answers(self, path: str, work: Callable[[Json], Json]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            body = read_json(await request.body())
            self.calls.append((path, body or {}))
            fault = self.faults.next(path)
            if fault is not None and not fault.after:
                return await spoilt(fault)
            try:
                if (errcode := self._allowed(request.query_params.get("access_token", ""))) != 0:
                    raise Refusal(errcode)
                if body is None:
                    raise Refusal(47001)
                told = work(body)
            except Refusal as refusal:
                self.refused.append(refusal.errcode)
                return said(refusal.errcode)
            return await spoilt(fault) if fault is not None else said(**told)

        return answer

    def _allowed(self, token: str) -> int:
        if self.allow is not None:
            return self.allow(token)
        return 0 if token == _token_of(SECRET) else 40014

    async def _token(self, request: Request) -> Response:
        self.calls.append(("gettoken", {}))
        if (fault := self.faults.next("gettoken")) is not None:
            return await spoilt(fault)
        asked = request.query_params
        if asked.get("corpid") != CORP or asked.get("corpsecret") != SECRET:
            return said(40001)
        return said(access_token=_token_of(SECRET), expires_in=7200)

    async def _upload(self, request: Request) -> Response:
        kind = request.query_params.get("type", "")
        self.calls.append(("media/upload", {"type": kind}))
        if (fault := self.faults.next("media/upload")) is not None:
            return await spoilt(fault)
        async with request.form() as form:
            file = form.get("media")
            if file is None or isinstance(file, str):
                return said(44001)
            name, blob = file.filename or "", await file.read()
        if len(blob) < 6 or not name.isascii():
            return said(40006)
        if kind == "image" and not blob.startswith((b"\xff\xd8\xff", b"\x89PNG")):
            return said(40009)
        media_id = f"media{len(self.uploads)}"
        self.uploads[media_id] = (kind, name, blob, self.clock())
        return said(type=kind, media_id=media_id, created_at=str(int(self.clock())))

    def _list(self, body: Json) -> Json:
        owners = (body.get("owner_filter") or {}).get("userid_list")
        if owners is not None and not 1 <= len(owners) <= 100:
            raise Refusal(40058)
        found = [
            {"chat_id": chat, "status": group.status}
            for chat, group in self.groups.items()
            if not group.gone and (owners is None or group.owner in owners)
        ]
        return self._paged(body, found, "group_chat_list", 1000)

    def _get(self, body: Json) -> Json:
        group = self.groups.get(str(body.get("chat_id")))
        if group is None:
            raise Refusal(40050)
        if group.gone:
            raise Refusal(49008)
        return {"group_chat": {"chat_id": body["chat_id"], "name": group.name, "owner": group.owner, "notice": ""}}

    def _add(self, body: Json) -> Json:
        owner, chats = body.get("sender"), body.get("chat_id_list") or []
        if body.get("chat_type") != "group" or not owner or not 1 <= len(chats) <= 2000:
            raise Refusal(40058)
        seen = Seen(owner, self._words(body), tuple(self._attached(one) for one in body.get("attachments") or ()))
        if not seen.text and not seen.attachments:
            raise Refusal(40063)
        good = [
            chat for chat in chats if chat in self.groups and self.groups[chat].owner == owner
            and not self.groups[chat].gone
        ]  # fmt: skip
        if not good:
            raise Refusal(41048)
        number = f"msg{len(self.tasks)}-{hashlib.sha256(seen.text.encode()).hexdigest()[:8]}"
        self.tasks[number] = Task(number, owner, tuple(good), seen, self.clock())
        return {"msgid": number, "fail_list": [chat for chat in chats if chat not in good]}

    def _words(self, body: Json) -> str:
        words = str((body.get("text") or {}).get("content") or "")
        if len(words.encode()) > 4000:
            raise Refusal(45002)
        return words

    def _attached(self, one: Json) -> tuple[str, bytes]:
        kind = str(one.get("msgtype"))
        if kind == "link":
            link = one["link"]
            if not link.get("title") or len(str(link["title"]).encode()) > 128 or "://" not in str(link.get("url")):
                raise Refusal(40058)
            return kind, str(link["url"]).encode()
        if kind not in ("image", "video", "file"):
            raise Refusal(40008)
        media_id = str((one.get(kind) or {}).get("media_id"))
        found = self.uploads.get(media_id)
        if found is None or found[0] != kind or self.clock() - found[3] > 3 * DAY:
            raise Refusal(40007)
        return kind, found[2]

    def _messages(self, body: Json) -> Json:
        start, end = int(body["start_time"]), int(body["end_time"])
        if end < start or end - start > 31 * DAY or int(body.get("limit", 0)) > 100:
            raise Refusal(40058)
        found = [
            {"msgid": one.number, "creator": "", "create_time": int(one.made_at), "create_type": 0,
             "text": {"content": one.seen.text}}
            for one in self.tasks.values() if start <= one.made_at <= end
        ]  # fmt: skip
        return self._paged(body, found, "group_msg_list", 100)

    def _members(self, body: Json) -> Json:
        task = self._task(body)
        member: Json = {"userid": task.owner, "status": 2 if task.confirmed_at else 0}
        if task.confirmed_at:
            member["send_time"] = int(task.confirmed_at)
        return self._paged(body, [member], "task_list", 1000)

    def _results(self, body: Json) -> Json:
        task = self._task(body)
        if body.get("userid") != task.owner:
            raise Refusal(40003)
        found = [
            {"chat_id": chat, "userid": task.owner, "status": task.results.get(chat, WAITING),
             "send_time": int(task.confirmed_at)}
            for chat in task.chats
        ]  # fmt: skip
        return self._paged(body, found, "send_list", 1000)

    def _remind(self, body: Json) -> Json:
        task, now = self._task(body), self.clock()
        if task.confirmed_at or task.stopped:
            raise Refusal(41049)
        task.reminders = [at for at in task.reminders if at > now - DAY]
        if len(task.reminders) >= MOST_REMINDERS:
            raise Refusal(45054)
        task.reminders.append(now)
        return {}

    def _cancel(self, body: Json) -> Json:
        task = self._task(body)
        if not task.confirmed_at:
            task.stopped = True
        return {}

    def _task(self, body: Json) -> Task:
        task = self.tasks.get(str(body.get("msgid")))
        if task is None:
            raise Refusal(40058)
        return task

    def _paged(self, body: Json, entries: Sequence[Json], name: str, most: int) -> Json:
        limit, cursor = int(body.get("limit", most)), str(body.get("cursor") or "")
        if not 1 <= limit <= most or (cursor and not cursor.isdigit()):
            raise Refusal(40058)
        at, size = int(cursor or 0), min(limit, self.page)
        more = {"next_cursor": str(at + size)} if at + size < len(entries) else {"next_cursor": ""}
        return {name: list(entries[at : at + size]), **more}


def _token_of(secret: str) -> str:
    return f"canary-token-{hashlib.sha256(secret.encode()).hexdigest()[:24]}"


def _month(at: float) -> tuple[int, int]:
    local = datetime.fromtimestamp(at, CHINA)
    return local.year, local.month
