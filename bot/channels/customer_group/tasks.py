"""Tasks (群发任务): what became of the messages members were asked to send, read back from the platform.

Which tasks there are is asked of the platform too, so that a start, or another process, loses none. Tasks that were
not made here are read as well; nobody knows their ids, so nothing comes of it.

Facts: developer.work.weixin.qq.com, documents 93338 (list, members, results), 97610 (remind), 97611 (stop).
"""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.channels.customer_group.paging import paged
from bot.channels.customer_group.quota import Quota
from bot.channels.tencent.client import SafeClient
from handlers.dialogue.message import Incoming
from jobs.channel import Accept, Impossible

LOG = logging.getLogger("wangge.customer_group")
EVERY: Final = timedelta(minutes=2)
DAYS: Final = timedelta(days=3)
"""How long a task is looked at: nobody confirms one older than that."""
SLOWER: Final = 10
"""A task is looked at again after a tenth of its age: one from yesterday every few hours."""
PAGE, TASKS_PAGE = 1000, 100
SENT_BY_MEMBER: Final = 2
WAITING, GOT, NOT_FRIENDS, HAD_ENOUGH = 0, 1, 2, 3
"""What a result says of a group: not yet, there, not possible, more than it may have this month."""


@dataclass(slots=True)
class Task:
    """A task that is looked at; `told` are the chats whose result was handed on."""

    made_at: datetime
    looked_at: datetime | None = None
    over: bool = False
    told: set[str] = field(default_factory=set)

    def is_due(self, now: datetime) -> bool:
        """Whether to look at it now."""
        if self.over:
            return False
        return self.looked_at is None or now - self.looked_at >= max(EVERY, (now - self.made_at) / SLOWER)


class Tasks:
    """The tasks of the last days; `account` is the channel they belong to."""

    def __init__(self, client: SafeClient, quota: Quota, account: str) -> None:
        self._client, self._quota, self._account = client, quota, account
        self._all: dict[str, Task] = {}

    def made(self, task_id: str, now: datetime) -> None:
        """A task was made: it is looked at from now on."""
        self._all.setdefault(task_id, Task(now))

    def stopped(self, task_id: str) -> None:
        """A task was taken out of its member's hands: nothing more comes of it."""
        self._all.setdefault(task_id, Task(datetime.now(UTC))).over = True

    def soon(self, task_id: str) -> None:
        """Its member was reminded: look at it the next time."""
        if task_id in self._all:
            self._all[task_id].looked_at = None

    async def look(self, accept: Accept, now: datetime) -> None:
        """Hand on what became of tasks since the last look; raises a CallFailed, and what `accept` raised."""
        for task_id in [one for one, task in self._all.items() if now - task.made_at > DAYS]:
            if not self._all.pop(task_id).told:
                self._quota.not_had(task_id)
        await self._discover(now)
        for task_id, task in list(self._all.items()):
            if task.is_due(now):
                await self._read(task_id, task, accept, now)

    async def is_sent(self, task_id: str) -> bool:
        """Whether a member has confirmed it; raises a CallFailed."""
        async for member in paged(self._client, "get_groupmsg_task", {"msgid": task_id, "limit": PAGE}, "task_list"):
            if member.get("status") == SENT_BY_MEMBER:
                return True
        return False

    async def _discover(self, now: datetime) -> None:
        """Find the tasks made before the start, or by another process."""
        body = {
            "chat_type": "group",
            "start_time": int((now - DAYS).timestamp()),
            "end_time": int(now.timestamp()),
            "filter_type": 0,
            "limit": TASKS_PAGE,
        }
        try:
            async for entry in paged(self._client, "get_groupmsg_list_v2", body, "group_msg_list"):
                task_id = entry.get("msgid")
                if isinstance(task_id, str) and 0 < len(task_id) <= 64:
                    self._all.setdefault(task_id, Task(_moment(entry.get("create_time"), now)))
        except Impossible as refused:
            LOG.warning("older tasks are not known: %s", refused.reason)

    async def _read(self, task_id: str, task: Task, accept: Accept, now: datetime) -> None:
        """Look at one task."""
        confirmed, over = False, True
        members = {"msgid": task_id, "limit": PAGE}
        try:
            async for member in paged(self._client, "get_groupmsg_task", members, "task_list"):
                if member.get("status") != SENT_BY_MEMBER:
                    over = False
                    continue
                confirmed = True
                results = {**members, "userid": member.get("userid")}
                async for result in paged(self._client, "get_groupmsg_send_result", results, "send_list"):
                    over = await self._hand_on(task_id, task, result, accept, now) and over
        except Impossible:
            task.over = True
            return
        task.looked_at, task.over = now, confirmed and over

    async def _hand_on(self, task_id: str, task: Task, result: dict[str, Any], accept: Accept, now: datetime) -> bool:
        """Hand on what became of a task in one group; False where nothing did so far."""
        chat, status = result.get("chat_id"), result.get("status")
        if not isinstance(chat, str) or not chat or status not in (GOT, NOT_FRIENDS, HAD_ENOUGH):
            return False
        if chat in task.told:
            return True
        at = _moment(result.get("send_time"), now)
        if status == GOT:
            self._quota.had(chat, task_id, at)
        else:
            self._quota.not_had(task_id)
            if status == HAD_ENOUGH:
                self._quota.full(chat, at)
        text = "done" if status == GOT else "refused"
        key = f"task:{task_id}:{chat}:{text}"[:160]
        await accept(Incoming(self._account, key, "forwarded", chat, False, "", "", at, text=text, message_id=task_id))
        task.told.add(chat)
        return True


def _moment(seconds: object, now: datetime) -> datetime:
    """A moment the platform tells, in some places as a text; now where it tells none, or one to come."""
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit() and len(seconds) <= 12:
        seconds = int(seconds)
    if not isinstance(seconds, int) or seconds <= 0:
        return now
    try:
        return min(datetime.fromtimestamp(seconds, UTC), now)
    except (OverflowError, OSError, ValueError):
        return now
