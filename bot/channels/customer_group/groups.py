"""Customer groups (客户群): which there are, what they are called and whose they are.

Facts: developer.work.weixin.qq.com, documents 92120 (list) and 92122 (one group).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.channels.customer_group.paging import paged
from bot.channels.tencent import texts
from bot.channels.tencent.client import SafeClient
from jobs.channel import ChatGone, Impossible, NotNow

PAGE: Final = 1000
OWNERS: Final = 100
"""So many owners fit into one request."""
OWNER_LEFT: Final = 1
"""The owner left the corp and nobody has taken the group over: there is nobody who could send into it."""


@dataclass(frozen=True, slots=True)
class Group:
    """A customer group: its id, its name, and the member whose it is."""

    chat: str
    name: str
    owner: str


class Groups:
    """The groups of one corp; only those of `senders`, where there are any."""

    def __init__(self, client: SafeClient, senders: Sequence[str]) -> None:
        self._client, self._senders = client, tuple(senders)
        self._known: dict[str, Group] = {}

    async def of(self, chat: str) -> Group:
        """A group, asked for where it is not known; raises a CallFailed."""
        return self._known.get(chat) or await self.ask(chat)

    async def ask(self, chat: str) -> Group:
        """A group as it is now; raises ChatGone for none, Impossible where its owner is not to be used."""
        self._known.pop(chat, None)
        told = await self._client.call(
            "post", "externalcontact/groupchat/get", {"chat_id": chat, "need_name": 0}, matters=False
        )
        found = told.get("group_chat")
        owner = found.get("owner") if isinstance(found, dict) else None
        if not isinstance(found, dict) or not isinstance(owner, str) or not owner:
            raise NotNow("no group")
        if self._senders and owner not in self._senders:
            raise Impossible("owner not used")
        group = Group(chat, texts.clean(str(found.get("name") or ""))[:128], owner)
        self._known[chat] = group
        return group

    async def all(self) -> list[Group]:
        """Every group that can be written to, as it is now; raises a CallFailed."""
        found = []
        for chat in await self._ids():
            try:
                found.append(await self.ask(chat))
            except (ChatGone, Impossible):
                continue
        return found

    async def _ids(self) -> list[str]:
        """The ids of the groups, each once."""
        filters: list[dict[str, Sequence[str]]] = [
            {"userid_list": self._senders[at : at + OWNERS]} for at in range(0, len(self._senders), OWNERS)
        ]
        ids: dict[str, None] = {}
        for owners in filters or [{}]:
            body = {"status_filter": 0, "limit": PAGE, **({"owner_filter": owners} if owners else {})}
            async for entry in paged(self._client, "groupchat/list", body, "group_chat_list"):
                chat = entry.get("chat_id")
                if isinstance(chat, str) and chat and entry.get("status") != OWNER_LEFT:
                    ids[chat] = None
        return list(ids)
