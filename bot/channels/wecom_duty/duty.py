"""Duty groups as a channel: texts with real mentions, pictures, files; nothing is heard and nothing taken back."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from bot.channel_settings import Wecom, WecomApp
from bot.channels.real import Stands, only_real, only_real_world
from bot.channels.tencent import corp
from bot.channels.tencent.client import SafeClient
from bot.channels.tencent.quota import Members
from handlers.dialogue.message import Outgoing, RealCall
from jobs.channel import (
    Accept,
    Call,
    Capabilities,
    ChatGone,
    Impossible,
    Later,
    Limits,
    Medium,
    NotNow,
    Sent,
    Unsure,
    Window,
)
from storage.copies import CopyKind
from storage.outbox import CallKind
from storage.worlds import WorldKind

ACCOUNT: Final = "wecom_duty"
DIRECTORY: Final = "wecom_app"
EVERYBODY: Final = "@all"
SAID: Final = frozenset({CallKind.SEND})
LIMITS: Final = Limits(
    per_second=20.0, windows=(Window("chat", 30, 60.0, SAID, groups=True, reserve=3),), in_flight=6, in_order=True
)
"""The platform names no limit for a group; this one keeps a single group from using up what its members may get."""

EACH: Final = ((200, 60.0), (10_000, 86_400.0))
TOGETHER: Final = ((20_000, 60.0), (150_000, 3600.0))
"""Document 90245: what a member may get from one app, and all of a small corp together; more is dropped in silence."""

KNOWN: Final = 600.0
"""Seconds for which a group's members are believed."""
MOST_KNOWN: Final = 5_000

NAME: Final = 50
LEAST_MEMBERS, MOST_MEMBERS = 2, 2000


class Duty(Stands):
    """A way to speak in groups that one self-built app made; only the real world may use it.

    `steady` is a clock in seconds that never jumps, `timeout` in seconds for each step of a call.
    """

    def __init__(
        self,
        settings: WecomApp,
        wecom: Wecom,
        kind: WorldKind,
        *,
        steady: Callable[[], float] = time.monotonic,
        timeout: float = 10.0,
    ) -> None:
        only_real_world(kind)
        self.account = ACCOUNT
        self.can = Capabilities(
            hears_all=False,
            hears_groups=False,
            photo=True,
            video=True,
            text_length=corp.TEXT_BYTES,
            caption_length=0,
            unit="bytes",
            writes_first=True,
            directory=DIRECTORY,
        )
        self.limits = LIMITS
        self._agent, self._steady = settings.agent_id, steady
        self._client = corp.client(wecom, settings.secret.get_secret_value(), timeout=timeout)
        self._quota = Members(EACH, TOGETHER)
        self._members: dict[str, tuple[float, tuple[str, ...]]] = {}

    def __repr__(self) -> str:
        return f"Duty({self._agent})"

    @property
    def listening(self) -> str:
        """There is nothing to hear."""
        return "none"

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """How many messages this one takes: each medium apart, words in parts of 2048 bytes."""
        return max(len(corp.plan(outgoing, media, corp.TEXT_BYTES)), 1)

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Send one part of a message; raises a CallFailed, TypeError for a call of another world.

        Raises Later where a member would not get it, because the platform drops what is too much without a word.
        """
        real = only_real(call)
        parts = corp.plan(real.outgoing, media, corp.TEXT_BYTES)
        if part >= len(parts):
            raise Impossible("nothing to say")
        there = await self._there(real.chat)
        if (wait := self._quota.wait(there, self._steady())) > 0:
            raise Later(timedelta(seconds=min(wait, 86_400.0)))
        one, uploads = parts[part], {}
        if one.medium is not None:
            media_id = await corp.upload(self._client, one.medium)
            if not one.medium.file_id:
                uploads[one.medium.id] = media_id
            shape = corp.wire_type(one.medium)
            said: dict[str, Any] = {"msgtype": shape, shape: {"media_id": media_id}}
            kind = corp.COPIES.get(shape, CopyKind.FILE)
        else:
            named = _named(real, there) if part == len(parts) - 1 else []
            text = {"content": one.text} | ({"mentioned_list": named} if named else {})
            said, kind = {"msgtype": "text", "text": text}, CopyKind.TEXT
        self._quota.add(there, self._steady())
        await self._client.call("post", "appchat/send", {"chatid": real.chat, **said})
        return Sent(((corp.unnamed(real, part), kind),), uploads)

    async def probe(self) -> None:
        """Ask about the app itself; raises a CallFailed."""
        await self._client.call("get", "agent/get", params={"agentid": str(self._agent)}, matters=False)

    async def listen(self, accept: Accept) -> None:
        """Hear nothing until cancelled."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Give connections back."""
        self._client.close()

    async def _there(self, chat: str) -> tuple[str, ...]:
        """The members of a group, asked for now and then; raises a CallFailed."""
        now = self._steady()
        at, found = self._members.get(chat, (now, ()))
        if found and now - at < KNOWN:
            return found
        if not (chat.isascii() and chat.isalnum()):
            raise ChatGone("no such group")
        answer = await self._client.call("get", "appchat/get", params={"chatid": chat}, matters=False)
        try:
            found = corp.members(answer)
        except Unsure:
            raise NotNow("no members") from None
        if len(self._members) >= MOST_KNOWN:
            self._members.clear()
        self._members[chat] = (now, found)
        return found


async def make_group(client: SafeClient, name: str, owner: str, members: Sequence[str]) -> str:
    """Make a duty group and return its id; raises a CallFailed, ValueError for what can't be a group.

    The id is ours, so that it can be looked up whether a group was made where no answer came.
    """
    there = list(dict.fromkeys([owner, *members]))
    if not 0 < len(name) <= NAME or not LEAST_MEMBERS <= len(there) <= MOST_MEMBERS:
        raise ValueError("no group")
    if not all(corp.USERID.fullmatch(one) for one in there):
        raise ValueError("no member")
    chat = f"wg{secrets.token_hex(12)}"
    try:
        await client.call("post", "appchat/create", {"name": name, "owner": owner, "userlist": there, "chatid": chat})
    except Unsure:
        await client.call("get", "appchat/get", params={"chatid": chat}, matters=False)
    return chat


def _named(call: RealCall, there: Sequence[str]) -> list[str]:
    """Who is called by name: those of the mentioned who are there, or everybody."""
    if EVERYBODY in call.outgoing.mentions:
        return [EVERYBODY]
    return [one for one in call.outgoing.mentions if one in there]
