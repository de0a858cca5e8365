"""Customer contact (客户联系) on loopback: groups with owners, tasks on the owners' phones, and what residents see.

A room of a corp (`Corp(apps={SECRET: 0}, more=[api.room])`), with a corp of its own where none is handed in. Owners
confirm with `confirm`; only then does a message stand in `shown`. Rules from developer.work.weixin.qq.com,
documents 92120, 92122, 92135, 93338, 97610, 97611: a group has as many messages a month as the month has days.
"""

import calendar
import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.wechat.corp_api import Corp, Refusal, Work
from tests.support.wechat.serving import Fault, Json, said

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
class CustomerApi:
    """The customer contact of one corp: `page` is the most entries a page has, `most` overrides the monthly quota."""

    groups: dict[str, Group] = field(default_factory=dict)
    page: int = 1000
    most: int | None = None
    tasks: dict[str, Task] = field(default_factory=dict)
    shown: defaultdict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    corp: Corp = field(default_factory=lambda: Corp(CORP, {SECRET: 0}))
    _had: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Move into the corp."""
        self.corp.more = [*self.corp.more, self.room]

    def room(self, corp: Corp) -> Sequence[Route]:
        """Its addresses in a corp."""
        self.corp = corp
        works: dict[str, Callable[[Json], Json]] = {
            "groupchat/list": self._list,
            "groupchat/get": self._get,
            "add_msg_template": self._add,
            "get_groupmsg_list_v2": self._messages,
            "get_groupmsg_task": self._members,
            "get_groupmsg_send_result": self._results,
            "remind_groupmsg_send": self._remind,
            "cancel_groupmsg_send": self._cancel,
        }
        return [corp.route(f"externalcontact/{path}", self._answers(work)) for path, work in works.items()]

    def fails(self, path: str, *faults: Fault) -> None:
        """The next calls of a method end so; also `gettoken` and `media/upload`."""
        own = path in ("gettoken", "media/upload")
        self.corp.faults.add(path if own else f"externalcontact/{path}", *faults)

    def made(self, path: str) -> list[Json]:
        """What every call of a method said."""
        return self.corp.made(f"externalcontact/{path}")

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
        task.confirmed_at = self.corp.clock()
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
        now = datetime.fromtimestamp(self.corp.clock(), CHINA)
        return calendar.monthrange(now.year, now.month)[1]

    def _answers(self, work: Callable[[Json], Json]) -> Work:
        async def answer(request: Request, body: Json) -> Response:
            if self.corp.secret_of(request) != SECRET:
                raise Refusal(48002)
            return said(**work(body))

        return answer

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
        self.tasks[number] = Task(number, owner, tuple(good), seen, self.corp.clock())
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
        found = self.corp.files.get(media_id)
        if found is None or found.kind != kind or self.corp.clock() - found.at > 3 * DAY:
            raise Refusal(40007)
        return kind, found.blob

    def _messages(self, body: Json) -> Json:
        start, end = int(body["start_time"]), int(body["end_time"])
        if end < start or end - start > 31 * DAY or int(body.get("limit", 0)) > 100:
            raise Refusal(40058)
        found = [
            {"msgid": one.number, "creator": "", "create_time": str(int(one.made_at)), "create_type": 0,
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
        task, now = self._task(body), self.corp.clock()
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


def _month(at: float) -> tuple[int, int]:
    local = datetime.fromtimestamp(at, CHINA)
    return local.year, local.month
