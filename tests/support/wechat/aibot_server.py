"""WeCom's side of an AI bot's long connection, on loopback: what it checks, what people see, and what goes wrong.

People do things by `says`, `enters`, `presses`; `shows` is what a chat shows. A `Fault` waits for the next frame of its
command. The clock is the machine's unless one is handed in; `later` moves it on. With `tls` it speaks wss.
"""

import asyncio
import json
import os
import ssl
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.support.wechat.aibot_shapes import BAD_BODY, MOST, NO_MEDIUM, Shown, Store, made

BOT, SECRET = "aib-test", "a-secret-of-the-bot"
STREAM, AT_ONCE = 360.0, 5.0
FINE, BAD_SECRET, TOO_FAST = 0, 40001, 45009
STALE, EXPIRED, NOT_THERE, NO_CHAT = 846605, 846608, 93001, 93006


@dataclass
class Fault:
    """What happens to the next frame of this command: an error number, an ack that is late, lost, or a broken line.

    `late` in seconds; `lost` and `late` frames are carried out, a `broken` line is cut before that.
    """

    cmd: str
    code: int = 0
    late: float = 0.0
    lost: bool = False
    broken: bool = False


class AibotServer:
    """The platform; `async with` opens it. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, tls: ssl.SSLContext | None = None) -> None:
        self._clock, self._moved, self._tls = clock, 0.0, tls
        self.live: ServerConnection | None = None
        self.faults: list[Fault] = []
        self.mute = False
        """A dead socket: nothing that comes in is answered any more, and nothing is carried out."""
        self.frames: list[dict[str, Any]] = []
        self.subscriptions = 0
        self.known: set[str] = set()
        """Chats in which somebody has spoken to the bot."""
        self.left: set[str] = set()
        """Groups the bot was put out of."""
        self._chats: defaultdict[str, list[Shown]] = defaultdict(list)
        self._callbacks: dict[str, tuple[ServerConnection, str, str, float, str]] = {}
        self._streams: dict[str, Shown] = {}
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)
        self._subscribed: deque[float] = deque()
        self.store = Store()
        self._server: Server | None = None
        self._count = 0
        self._later: set[asyncio.Task[None]] = set()
        self.changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._download,
            max_size=4 << 20,
            ping_interval=None,
            ssl=self._tls,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        for task in self._later:
            task.cancel()
        self._server.close()
        await self._server.wait_closed()

    @property
    def media(self) -> dict[str, tuple[str, bytes, float]]:
        """What was uploaded: kind, bytes and moment by id."""
        return self.store.media

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def url(self) -> str:
        """Where a bot connects."""
        return f"{'wss' if self._tls else 'ws'}://127.0.0.1:{self.port}"

    def now(self) -> float:
        """The moment, in seconds."""
        return self._clock() + self._moved

    def later(self, seconds: float) -> None:
        """Let time go by."""
        self._moved += seconds

    # What people see

    def shows(self, chat: str) -> list[str]:
        """What a group (its id) or a person's private talk (theirs) shows, oldest first."""
        return [one.text for one in self._chats[chat]]

    def standing(self, chat: str) -> list[Shown]:
        """The same with all that is known of each message."""
        return self._chats[chat]

    # What people do

    async def says(self, person: str, words: str, group: str = "", **more: Any) -> str:  # noqa: ANN401 - JSON
        """Somebody writes to the bot; the msgid. `more` goes into the body: msgid, quote, another msgtype …"""
        body = {"msgtype": "text", "text": {"content": words}, **more}
        return await self._tell("aibot_msg_callback", person, group, body)

    async def sends(self, person: str, kind: str, blob: bytes, *, bare_key: bool = True) -> str:
        """Somebody sends a picture, file or film privately."""
        return await self._tell("aibot_msg_callback", person, "", {"msgtype": kind, kind: self.file(blob, bare_key)})

    async def enters(self, person: str) -> str:
        """Somebody opens the private talk for the first time today."""
        return await self._event(person, "", {"eventtype": "enter_chat"})

    async def presses(self, person: str, label: str, group: str = "") -> str:
        """Somebody presses the newest button with this label."""
        for shown in reversed(self._chats[group or person]):
            for name, key in shown.buttons:
                if name == label:
                    told = {"card_type": "button_interaction", "event_key": key, "task_id": shown.task}
                    event = {"eventtype": "template_card_event", "template_card_event": told}
                    return await self._event(person, group, event)
        raise AssertionError(f"no button {label!r}")

    async def likes(self, person: str) -> str:
        """Somebody says that an answer was good."""
        told = {"eventtype": "feedback_event", "feedback_event": {"id": "f1", "type": 1}}
        return await self._event(person, "", told)

    def file(self, blob: bytes, bare_key: bool = True) -> dict[str, str]:
        """A file to be fetched within five minutes: its address and key."""
        name, key = self.store.file(blob, self.now())
        return {"url": f"http://127.0.0.1:{self.port}/media/{name}", "aeskey": key.rstrip("=") if bare_key else key}

    # What goes wrong

    async def hang_up(self) -> None:
        """End the connection in good order (1000)."""
        assert self.live is not None
        await self.live.close(1000)

    def cut(self) -> None:
        """Break the connection (1006)."""
        assert self.live is not None
        self.live.transport.abort()

    # The protocol

    async def _tell(self, cmd: str, person: str, group: str, body: Mapping[str, Any]) -> str:
        self._count += 1
        req_id = f"callback-{self._count}-{os.urandom(4).hex()}"
        full = {
            "msgid": f"msg-{self._count}",
            "create_time": 1_795_000_000 + self._count,
            "aibotid": BOT,
            "chattype": "group" if group else "single",
            "from": {"userid": person},
            **({"chatid": group} if group else {}),
            **body,
        }
        if cmd == "aibot_msg_callback":
            self.known.add(group or person)
            self.left.discard(group)
        assert self.live is not None, "nobody is the bot"
        kind = "message" if cmd == "aibot_msg_callback" else full["event"]["eventtype"]
        task = full.get("event", {}).get("template_card_event", {}).get("task_id", "")
        self._callbacks[req_id] = (self.live, kind, group or person, self.now(), task)
        await self.live.send(json.dumps({"cmd": cmd, "headers": {"req_id": req_id}, "body": full}))
        return str(full["msgid"])

    async def _event(self, person: str, group: str, event: Mapping[str, Any]) -> str:
        return await self._tell("aibot_event_callback", person, group, {"msgtype": "event", "event": event})

    async def _serve(self, line: ServerConnection) -> None:
        try:
            async for raw in line:
                await self._take(line, json.loads(raw))
        except ConnectionClosed:
            pass
        finally:
            if self.live is line:
                self.live = None
                self._change()

    async def _take(self, line: ServerConnection, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        cmd, req_id = frame["cmd"], frame["headers"]["req_id"]
        if self.mute:
            return
        fault = next((one for one in self.faults if one.cmd == cmd), None)
        if fault is not None:
            self.faults.remove(fault)
            if fault.broken:
                line.transport.abort()
                return
        told: Mapping[str, Any] = {}
        code = fault.code if fault is not None else FINE
        if code == FINE:
            code, told = await self._do(line, cmd, req_id, frame.get("body") or {})
        self._change()
        if fault is not None and fault.lost:
            return
        answer = {"headers": {"req_id": req_id}, "errcode": code, "errmsg": "ok" if code == FINE else "refused"}
        if told:
            answer["body"] = told
        if fault is not None and fault.late:
            task = asyncio.create_task(self._answer_later(line, answer, fault.late))
            self._later.add(task)
            task.add_done_callback(self._later.discard)
            return
        await line.send(json.dumps(answer))
        if code == BAD_SECRET:
            await line.close(1000)

    async def _answer_later(self, line: ServerConnection, answer: Mapping[str, Any], seconds: float) -> None:
        await asyncio.sleep(seconds)
        await line.send(json.dumps(answer))

    async def _do(
        self, line: ServerConnection, cmd: str, req_id: str, body: Mapping[str, Any]
    ) -> tuple[int, Mapping[str, Any]]:
        if len(req_id.encode()) > 256:
            return BAD_BODY, {}
        if cmd == "aibot_subscribe":
            return await self._subscribe(line, body), {}
        if line is not self.live:
            return BAD_SECRET, {}
        if cmd == "ping":
            return FINE, {}
        if cmd == "aibot_send_msg":
            return self._push(body), {}
        if cmd.startswith("aibot_upload_media_"):
            step = cmd.rpartition("_")[2]
            if step == "init" and not self._may("uploads"):
                return TOO_FAST, {}
            return self.store.upload(step, body, self.now())
        if cmd.startswith("aibot_respond_"):
            return self._respond(line, cmd, req_id, body), {}
        return BAD_BODY, {}

    async def _subscribe(self, line: ServerConnection, body: Mapping[str, Any]) -> int:
        self.subscriptions += 1
        now = self.now()
        self._subscribed.append(now)
        while self._subscribed and self._subscribed[0] <= now - 60:
            self._subscribed.popleft()
        if len(self._subscribed) > 10:
            return TOO_FAST
        if body.get("bot_id") != BOT or body.get("secret") != SECRET:
            return BAD_SECRET
        older, self.live = self.live, line
        if older is not None and older is not line:
            event = {"msgtype": "event", "event": {"eventtype": "disconnected_event"}, "from": {"userid": ""}}
            gone = {"msgid": "", "create_time": 1, "aibotid": BOT, **event}
            try:
                await older.send(
                    json.dumps({"cmd": "aibot_event_callback", "headers": {"req_id": "kick"}, "body": gone})
                )
                await older.close(1000)
            except ConnectionClosed:
                pass
        return FINE

    def _respond(self, line: ServerConnection, cmd: str, req_id: str, body: Mapping[str, Any]) -> int:
        callback = self._callbacks.get(req_id)
        kinds = {
            "aibot_respond_msg": "message",
            "aibot_respond_welcome_msg": "enter_chat",
            "aibot_respond_update_msg": "template_card_event",
        }
        if callback is None or callback[0] is not line or kinds.get(cmd) != callback[1]:
            return STALE
        _, kind, chat, at, task = callback
        age = self.now() - at
        if (kind != "message" and age > AT_ONCE) or age > 86_400:
            return STALE
        if kind == "template_card_event":
            return self._update(chat, body, task)
        if kind == "enter_chat" and body.get("msgtype") not in ("text", "template_card"):
            return BAD_BODY
        if kind == "message" and body.get("msgtype") == "text":
            return BAD_BODY
        return self._show(chat, body, age, welcome=kind == "enter_chat")

    def _push(self, body: Mapping[str, Any]) -> int:
        chat, kind = str(body.get("chatid")), body.get("chat_type")
        if kind not in (1, 2) or body.get("msgtype") in ("text", "stream", "markdown_v2"):
            return BAD_BODY
        if kind == 2 and chat in self.left:
            return NOT_THERE
        if chat not in self.known:
            return NO_CHAT
        return self._show(chat, body, 0.0)

    def _show(self, chat: str, body: Mapping[str, Any], age: float, *, welcome: bool = False) -> int:
        kind = str(body.get("msgtype"))
        content = body.get(kind)
        if not isinstance(content, dict):
            return BAD_BODY
        there = kind not in MOST or self.store.has(str(content.get("media_id")), kind, self.now())
        shown, code = made(kind, content) if there else (None, NO_MEDIUM)
        if shown is None:
            return code
        if not self._may(chat):
            return TOO_FAST
        shown.at = self.now()
        if kind == "stream":
            known = self._streams.get(f"{chat}|{content['id']}")
            if known is not None:
                if known.finished or self.now() - known.at > STREAM:
                    return EXPIRED
                known.text, known.finished, known.frames = shown.text, shown.finished, known.frames + 1
                return FINE
            if age > STREAM:
                return EXPIRED
            self._streams[f"{chat}|{content['id']}"] = shown
        if welcome:
            shown.how = "welcome"
        self._chats[chat].append(shown)
        return FINE

    def _update(self, chat: str, body: Mapping[str, Any], task: str) -> int:
        new, code = made("template_card", body.get("template_card") or {})
        if body.get("response_type") != "update_template_card" or new is None or new.task != task:
            return code or BAD_BODY
        for shown in self._chats[chat]:
            if shown.task == task:
                for person in body.get("userids") or [""]:
                    shown.for_one[person] = new.text
        return FINE

    def _may(self, chat: str) -> bool:
        """Whether this chat takes one more: 30 a minute and 1000 an hour, refreshed streams included."""
        now, times = self.now(), self._times[chat]
        while times and times[0] <= now - 3600:
            times.popleft()
        if len(times) >= 1000 or sum(one > now - 60 for one in times) >= 30:
            return False
        times.append(now)
        return True

    def _download(self, line: ServerConnection, request: Request) -> Response | None:
        """Files are fetched from the same port."""
        if not request.path.startswith("/media/"):
            return None
        blob = self.store.fetched(request.path.removeprefix("/media/"), self.now())
        if blob is None:
            return line.respond(HTTPStatus.FORBIDDEN, "expired")
        headers = Headers({"Content-Length": str(len(blob)), "Content-Type": "application/octet-stream"})
        headers["Connection"] = "close"
        return Response(200, "OK", headers, blob)

    def _change(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    async def until(self, met: Callable[[], object], seconds: float = 5.0) -> None:
        """Wait until this holds; it is looked at whenever a frame was taken."""
        async with asyncio.timeout(seconds):
            while not met():
                changed = self.changed
                try:
                    async with asyncio.timeout(0.01):
                        await changed.wait()
                except TimeoutError:
                    continue
