"""The official account (公众号): residents' private line, one talk a person.

The platform calls us (`callback.py`); what is said to people goes out as customer messages, which it allows for 48
hours after somebody wrote, five for each of their messages. Later than that only a knock goes through: one template
or subscription message that asks them to write again.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.channel_settings import OfficialAccount as Settings
from bot.channels.buttons import Buttons
from bot.channels.official_account import films, menu, sending
from bot.channels.official_account.errors import CODES
from bot.channels.official_account.reading import ACCOUNT, FILM
from bot.channels.real import Stands, only_real, only_real_world
from bot.channels.tencent.callback import Envelope, system_now
from bot.channels.tencent.client import official_client
from handlers.dialogue import wording
from handlers.dialogue.message import Outgoing
from handlers.dialogue.wording import Catalogue, text
from jobs.channel import (
    Accept,
    Call,
    CallFailed,
    Capabilities,
    Impossible,
    Limits,
    Medium,
    MediumRefused,
    NotNow,
    Sent,
    StaleUpload,
)
from storage.copies import CopyKind
from storage.sealing import MasterKey
from storage.worlds import WorldKind

LOG = logging.getLogger("wangge.official")
TEXTS = Path(__file__).parents[2] / "texts"
LIMITS: Final = Limits(per_second=20.0, in_flight=6, in_order=True)
"""The platform counts by the day, far beyond what a station says; its 45009 pauses the account."""

MENU_AGAIN: Final = 600.0
"""Seconds until a menu that could not be shown is tried again."""


class OfficialAccount(Stands):
    """A way to speak and hear as one 公众号; only the real world may use it. `timeout` in seconds for each step."""

    def __init__(
        self,
        settings: Settings,
        keys: MasterKey,
        kind: WorldKind,
        *,
        words: Catalogue | None = None,
        now: Callable[[], datetime] = system_now,
        steady: Callable[[], float] = time.monotonic,
        timeout: float = 10.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        only_real_world(kind)
        self.account = ACCOUNT
        self.can = Capabilities(
            hears_groups=False,
            photo=True,
            video=True,
            voice=True,
            text_length=sending.TEXT,
            caption_length=0,
            unit="bytes",
            knocks=bool(settings.template_id),
        )
        self.limits = LIMITS
        self.buttons = Buttons(keys, ACCOUNT)
        self.envelope = Envelope(
            settings.token.get_secret_value(),
            settings.aes_key.get_secret_value(),
            settings.app_id,
            now,
            official=True,
        )
        self._settings, self._words, self._sleep = settings, words or wording.load(TEXTS), sleep
        self._client = official_client(
            settings.app_id,
            settings.secret.get_secret_value(),
            base_url=settings.api_base_url,
            proxy=settings.proxy,
            timeout=timeout,
            codes=CODES,
            clock=steady,
        )
        self._timeout = timeout
        self._menu: list[str] = []
        self._menu_due = False
        self.listening = ""

    def __repr__(self) -> str:
        return "OfficialAccount()"

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """How many customer messages this one takes: each medium, and words beyond 2048 bytes."""
        return max(len(sending.plan(outgoing.text, media)), 1)

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Send one part of a message; raises a CallFailed, TypeError for a call of another world."""
        real = only_real(call)
        planned = sending.plan(real.outgoing.text, media)
        if part >= len(planned):
            raise Impossible("nothing to show")
        # The platform names no customer message; a name of our own keeps it in the ledger of what people see.
        name = f"{real.key or secrets.token_hex(8)}.{part}"
        medium = planned[part].medium
        if medium is None:
            await self._say(real.chat, "text", {"content": planned[part].text})
            return Sent(((name, CopyKind.TEXT),))
        kind, file_id = await self._uploaded(medium)
        try:
            await self._say(real.chat, kind, {"media_id": file_id})
        except StaleUpload:
            if medium.file_id is None:
                raise MediumRefused("medium refused") from None
            raise
        return Sent(((name, sending.COPIES[kind]),), {} if medium.file_id else {medium.id: file_id})

    async def knock(self, chat: str) -> None:
        """Ask somebody to write again, by the one message the platform allows then; raises a CallFailed."""
        if not self._settings.template_id:
            raise Impossible("no template")
        words = self._words.render(text("official_account.knock"))
        data = {self._settings.template_field: {"value": words}}
        told = {"touser": chat, "template_id": self._settings.template_id, "data": data}
        way = "message/template/send" if self._settings.template_kind == "template" else "message/subscribe/bizsend"
        await self._client.call("POST", way, told)

    async def probe(self) -> None:
        """Ask for the platform's own addresses; raises a CallFailed."""
        await self._client.call("GET", "getcallbackip", matters=False)

    async def fetch(self, ref: str, most: int) -> bytes:
        """Fetch a medium of at most `most` bytes; raises Impossible, NotNow or Refused.

        A film's address is told instead of the film.
        """
        try:
            if not ref.startswith(FILM):
                return await self._client.download("media/get", {"media_id": ref}, most)
            told = await self._client.call(
                "GET", "media/get", params={"media_id": ref.removeprefix(FILM)}, matters=False
            )
        except (StaleUpload, MediumRefused):
            raise Impossible("no such file") from None
        return await films.load(str(told.get("video_url", "")), most, self._settings.proxy, self._timeout)

    async def listen(self, accept: Accept) -> None:
        """The platform calls our address; until cancelled, see to it that the menu is shown."""
        self.listening = "callback"
        try:
            while True:
                await self._sleep(MENU_AGAIN)
                if self._menu_due:
                    await self._try_menu()
        finally:
            self.listening = ""

    async def close(self) -> None:
        """Give connections back."""
        self._client.close()

    async def set_menu(self, entries: Sequence[tuple[str, str]], scope: str = "all") -> None:
        """Show the menu of these commands (Latin name, what for) to everybody; raises a CallFailed.

        There is one menu for all: a single talk has none of its own.
        """
        if scope != "all":
            raise Impossible("one menu for all")
        self._menu = menu.offered(name for name, _ in entries)
        self._menu_due = True
        await self._show_menu()

    async def _try_menu(self) -> None:
        try:
            await self._show_menu()
        except CallFailed as failed:
            LOG.warning("the menu was not shown: %s", failed.reason)

    async def _show_menu(self) -> None:
        titles = {name: self._words.render(text(f"official_account.menu.{name}")) for name in menu.LAYOUT}
        try:
            await self._client.call("POST", "menu/create", menu.built(self._menu, titles, self.buttons))
        except Impossible:
            # An account without the right to a menu: asking again would not change that.
            self._menu_due = False
            raise
        self._menu_due = False

    async def _say(self, chat: str, kind: str, what: Mapping[str, Any]) -> None:
        await self._client.call("POST", "message/custom/send", {"touser": chat, "msgtype": kind, kind: what})

    async def _uploaded(self, medium: Medium) -> tuple[str, str]:
        """The platform's kind of a medium and the id it has there, uploaded where it has none."""
        kind, ending, _ = sending.TAKEN[medium.kind, medium.mime]
        if medium.file_id:
            return kind, medium.file_id
        file = (f"{kind}{medium.id}.{ending}", medium.blob or b"", medium.mime)
        told = await self._client.call(
            "POST", "media/upload", params={"type": kind}, files={"media": file}, matters=False
        )
        file_id = told.get("media_id")
        if not isinstance(file_id, str) or not file_id:
            raise NotNow("no media id")
        return kind, file_id
