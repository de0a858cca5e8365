"""The WeCom AI bot (智能机器人) over its long connection: one process at a time is the bot."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
from websockets.exceptions import WebSocketException

from bot.channel_settings import WecomAibot as Settings
from bot.channels.buttons import Buttons
from bot.channels.real import Stands, only_real, only_real_world
from bot.channels.wecom_aibot import media
from bot.channels.wecom_aibot.errors import Rejected
from bot.channels.wecom_aibot.link import MISSED, PING, Dead, Frame, Link, NotSubscribed, Replaced, Sleep, connected
from bot.channels.wecom_aibot.reading import NotReadable, Reader
from bot.channels.wecom_aibot.saying import TEXT, plan
from bot.channels.wecom_aibot.speaker import Speaker
from handlers.dialogue import wording
from handlers.dialogue.message import Incoming, Outgoing
from handlers.dialogue.wording import Catalogue, text
from jobs.channel import (
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
from jobs.trouble import of_database
from storage.sealing import MasterKey
from storage.worlds import WorldKind

LOG = logging.getLogger("wangge.wecom_aibot")
ACCOUNT: Final = "wecom_aibot"
TEXTS: Final = Path(__file__).parents[2] / "texts"
LIMITS: Final = Limits(
    windows=(Window("chat", 30, 60.0, reserve=5), Window("chat", 1000, 3600.0, reserve=50)), in_order=True
)
"""Answers and pushes together, for each chat (document 101463)."""

ACK: Final = 5.0
SILENT: Final = (MISSED + 1) * PING
"""Seconds without any frame after which the bot counts as deaf."""

LIVED: Final = 60.0
"""A link that lasted so many seconds was a good one; the pauses begin anew."""

LONGEST_REST: Final = 120.0
REFUSED_REST: Final = 1800.0
"""Seconds until the next try after the platform did not take the bot: subscribing is guarded against hammering."""

WAITING: Final = 2000
TRIES: Final = 3
PATIENCE: Final = 2.0
DICE = random.SystemRandom()


def system_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


class WecomAibot(Stands):
    """A way to speak and hear as one AI bot; only the real world may use it.

    ack: seconds an ack may take. sleep, clock: take and tell seconds. proxy: for the socket and for media.
    """

    hears_alone = True
    """The platform serves one connection a bot; a second one would throw out the first."""

    speaks_where_it_hears = True
    """What is said goes over the connection that hears."""

    def __init__(
        self,
        settings: Settings,
        keys: MasterKey,
        kind: WorldKind,
        *,
        words: Catalogue | None = None,
        proxy: str = "",
        now: Callable[[], datetime] = system_now,
        ack: float = ACK,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        only_real_world(kind)
        self.account = ACCOUNT
        self.can = Capabilities(
            hears_all=False,
            buttons=True,
            photo=True,
            video=True,
            voice=True,
            text_length=TEXT,
            unit="bytes",
            toasts=True,
        )
        self.limits = LIMITS
        self._settings, self._proxy, self._ack, self._sleep, self._clock = settings, proxy, ack, sleep, clock
        self._hint = (words or wording.load(TEXTS)).render(text("wecom_aibot.private"))
        buttons = Buttons(keys, ACCOUNT)
        self._speaker = Speaker(buttons, sleep, clock)
        self._reader = Reader(ACCOUNT, settings.names, buttons, self._speaker.said, now)
        self._client = httpx.AsyncClient(timeout=20.0, proxy=proxy or None, trust_env=False)
        self._link: Link | None = None
        self._waiting: asyncio.Queue[Incoming] = asyncio.Queue(WAITING)
        self._replaced = False

    def __repr__(self) -> str:
        return "WecomAibot(socket)"

    @property
    def bot_names(self) -> tuple[str, ...]:
        """What people may call the bot by, the longest first."""
        return tuple(sorted(self._settings.names, key=len, reverse=True))

    @property
    def listening(self) -> str:
        """`socket` while the platform talks to us over it; empty where it does not, and once we were replaced."""
        link = self._link
        if link is None or not link.alive or self._clock() - link.heard_at > SILENT:
            return ""
        return "socket"

    @property
    def silent(self) -> float | None:
        """Seconds since the last frame; None where there is no connection."""
        return self._clock() - self._link.heard_at if self._link is not None else None

    @property
    def replaced(self) -> bool:
        """Whether another program became this bot; then this one is silent until it is started anew."""
        return self._replaced

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """How many messages this one takes: media, words beyond 20480 bytes and a card apart."""
        return max(len(plan(outgoing, media, self._hint)), 1)

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Say one part of a message; raises a CallFailed, TypeError for a call of another world."""
        real = only_real(call)
        link = self._connected()
        parts = plan(real.outgoing, media, self._hint)
        if part >= len(parts):
            raise Impossible("nothing to say")
        return await self._speaker.say(link, real, parts[part])

    async def answer(self, callback: str, toast: str) -> None:
        """Show a toast on the card whose button was pressed, within 5 seconds; later nothing is shown."""
        await self._speaker.answer(callback, toast)

    async def probe(self) -> None:
        """Ping; raises NotNow."""
        try:
            await self._connected().ask("ping", None)
        except (Rejected, Unsure):
            raise NotNow("no ack") from None

    async def fetch(self, ref: str, most: int) -> bytes:
        """Fetch and decrypt a medium; its address is good for five minutes. Raises Impossible or NotNow."""
        return await media.fetch(self._client, ref, most)

    async def listen(self, accept: Accept) -> None:
        """Be the bot until cancelled, or until another program is; then wait in silence."""
        keeping = asyncio.create_task(self._keep(accept))
        failures = 0
        try:
            while not self._replaced:
                began = self._clock()
                rest = await self._round()
                failures = 1 if self._clock() - began > LIVED else failures + 1
                if not self._replaced:
                    await self._sleep(rest or min(LONGEST_REST, 2.0 ** min(failures, 10)) * DICE.uniform(0.5, 1.0))
            await asyncio.Event().wait()
        finally:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._waiting.join()
            except TimeoutError:
                LOG.warning("%s messages could not be kept", self._waiting.qsize())
            keeping.cancel()

    async def close(self) -> None:
        """Give connections back."""
        await self._speaker.close()
        await self._client.aclose()

    async def _round(self) -> float:
        """Be the bot over one connection; how many seconds to rest where that is not as usual."""
        settings, tasks = self._settings, list[asyncio.Task[None]]()
        try:
            opened = connected(
                settings.socket_url, self._proxy, self._heard, ack=self._ack, sleep=self._sleep, clock=self._clock
            )
            async with opened as link:
                try:
                    tasks.append(asyncio.create_task(link.read()))
                    await link.subscribe(settings.bot_id, settings.secret.get_secret_value())
                    self._link = link
                    LOG.info("the bot is connected")
                    tasks.append(asyncio.create_task(link.watch()))
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                    for task in tasks:
                        if task.done():
                            task.result()
                finally:
                    await self._speaker.hush(link)
                    self._link = None
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
        except Replaced:
            self._replaced = True
            LOG.error(
                "another program became this bot: this one is silent until it is started anew; use one bot a program"
            )
        except NotSubscribed:
            return REFUSED_REST
        except (OSError, TimeoutError, WebSocketException, Dead, CallFailed) as error:
            LOG.warning("the connection ended: %s", type(error).__name__)
        return 0.0

    def _heard(self, link: Link, frame: Frame) -> None:
        """Read a callback and put it into the line of what is kept."""
        body, req_id = frame.get("body"), frame["headers"]["req_id"]
        try:
            if not isinstance(body, dict) or not isinstance(req_id, str):
                raise NotReadable
            said = self._reader.read(body, req_id)
        except NotReadable:
            LOG.warning("a callback could not be read")
            return
        if said is None:
            return
        if said.kind == "button":
            task = said.reply_to.message_id if said.reply_to else ""
            self._speaker.pressed(link, said.callback, req_id, said.sender, task)
        else:
            self._speaker.heard(link, said.chat, req_id, said.message_id, welcome=said.kind == "opened")
        try:
            self._waiting.put_nowait(said)
        except asyncio.QueueFull:
            LOG.error("too many messages wait to be kept; one was dropped")

    async def _keep(self, accept: Accept) -> None:
        """Keep what was heard, in its order; while the database takes nothing it waits, since nobody tells it again."""
        while True:
            said = await self._waiting.get()
            tries = 0
            while True:
                try:
                    await accept(said)
                    break
                except Exception as error:
                    tries += not of_database(error)
                    if tries >= TRIES:
                        LOG.error("a message was left behind: %s", type(error).__name__)
                        break
                    LOG.warning("a message is not kept yet: %s", type(error).__name__)
                    await self._sleep(1.0)
            self._waiting.task_done()

    def _connected(self) -> Link:
        if self._replaced:
            raise NotNow("replaced")
        if self._link is None or not self._link.alive:
            raise NotNow("not connected")
        return self._link
