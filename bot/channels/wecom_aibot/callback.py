"""The WeCom AI bot over HTTP callbacks (回调): the platform calls us and asks again until an answer is finished.

It only answers: into the stream opened by what was said last in a chat, then once for each message by the address that
came with it; after that somebody has to speak there again.
"""

import asyncio
import json
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channel_settings import WecomAibot as Settings
from bot.channels.buttons import Buttons
from bot.channels.real import Stands, only_real, only_real_world
from bot.channels.splitting import length
from bot.channels.tencent.callback import Envelope, Malformed, Opened, parse_json, receive
from bot.channels.tencent.texts import clean, markdown
from bot.channels.wecom_aibot import media
from bot.channels.wecom_aibot.channel import ACCOUNT, LIMITS, TEXTS, system_now
from bot.channels.wecom_aibot.errors import failure
from bot.channels.wecom_aibot.reading import GROUP, NotReadable, Reader
from bot.channels.wecom_aibot.saying import MOST_BYTES, TEXT, plan
from bot.channels.wecom_aibot.speaker import Kept
from handlers.dialogue import wording
from handlers.dialogue.message import Incoming, Outgoing
from handlers.dialogue.wording import Catalogue, text
from jobs.channel import (
    Accept,
    Call,
    Capabilities,
    Impossible,
    Limits,
    Medium,
    NotNow,
    Sent,
    Unsure,
    WindowClosed,
)
from storage.copies import CopyKind
from storage.sealing import MasterKey
from storage.worlds import WorldKind

PATH: Final = "/wecom/aibot"
QUIET: Final = 3.0
"""An answer is finished so many seconds after the last words of it."""

EMPTY: Final = 60.0
"""The platform is not kept asking for longer where nothing is said at all."""

LONGEST: Final = 300.0
WELCOME: Final = 3.5
CARRIED: Final = 15.0
"""Seconds for the platform to ask again; it does so about every second."""

HOUR: Final = 3600.0 - 60.0
MOST_ADDRESSES: Final = 20
NOTHING: Final = "……"
NEVER_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(slots=True, eq=False)
class Slot:
    """Where an answer to one message grows until the platform has fetched all of it."""

    at: float
    last: float
    welcome: bool
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    content: str = ""
    parts: int = 0
    finished: bool = False
    waiting: "list[asyncio.Future[None]]" = field(default_factory=list)
    grew: asyncio.Event = field(default_factory=asyncio.Event)

    def carried(self) -> None:
        """Whatever stands there is on its way to the people."""
        for one in self.waiting:
            if not one.done():
                one.set_result(None)
        self.waiting.clear()


class WecomAibotCallback(Stands):
    """A way to answer as one AI bot that the platform calls; only the real world may use it."""

    hears_alone = True
    """An answer is fetched where the message came in."""

    speaks_where_it_hears = True

    def __init__(
        self,
        settings: Settings,
        keys: MasterKey,
        kind: WorldKind,
        *,
        words: Catalogue | None = None,
        proxy: str = "",
        now: Callable[[], datetime] = system_now,
        patience: float = CARRIED,
        welcome: float = WELCOME,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        only_real_world(kind)
        self.account = ACCOUNT
        self.can = Capabilities(hears_all=False, text_length=TEXT, unit="bytes")
        self.limits = Limits(windows=LIMITS.windows, in_flight=12, in_order=True)
        self._settings, self._patience, self._welcome, self._clock = settings, patience, welcome, clock
        self._hint = (words or wording.load(TEXTS)).render(text("wecom_aibot.private"))
        self.envelope = Envelope(settings.token.get_secret_value(), settings.aes_key.get_secret_value(), "", now)
        self._reader = Reader(ACCOUNT, settings.names, Buttons(keys, ACCOUNT), lambda _chat, _words: "", now)
        self._client = httpx.AsyncClient(timeout=15.0, proxy=proxy or None, trust_env=False)
        self._here = False
        self._of_chat: Kept[Slot] = Kept()
        self._of_message: Kept[Slot] = Kept()
        self._by_id: Kept[Slot] = Kept()
        self._addresses: Kept[deque[tuple[str, float]]] = Kept()

    def __repr__(self) -> str:
        return "WecomAibot(callback)"

    @property
    def bot_names(self) -> tuple[str, ...]:
        """What people may call the bot by, the longest first."""
        return tuple(sorted(self._settings.names, key=len, reverse=True))

    @property
    def listening(self) -> str:
        """`callback` where this process is the one that answers."""
        return "callback" if self._here else ""

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """How many messages this one takes: only very long words need several."""
        return max(len(plan(outgoing, (), self._hint)), 1)

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Say one part of a message; raises a CallFailed, TypeError for a call of another world."""
        real = only_real(call)
        parts = plan(real.outgoing, (), self._hint)
        if part >= len(parts):
            raise Impossible("nothing to say")
        slot, said = self._of_chat.get(real.chat), parts[part].text
        if slot is not None and not slot.finished and self._clock() - slot.at < LONGEST:
            shown = clean(said) if slot.welcome else markdown(said)
            grown = f"{slot.content}\n\n{shown}" if slot.content else shown
            if length(grown, "bytes") <= MOST_BYTES:
                return await self._carry(slot, grown)
        return await self._respond(real.chat, markdown(said))

    async def answer(self, callback: str, toast: str) -> None:
        """There are no buttons here."""

    async def probe(self) -> None:
        """Nothing can be asked of the platform; raises NotNow where another process answers."""
        if not self._here:
            raise NotNow("not listening")

    async def fetch(self, ref: str, most: int) -> bytes:
        """Fetch and decrypt a medium; its address is good for five minutes. Raises Impossible or NotNow."""
        return await media.fetch(self._client, ref, most, self._settings.aes_key.get_secret_value())

    async def listen(self, accept: Accept) -> None:
        """Be the process that answers, until cancelled; the route hears."""
        self._here = True
        try:
            await asyncio.Event().wait()
        finally:
            self._here = False

    async def close(self) -> None:
        """Give connections back."""
        await self._client.aclose()

    async def hear(self, opened: Opened, accept: Accept) -> str:
        """Answer one callback; raises Malformed, NotNow while another process is the bot, and what `accept` raises."""
        body = parse_json(opened.plain)
        if not self._here:
            raise NotNow("not listening")
        if body.get("msgtype") == "stream":
            told = body.get("stream")
            return self._fetched(str(told.get("id")) if isinstance(told, dict) else "")
        try:
            said = self._reader.read(body)
        except NotReadable:
            raise Malformed("unreadable") from None
        if said is None:
            return ""
        if said.kind == "button":
            await accept(said)
            return ""
        slot = self._slot(said, body.get("response_url"))
        await accept(said)
        return await self._greeting(slot) if slot.welcome else self._shown(slot)

    def _slot(self, said: Incoming, address: object) -> Slot:
        """Where the answer to a message grows; the same one when the message is told again."""
        slot = self._of_message.get(said.key)
        if slot is None:
            now = self._clock()
            slot = Slot(now, now, said.kind == "opened")
            self._of_message.keep(said.key, slot)
            self._by_id.keep(slot.id, slot)
            self._of_chat.keep(said.chat, slot)
            if isinstance(address, str) and address.startswith(("https://", "http://")):
                known = self._addresses.get(said.chat) or deque(maxlen=MOST_ADDRESSES)
                known.append((address, now))
                self._addresses.keep(said.chat, known)
        return slot

    def _fetched(self, name: str) -> str:
        """The platform asks how far an answer is; one that nobody knows any more is finished."""
        slot = self._by_id.get(name)
        if slot is None:
            return self._sealed({"msgtype": "stream", "stream": {"id": name, "finish": True, "content": NOTHING}})
        now = self._clock()
        quiet = now - slot.last >= (QUIET if slot.content else EMPTY)
        slot.finished = slot.finished or quiet or now - slot.at >= LONGEST
        return self._shown(slot)

    def _shown(self, slot: Slot) -> str:
        content = slot.content or (NOTHING if slot.finished else "")
        slot.carried()
        return self._sealed(
            {"msgtype": "stream", "stream": {"id": slot.id, "finish": slot.finished, "content": content}}
        )

    async def _greeting(self, slot: Slot) -> str:
        """A welcome has to be said at once, or not at all."""
        try:
            async with asyncio.timeout(self._welcome):
                await slot.grew.wait()
        except TimeoutError:
            slot.finished = True
            return ""
        slot.finished = True
        slot.carried()
        return self._sealed({"msgtype": "text", "text": {"content": slot.content}})

    def _sealed(self, body: dict[str, object]) -> str:
        return self.envelope.seal(json.dumps(body, ensure_ascii=False), "json")

    async def _carry(self, slot: Slot, grown: str) -> Sent:
        """Add to an answer and wait until the platform has fetched it."""
        carried = asyncio.get_running_loop().create_future()
        slot.content, slot.last, slot.parts = grown, self._clock(), slot.parts + 1
        name = f"{slot.id}.{slot.parts}"
        slot.waiting.append(carried)
        slot.grew.set()
        try:
            async with asyncio.timeout(self._patience):
                await carried
        except TimeoutError:
            raise Unsure("not fetched") from None
        return Sent(((name, CopyKind.TEXT),))

    async def _respond(self, chat: str, content: str) -> Sent:
        """Say it by an address that came with a message, each of which is good for once within an hour."""
        known = self._addresses.get(chat, deque())
        while known and self._clock() - known[0][1] > HOUR:
            known.popleft()
        if not known:
            raise WindowClosed("nobody spoke lately")
        address, since = known.popleft()
        try:
            answer = await self._client.post(address, json={"msgtype": "markdown", "markdown": {"content": content}})
            told = answer.json() if answer.status_code == 200 else None
        except NEVER_LEFT:
            known.appendleft((address, since))
            raise NotNow("no connection") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            raise Unsure("no answer") from None
        if not isinstance(told, dict) or not isinstance(told.get("errcode"), int):
            raise Unsure(f"status {answer.status_code}")
        if told["errcode"] != 0:
            raise failure(told["errcode"], private=not chat.startswith(GROUP))
        return Sent(((uuid.uuid4().hex, CopyKind.TEXT),))


def callback_route(channel: WecomAibotCallback, accept: Accept) -> Route:
    """The address to be written into the robot's settings."""

    async def answer(request: Request) -> Response:
        return await receive(request, channel.envelope, lambda opened: channel.hear(opened, accept), ACCOUNT)

    return Route(PATH, answer, methods=["GET", "POST"])
