"""The link (长连接): one subscribed socket; frames out with their acks, pings, and callbacks in."""

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from bot.channels.wecom_aibot.errors import Rejected
from bot.channels.wecom_aibot.reading import event_of
from jobs.channel import NotNow, Unsure

LOG = logging.getLogger("wangge.wecom_aibot")
PING: Final = 30.0
MISSED: Final = 2
"""So many pings in a row without an ack, and the socket is dead, whatever TCP thinks."""

OPEN: Final = 10.0
MOST_BYTES: Final = 4 << 20
Frame = Mapping[str, Any]
Sleep = Callable[[float], Awaitable[None]]


class Replaced(Exception):
    """Another program has subscribed as this bot; the platform told so and hangs up."""


class NotSubscribed(Exception):
    """The platform does not take this bot's id and secret."""


class Dead(Exception):
    """The socket is open and nobody answers."""


class Link:
    """One socket.

    heard: called with each callback's frame, at once and in order. ack: seconds an ack may take. clock: a steady clock
    in seconds.
    """

    def __init__(
        self,
        socket: ClientConnection,
        heard: Callable[["Link", Frame], None],
        *,
        ack: float,
        sleep: Sleep,
        clock: Callable[[], float],
    ) -> None:
        self._socket, self._heard, self._ack, self._sleep, self._clock = socket, heard, ack, sleep, clock
        self._acks: dict[str, asyncio.Future[Frame]] = {}
        self.subscribed = False
        self.heard_at = clock()
        """When anything last came in."""

    @property
    def alive(self) -> bool:
        """Whether something can be said over it."""
        return self.subscribed and self._socket.state is State.OPEN

    async def ask(self, cmd: str, body: Mapping[str, Any] | None, req_id: str = "") -> Mapping[str, Any]:
        """Send a frame and await its ack; the ack's body. One at a time for each `req_id`.

        Raises Rejected; NotNow where it surely did not leave; Unsure where no ack came in time.
        """
        if self._socket.state is not State.OPEN:
            raise NotNow("not connected")
        name = req_id or f"{cmd}_{uuid.uuid4().hex}"
        frame: dict[str, Any] = {"cmd": cmd, "headers": {"req_id": name}}
        if body is not None:
            frame["body"] = body
        waiting = self._acks[name] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._ack):
                await self._socket.send(json.dumps(frame, ensure_ascii=False))
                answer = await waiting
        except TimeoutError:
            raise Unsure("no ack") from None
        except ConnectionClosed:
            raise Unsure("connection lost") from None
        finally:
            self._acks.pop(name, None)
        code = answer.get("errcode")
        if code != 0:
            raise Rejected(code if isinstance(code, int) else -1)
        told = answer.get("body")
        return told if isinstance(told, Mapping) else {}

    async def subscribe(self, bot_id: str, secret: str) -> None:
        """Become the bot; raises NotSubscribed, or what `ask` raises."""
        try:
            await self.ask("aibot_subscribe", {"bot_id": bot_id, "secret": secret})
        except Rejected as refused:
            LOG.error("the platform does not take this bot (%s): look at bot_id and secret", refused.code)
            raise NotSubscribed from None
        self.subscribed = True

    async def read(self) -> None:
        """Take frames in until the socket ends; raises ConnectionClosed, Replaced."""
        try:
            while True:
                self._take(await self._socket.recv())
        finally:
            for waiting in self._acks.values():
                if not waiting.done():
                    waiting.set_exception(Unsure("connection lost"))

    async def watch(self) -> None:
        """Ping until nobody answers any more; raises Dead."""
        missed = 0
        while missed < MISSED:
            await self._sleep(PING)
            try:
                await self.ask("ping", None)
            except Unsure:
                missed += 1
            except Rejected as refused:
                LOG.warning("a ping was refused: %s", refused.code)
            else:
                missed = 0
        raise Dead

    def _take(self, raw: str | bytes) -> None:
        self.heard_at = self._clock()
        try:
            frame = json.loads(raw)
            req_id, cmd = frame["headers"]["req_id"], frame.get("cmd") or ""
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            LOG.warning("a frame that is none was left out")
            return
        if cmd in ("aibot_msg_callback", "aibot_event_callback"):
            if event_of(frame.get("body")) == "disconnected_event":
                raise Replaced
            self._heard(self, frame)
        elif not cmd and isinstance(req_id, str) and (waiting := self._acks.get(req_id)) and not waiting.done():
            waiting.set_result(frame)


@asynccontextmanager
async def connected(
    url: str,
    proxy: str,
    heard: Callable[[Link, Frame], None],
    *,
    ack: float,
    sleep: Sleep,
    clock: Callable[[], float],
) -> AsyncIterator[Link]:
    """A socket that is open, not yet subscribed; raises what the library raises where it can't be had."""
    logging.getLogger("websockets").setLevel(logging.WARNING)
    socket = await connect(
        url,
        proxy=proxy or None,
        compression=None,
        open_timeout=OPEN,
        close_timeout=1.0,
        ping_interval=None,
        max_size=MOST_BYTES,
    )
    try:
        yield Link(socket, heard, ack=ack, sleep=sleep, clock=clock)
    finally:
        await socket.close()
