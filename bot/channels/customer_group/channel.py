"""The channel of customer groups (客户群): a notice is a task that the group's owner confirms on the phone."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.channel_settings import CustomerGroup as Section
from bot.channel_settings import Wecom
from bot.channels.customer_group import messages
from bot.channels.customer_group.groups import Group, Groups
from bot.channels.customer_group.messages import Part
from bot.channels.customer_group.quota import Quota, Reminders
from bot.channels.customer_group.tasks import EVERY, Tasks
from bot.channels.real import Stands, only_real, only_real_world
from bot.channels.tencent.client import SafeClient, corp_client
from bot.channels.tencent.errors import Codes
from bot.channels.tencent.meeting import met
from handlers.dialogue.message import Outgoing
from jobs.channel import (
    Accept,
    Call,
    CallFailed,
    Capabilities,
    ChatGone,
    Impossible,
    Later,
    Limits,
    Medium,
    NotNow,
    Refused,
    Sent,
    Unsure,
)
from storage.worlds import WorldKind

LOG = logging.getLogger("wangge.customer_group")
ACCOUNT: Final = "customer_group"
GROUPS_EVERY: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(minutes=30)
"""The longest rest after failures."""


class NobodyThere(Impossible):
    """The platform finds nobody it could send to: the group is gone, changed hands, or has had all it may have."""


CODES: Final[Codes] = {
    40050: lambda: ChatGone("no such group"),
    49008: lambda: ChatGone("group dissolved"),
    41048: lambda: NobodyThere("nobody there"),
    48002: lambda: NotNow("not allowed"),
    50003: lambda: NotNow("not allowed"),
    60011: lambda: NotNow("not allowed"),
}
"""Further codes of 90313; what the application may not do is the settings' fault, and not the group's."""


class CustomerGroup(Stands):
    """A way to have members send into the customer groups they own; only the real world may use it.

    `timeout` is in seconds, for each step of a call; `steady` gives the seconds by which tokens age, `sleep` waits so
    many of them between two looks.
    """

    hears_alone = speaks_where_it_hears = True
    """One process asks and reads results, so that all it knows of quotas, owners and tasks is in one place."""

    def __init__(
        self,
        settings: Section,
        corp: Wecom,
        kind: WorldKind,
        *,
        timeout: float = 10.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        only_real_world(kind)
        self.account = ACCOUNT
        self.can = Capabilities(
            hears_all=False,
            hears_groups=False,
            photo=True,
            video=True,
            text_length=messages.TEXT,
            unit="bytes",
            by_hand=True,
            nudges=True,
            stops=True,
            directory="wecom_app",
        )
        self.limits = Limits(in_order=True)
        self._now, self._sleep = now, sleep
        self._client = client_of(settings, corp, timeout, steady)
        self._quota, self._reminders = Quota(), Reminders()
        self._groups = Groups(self._client, settings.senders)
        self._tasks = Tasks(self._client, self._quota, ACCOUNT)
        self._stopped: set[str] = set()
        self._met: dict[str, str] = {}
        self._listening = ""

    def __repr__(self) -> str:
        return "CustomerGroup()"

    @property
    def listening(self) -> str:
        """How it learns of results: `polling` while the platform answers; empty where it does not."""
        return self._listening

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """How many tasks this one takes; more than one only beyond 4000 bytes or nine attachments."""
        return max(len(messages.plan(outgoing, media)), 1)

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Ask the group's owner to send one part of a message; the copy's id is the task's.

        Raises a CallFailed: Later where the group has had all it may have; TypeError for a call of another world.
        """
        only_real(call)
        parts = messages.plan(call.outgoing, media)
        if part >= len(parts):
            raise Impossible("nothing to say")
        if (wait := self._quota.wait(call.chat, self._now())) is not None:
            raise Later(wait)
        group = await self._groups.of(call.chat)
        body, uploads = await self._body(group, parts[part])
        task_id = await self._ask(group, body)
        now = self._now()
        self._quota.had(group.chat, task_id, now)
        self._tasks.made(task_id, now)
        return Sent(((task_id, parts[part].kind),), uploads)

    async def nudge(self, chat: str, platform_id: str) -> None:
        """Remind the owner of a task, at most three times in 24 hours; raises a CallFailed, Later beyond that."""
        now = self._now()
        if (wait := self._reminders.wait(platform_id, now)) is not None:
            raise Later(wait)
        try:
            await self._client.call("post", "externalcontact/remind_groupmsg_send", {"msgid": platform_id})
        except Unsure:
            self._reminders.made(platform_id, now)
            raise
        self._reminders.made(platform_id, now)
        self._tasks.soon(platform_id)

    async def delete(self, chat: str, platform_id: str) -> None:
        """Take a task out of its owner's hands; raises Impossible where it was sent already, or a CallFailed.

        It is stopped first and looked at afterwards, so that a confirmation in between is not overlooked.
        """
        refused = None
        if platform_id not in self._stopped:
            try:
                await self._client.call("post", "externalcontact/cancel_groupmsg_send", {"msgid": platform_id})
                self._stopped.add(platform_id)
            except Impossible as failed:
                refused = failed
        if await self._tasks.is_sent(platform_id):
            raise Impossible("sent already")
        if refused is not None:
            raise refused
        self._tasks.stopped(platform_id)
        self._quota.not_had(platform_id)

    async def probe(self) -> None:
        """Ask for one group; raises a CallFailed."""
        await self._client.call("post", "externalcontact/groupchat/list", {"limit": 1}, matters=False)

    async def listen(self, accept: Accept) -> None:
        """Tell of groups every half hour and of results every two minutes, until cancelled; failures rest either."""
        groups = _Round(GROUPS_EVERY, lambda: self._meet(accept))
        results = _Round(EVERY, lambda: self._tasks.look(accept, self._now()))
        while True:
            for one in (groups, results):
                await one.turn(self._now())
            self._listening = "" if results.failures else "polling"
            await self._sleep(EVERY.total_seconds())

    async def close(self) -> None:
        """Give connections back."""
        self._client.close()

    async def _meet(self, accept: Accept) -> None:
        """Tell of groups that are new, or have a new name."""
        for group in await self._groups.all():
            if self._met.get(group.chat) != group.name:
                await accept(met(ACCOUNT, group.chat, group.name, self._now()))
                self._met[group.chat] = group.name

    async def _body(self, group: Group, part: Part) -> tuple[dict[str, Any], dict[int, str]]:
        """A task as the platform takes it, and the ids of what was uploaded for it; raises a CallFailed."""
        uploads: dict[int, str] = {}
        attachments = []
        for one in part.media:
            media_id = one.file_id or ""
            if not media_id and messages.kind_of(one) != "link":
                media_id = await self._upload(one)
                if messages.goes_the_same_way(one, media_id):
                    uploads[one.id] = media_id
            attachments.append(messages.attachment(one, media_id, part.text))
        body: dict[str, Any] = {"chat_type": "group", "sender": group.owner, "chat_id_list": [group.chat]}
        if part.text:
            body["text"] = {"content": part.text}
        if attachments:
            body["attachments"] = attachments
        return body, uploads

    async def _upload(self, one: Medium) -> str:
        """Upload a medium and give its id, good for three days; raises a CallFailed."""
        kind, name, blob = await messages.uploaded(one)
        files = {"media": (name, blob, "application/octet-stream")}
        told = await self._client.call("post", "media/upload", params={"type": kind}, files=files, matters=False)
        media_id = told.get("media_id")
        if not isinstance(media_id, str) or not media_id:
            raise NotNow("no media id")
        return media_id

    async def _ask(self, group: Group, body: dict[str, Any]) -> str:
        """Make the task; its id. Raises a CallFailed."""
        try:
            told = await self._client.call("post", "externalcontact/add_msg_template", body)
        except Refused as refused:
            if (wait := self._quota.too_fast(group.chat, self._now())) is not None:
                raise Later(wait) from None
            raise refused from None
        except Impossible as failed:
            raise await self._why(group, failed) from None
        failing, task_id = told.get("fail_list"), told.get("msgid")
        if isinstance(failing, list) and group.chat in failing:
            raise await self._why(group, NobodyThere("nobody there"))
        if not isinstance(task_id, str) or not 0 < len(task_id) <= 64:
            raise Unsure("no task id")
        return task_id

    async def _why(self, group: Group, failed: Impossible) -> CallFailed:
        """What a refusal means: another owner, no such group any more, or a group that has had all it may have."""
        try:
            found = await self._groups.ask(group.chat)
        except CallFailed as other:
            return other
        if found.owner != group.owner:
            return NotNow("another owner")
        if isinstance(failed, NobodyThere):
            return Later(self._quota.full(group.chat, self._now()))
        return failed


class _Round:
    """Work done again and again, `every` so often; after a failure soon, then ever later."""

    def __init__(self, every: timedelta, work: Callable[[], Awaitable[None]]) -> None:
        self._every, self._work = every, work
        self._due_at: datetime | None = None
        self.failures = 0

    async def turn(self, now: datetime) -> None:
        """Do it where it is due."""
        if self._due_at is not None and now < self._due_at:
            return
        try:
            await self._work()
        except CallFailed as failed:
            self.failures += 1
            LOG.warning("customer groups are not read: %s", failed.reason)
            self._due_at = now + min(EVERY * 2 ** min(self.failures, 8), LONGEST)
        else:
            self.failures, self._due_at = 0, now + self._every


def client_of(
    settings: Section, corp: Wecom, timeout: float, steady: Callable[[], float] = time.monotonic
) -> SafeClient:
    """A client with the secret of 客户联系; `timeout` in seconds for each step."""
    secret, base_url = settings.secret.get_secret_value(), corp.api_base_url
    return corp_client(
        corp.corp_id, secret, base_url=base_url, proxy=corp.proxy, timeout=timeout, codes=CODES, clock=steady
    )
