"""The Telegram channel (电报): one bot account, by long polling or webhook."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.channel_settings import Telegram as Settings
from bot.channels.buttons import Buttons
from bot.channels.real import only_real, only_real_world
from bot.channels.telegram import sending, wire
from bot.channels.telegram.errors import BadToken, failure
from bot.channels.telegram.polling import Hearing, Poller, backoff
from bot.channels.telegram.reading import KINDS, Me, Reader, system_now
from bot.channels.telegram.sending import Sender
from handlers.dialogue import wording
from handlers.dialogue.message import Outgoing
from handlers.dialogue.wording import Catalogue, text
from jobs.channel import (
    FOREVER,
    Accept,
    Call,
    CallFailed,
    Capabilities,
    Impossible,
    Limits,
    Medium,
    NotNow,
    Sent,
    Unsure,
    Window,
)
from storage.copies import CopyKind
from storage.outbox import CallKind
from storage.sealing import MasterKey
from storage.worlds import WorldKind

LOG = logging.getLogger("wangge.telegram")
TEXTS = Path(__file__).parents[2] / "texts"
ACCOUNT = "telegram"
SAID = frozenset({CallKind.SEND, CallKind.EDIT})
LIMITS = Limits(
    per_second=29.2,
    windows=(
        Window("account", 30, 1.0),
        Window("chat", 1, 1.0, SAID),
        Window("chat", 20, 60.0, SAID, groups=True, reserve=3),
    ),
    way=0.02,
    in_flight=12,
)
"""Telegram's FAQ: about 30 a second in all, one a second to a chat, 20 a minute to a group; edits are said to count.

Two calls may differ by 20 ms on their way without the 31st being refused; 29.2 a second is nearly what that leaves.
"""
MENU = 100
LATIN = re.compile(r"[a-z0-9_]{1,32}")
TOKEN_REST = 60.0
"""Seconds without a call after Telegram refused the token."""
FETCH = 120.0
SILENT = 60.0
"""Seconds beyond a long poll without an answer after which the bot counts as deaf."""
Answer = TypeVar("Answer")


class Telegram:
    """A way to speak and hear as one Telegram bot; only the real world may use it.

    `menus` are command menus by scope, see `set_menu`; `timeout` and `poll_seconds` are seconds;
    """

    def __init__(
        self,
        settings: Settings,
        keys: MasterKey,
        kind: WorldKind,
        *,
        words: Catalogue | None = None,
        menus: Mapping[str, Sequence[tuple[str, str]]] | None = None,
        now: Callable[[], datetime] = system_now,
        timeout: float = 20.0,
        poll_seconds: int = 30,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        only_real_world(kind)
        self.account = ACCOUNT
        self.can = Capabilities(
            edits=FOREVER,
            deletes=timedelta(hours=48),
            buttons=True,
            photo=True,
            video=True,
            voice=True,
            text_length=sending.TEXT,
            caption_length=sending.CAPTION,
            unit="utf16",
            writes_first=False,
            toasts=True,
        )
        self.limits = LIMITS
        self._settings, self._now, self._sleep = settings, now, sleep
        self._words = words or wording.load(TEXTS)
        self._menus = dict(menus or {})
        self._bot, self._wire = wire.make_bot(settings, timeout)
        self._client = wire.make_client(settings, timeout)
        self._buttons = Buttons(keys, ACCOUNT)
        self._sender = Sender(self._bot, self._buttons)
        self._me: Me | None = None
        self._reader: Reader | None = None
        self._refused_until = 0.0
        self._hooked = False
        self.hearing = Hearing(self._known_reader)
        address = f"{settings.methods_url}{settings.token.get_secret_value()}/getUpdates"
        self._poller = Poller(self._client, address, self.hearing, seconds=poll_seconds, sleep=sleep)

    def __repr__(self) -> str:
        return f"Telegram({self._settings.mode})"

    @property
    def mode(self) -> str:
        """`polling` or `webhook`."""
        return self._settings.mode

    @property
    def listening(self) -> str:
        """How it hears: `webhook` once that is set, `polling` while the server answers; empty where it does not."""
        if self._settings.mode == "webhook":
            return "webhook" if self._hooked else ""
        silent = time.monotonic() - self._poller.answered_at
        return "polling" if silent < self._poller.seconds + SILENT else ""

    @property
    def drift(self) -> float | None:
        """How many seconds this machine's clock is ahead of Telegram's; None where it is not known."""
        return self._poller.drift

    @property
    def ready(self) -> bool:
        """Whether the bot knows who it is, so that it can tell what is meant for it."""
        return self._me is not None

    @property
    def username(self) -> str:
        """The bot's name for mentions and links; empty before `start`."""
        return self._me.username if self._me else ""

    @property
    def bot_names(self) -> tuple[str, ...]:
        """What people may call the bot by, the longest first; empty before `start`."""
        names = {self._me.username, self._me.name} if self._me else set()
        return tuple(sorted(filter(None, names), key=len, reverse=True))

    @property
    def hears_alone(self) -> bool:
        """Whether only one process at a time may hear: Telegram hands each update to one poller."""
        return self._settings.mode == "polling"

    @property
    def webhook_address(self) -> str:
        """The address Telegram is told to call; one without a path gets one of its own."""
        address = self._settings.webhook_url
        return address if urlsplit(address).path.strip("/") else f"{address.rstrip('/')}/telegram"

    @property
    def webhook_secret(self) -> str:
        """What Telegram repeats with each call."""
        return self._settings.webhook_secret.get_secret_value()

    async def start(self) -> None:
        """Learn who the bot is; raises a CallFailed."""
        if self._me is None:
            self._me = await self._learn()
            opens = sending.opening(self._me.username) if self._me.username else ""
            self.can = replace(self.can, hears_all=self._me.hears_all, opens=opens)
            self._reader = Reader(ACCOUNT, self._bot, self._me, self._buttons, self._now)

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """How many messages this one takes: pictures of an album apart from buttons, words beyond 4096 units."""
        shown = [one for one in media if one.file_id or one.blob]
        return max(len(sending.plan(outgoing.text, shown, any(outgoing.buttons))), 1)

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Send one part of a message; raises a CallFailed, TypeError for a call of another world."""
        real = only_real(call)
        self._may_speak()
        await self.start()
        return await self._watched(self._sender.send(real, media, part, self.username))

    async def probe(self) -> None:
        """Ask who the bot is; raises a CallFailed."""
        self._may_speak()
        await self._learn()

    async def edit(self, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        """Change a sent message; its picture goes where the call has none, or comes back. Raises a CallFailed."""
        real = only_real(call)
        self._may_speak()
        await self.start()
        await self._watched(self._sender.edit(real, platform_id, kind, self.username, shows))

    async def delete(self, chat: str, platform_id: str) -> None:
        """Take a sent message away; raises a CallFailed."""
        self._may_speak()
        await self._watched(self._sender.delete(chat, platform_id))

    async def answer(self, callback: str, toast: str) -> None:
        """Answer a pressed button; raises a CallFailed."""
        self._may_speak()
        await self._watched(self._sender.answer(callback, toast))

    async def fetch(self, ref: str, most: int) -> bytes:
        """Fetch a file of at most `most` bytes within two minutes; raises Impossible or NotNow."""
        try:
            file = await self._call(lambda: self._bot.get_file(ref))
        except Unsure:
            raise NotNow("no answer") from None
        if (file.file_size or 0) > most or not file.file_path:
            raise Impossible("too big" if file.file_path else "no such file")
        if not file.file_path.startswith(("http://", "https://")):
            return await asyncio.to_thread(_read_local, Path(file.file_path), most)
        try:
            async with asyncio.timeout(FETCH):
                return await self._download(file.file_path, most)
        except (httpx.HTTPError, TimeoutError):
            raise NotNow("no file for now") from None

    async def listen(self, accept: Accept) -> None:
        """Hear until cancelled; with a webhook only see to it that it is set, since its route hears."""
        await self._until_done(self.start)
        await self._set_menus()
        if self._settings.mode == "webhook":
            await self._until_done(self._set_webhook)
            self._hooked = True
            await asyncio.Event().wait()
        await self._until_done(self._delete_webhook)
        await self._poller.run(accept, self._delete_webhook)

    async def close(self) -> None:
        """Give connections back."""
        await self._wire.shutdown()
        await self._client.aclose()

    async def set_menu(self, entries: Sequence[tuple[str, str]], scope: str = "all") -> None:
        """Set the command menu (Latin name, what it does) for `all`, `private`, `groups`, or one chat's platform id.

        Names Telegram would not take are left out; raises a CallFailed.
        """
        fitting = [BotCommand(name, about[:256]) for name, about in entries if LATIN.fullmatch(name) and about]
        scopes: dict[str, BotCommandScope] = {
            "all": BotCommandScopeDefault(),
            "private": BotCommandScopeAllPrivateChats(),
            "groups": BotCommandScopeAllGroupChats(),
        }
        where = scopes.get(scope) or BotCommandScopeChat(sending.chat_id(scope))
        await self._call(lambda: self._bot.set_my_commands(fitting[:MENU], scope=where))

    async def _set_menus(self) -> None:
        """Set the menus; the bot works without them, so a failure only shows in the log."""
        for scope, entries in self._menus.items():
            try:
                await self.set_menu(entries, scope)
            except CallFailed as failed:
                LOG.warning("the command menu was not set: %s", failed.reason)

    async def facts(self) -> dict[str, object]:
        """What `wangge check` tells: `reached`, `token`; then `username`, `hears_all`, `webhook` (set), `waiting`.

        `mends` are sentences for the operator, empty where all is well.
        """
        try:
            me = await self._learn()
            hook = await self._call(lambda: self._bot.get_webhook_info())
        except BadToken:
            return {"reached": True, "token": False, "mends": [self._words.render(text("telegram.mend_token"))]}
        except CallFailed:
            return {"reached": False, "token": None, "mends": [self._words.render(text("telegram.mend_reach"))]}
        mends = [] if me.hears_all else [self._words.render(text("telegram.mend_privacy"))]
        if hook.url and self._settings.mode == "polling":
            mends.append(self._words.render(text("telegram.mend_webhook")))
        return {
            "reached": True,
            "token": True,
            "username": me.username,
            "hears_all": me.hears_all,
            "webhook": bool(hook.url),
            "waiting": hook.pending_update_count,
            "mends": mends,
        }

    async def _learn(self) -> Me:
        user = await self._call(lambda: self._bot.get_me())
        return Me(user.id, user.username or "", user.first_name, bool(user.can_read_all_group_messages))

    def _known_reader(self) -> Reader:
        if self._reader is None:
            raise NotNow("not started")
        return self._reader

    def _may_speak(self) -> None:
        if time.monotonic() < self._refused_until:
            raise BadToken("token")

    async def _watched(self, work: Awaitable[Answer]) -> Answer:
        """Make a call; a refused token silences the bot for a while, since asking on draws a ban."""
        try:
            return await work
        except BadToken:
            LOG.error("Telegram does not know this token; nothing is sent for %.0f s", TOKEN_REST)
            self._refused_until = time.monotonic() + TOKEN_REST
            raise

    async def _call(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """A call of the library with its failure in our words."""

        async def translated() -> Answer:
            try:
                return await call()
            except TelegramError as error:
                raise failure(error) from None

        return await self._watched(translated())

    async def _until_done(self, action: Callable[[], Awaitable[object]]) -> None:
        """Try until it works; being offline at the start is no reason to stop."""
        failures = 0
        while True:
            try:
                await action()
            except CallFailed as failed:
                failures += 1
                wait = TOKEN_REST if isinstance(failed, BadToken) else backoff(failures)
                LOG.warning("Telegram is not ready: %s, again in %.1f s", failed.reason, wait)
                await self._sleep(wait)
            else:
                return

    async def _set_webhook(self) -> None:
        await self._call(
            lambda: self._bot.set_webhook(self.webhook_address, secret_token=self.webhook_secret, allowed_updates=KINDS)
        )

    async def _delete_webhook(self) -> None:
        await self._call(lambda: self._bot.delete_webhook())

    async def _download(self, address: str, most: int) -> bytes:
        body = bytearray()
        async with self._client.stream("GET", address) as response:
            if response.status_code >= 500 or response.status_code == 429:
                raise NotNow("no file for now")
            if response.status_code != 200:
                raise Impossible("no such file")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > most:
                    raise Impossible("too big")
        return bytes(body)


def _read_local(path: Path, most: int) -> bytes:
    """A Bot API server on this machine hands over a path instead of an address."""
    try:
        with path.open("rb") as file:
            body = file.read(most + 1)
    except OSError:
        raise Impossible("no such file") from None
    if len(body) > most:
        raise Impossible("too big")
    return body
