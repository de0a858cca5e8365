"""The WeCom app as a channel: private talk with members of the corp.

No buttons, on purpose: a card's button is spent by the first press of anybody, its words are cut short, and it must
be answered within the platform's patience, while our menus are pressed again and again. People answer 回复1 instead.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channel_settings import Wecom
from bot.channel_settings import WecomApp as Settings
from bot.channels.real import Stands, only_real, only_real_world
from bot.channels.tencent import callback, corp, texts
from bot.channels.tencent.callback import Envelope, Opened, system_now
from bot.channels.wecom_app.reading import App
from handlers.dialogue.message import Outgoing
from jobs.channel import (
    Accept,
    Call,
    Capabilities,
    ChatGone,
    Impossible,
    Limits,
    Medium,
    Sent,
    Window,
)
from storage.copies import CopyKind
from storage.outbox import CallKind
from storage.sealing import MasterKey
from storage.worlds import WorldKind

LOG = logging.getLogger("wangge.wecom_app")
ACCOUNT: Final = "wecom_app"
PATH: Final = "/wecom/app"
TEXT: Final = corp.TEXT_BYTES - texts.MARK_BYTES
SAID: Final = frozenset({CallKind.SEND})
REMEMBERS: Final = timedelta(hours=4)
LIMITS: Final = Limits(
    per_second=20.0,
    windows=(
        Window("chat", 30, 60.0, SAID, reserve=3),
        Window("chat", 1000, 3600.0, SAID, reserve=50),
    ),
    in_flight=6,
    in_order=True,
)
"""Document 90454: a member gets 30 a minute and 1000 an hour from one app, and what is more is dropped in silence."""


class WecomApp(Stands):
    """A way to speak and hear as one self-built app; only the real world may use it.

    `timeout` in seconds for each step of a call.
    """

    def __init__(
        self,
        settings: Settings,
        wecom: Wecom,
        keys: MasterKey,
        kind: WorldKind,
        *,
        now: Callable[[], datetime] = system_now,
        timeout: float = 10.0,
    ) -> None:
        only_real_world(kind)
        self.account = ACCOUNT
        self.can = Capabilities(
            hears_all=False,
            hears_groups=False,
            deletes=timedelta(hours=24),
            photo=True,
            video=True,
            voice=False,
            text_length=TEXT,
            caption_length=0,
            unit="bytes",
            writes_first=True,
            remembers=REMEMBERS,
        )
        self.limits = LIMITS
        self._agent = settings.agent_id
        self._client = corp.client(wecom, settings.secret.get_secret_value(), timeout=timeout)
        token, aes_key = settings.token.get_secret_value(), settings.aes_key.get_secret_value()
        self.envelope = Envelope(token, aes_key, wecom.corp_id, now)
        self._app = App(ACCOUNT, self._agent, now)
        self.listening = ""

    def __repr__(self) -> str:
        return f"WecomApp({self._agent})"

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """How many messages this one takes: each medium apart, words in parts of about 2000 bytes."""
        return max(len(corp.plan(outgoing, media, TEXT)), 1)

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Send one part of a message; raises a CallFailed, TypeError for a call of another world.

        WeCom recognises a repeat by what it says. Each call's words end in an invisible mark made from its key, so
        that a repeated call is taken once, and two calls that say the same both arrive. Media can't be marked: the
        same picture may rightly be sent twice, so they are not compared.
        """
        real = only_real(call)
        if corp.USERID.fullmatch(real.chat) is None:
            raise ChatGone("no such member")
        parts = corp.plan(real.outgoing, media, TEXT)
        if part >= len(parts):
            raise Impossible("nothing to say")
        one = parts[part]
        if one.medium is None:
            marked = one.text + texts.mark(f"{real.key}|{part}")
            said = {"msgtype": "text", "text": {"content": marked}}
            answer = await self._say(real.chat, said | _compared())
            return Sent(((_name(answer) or corp.unnamed(real, part), CopyKind.TEXT),))
        kind, media_id = corp.wire_type(one.medium), await corp.upload(self._client, one.medium)
        answer = await self._say(real.chat, {"msgtype": kind, kind: {"media_id": media_id}})
        uploads = {} if one.medium.file_id else {one.medium.id: media_id}
        stands = (_name(answer) or corp.unnamed(real, part), corp.COPIES.get(kind, CopyKind.FILE))
        return Sent((stands,), uploads)

    async def delete(self, chat: str, platform_id: str) -> None:
        """Recall a message, within 24 hours; raises a CallFailed."""
        if not platform_id or platform_id.startswith("?"):
            raise Impossible("no message id")
        await self._client.call("post", "message/recall", {"msgid": platform_id})

    async def probe(self) -> None:
        """Ask about the app itself; raises a CallFailed."""
        await self._client.call("get", "agent/get", params={"agentid": str(self._agent)}, matters=False)

    async def fetch(self, ref: str, most: int) -> bytes:
        """Fetch what somebody sent, within three days of it; raises Impossible, NotNow or Refused."""
        return await self._client.download("media/get", {"media_id": ref}, most)

    async def listen(self, accept: Accept) -> None:
        """Its route hears; until cancelled."""
        self.listening = "callback"
        try:
            await asyncio.Event().wait()
        finally:
            self.listening = ""

    async def close(self) -> None:
        """Give connections back."""
        self._client.close()

    def route(self, accept: Accept) -> Route:
        """The route WeCom calls: an empty 200 once a message is kept, 4xx to what is malformed, 503 to try again."""

        async def take(opened: Opened) -> str:
            incoming = self._app.read(opened.plain)
            if incoming is not None:
                await accept(incoming)
            return ""

        async def hear(request: Request) -> Response:
            return await callback.receive(request, self.envelope, take, ACCOUNT)

        return Route(PATH, hear, methods=["GET", "POST"])

    async def _say(self, member: str, said: dict[str, Any]) -> dict[str, Any]:
        """Send; a success that reached nobody is none."""
        answer = await self._client.call("post", "message/send", {"touser": member, "agentid": self._agent, **said})
        if answer.get("invaliduser"):
            raise ChatGone("not in the app's range")
        if answer.get("unlicenseduser"):
            raise Impossible("no licence")
        return answer


def _compared() -> dict[str, int]:
    """Let the platform drop a repeat within the longest span it offers."""
    return {"enable_duplicate_check": 1, "duplicate_check_interval": int(REMEMBERS.total_seconds())}


def _name(answer: dict[str, Any]) -> str:
    found = answer.get("msgid")
    return found if isinstance(found, str) and len(found) <= 120 else ""
