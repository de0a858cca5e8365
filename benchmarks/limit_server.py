"""A Bot API server with Telegram's limits, on loopback, in a process of its own.

    python -m benchmarks.limit_server '{"model": "strict"}'

Prints its port. A call takes two independent ways of 25 ± 10 ms and is counted between them, so that calls may
overtake each other. `POST /_set` changes options, `GET /_journal` tells what happened, `GET /_count` how much.
"""

import asyncio
import contextlib
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import parse_qsl

from benchmarks.limits import Bucket, Limits, Refusal, Strict, most_within

WAY = 0.025
UNCOUNTED = ("answerCallbackQuery",)
ASKING = ("getMe", "getWebhookInfo", "deleteWebhook", "setWebhook", "setMyCommands", "getUpdates")


@dataclass
class Options:
    """What the server does; `jitter` is half the spread of one way in seconds, shares are between 0 and 1.

    `migrated` maps an old chat to its new one; `undeletable` and `uneditable` are chats whose messages stay as they
    are. `lost` answers break off after the call was accepted, `bad_gateway` is 502 and nothing done, `server_error`
    is 500 with the work done, `hanging` never answers and does nothing. `storm_until` (this machine's steady clock)
    refuses all calls with `storm_wait`.
    """

    model: str = "strict"
    jitter: float = 0.010
    latency: float = WAY
    migrated: dict[str, int] = field(default_factory=dict)
    kicked: list[int] = field(default_factory=list)
    undeletable: list[int] = field(default_factory=list)
    uneditable: list[int] = field(default_factory=list)
    lost: float = 0.0
    bad_gateway: float = 0.0
    server_error: float = 0.0
    hanging: float = 0.0
    storm_until: float = 0.0
    storm_wait: int = 2
    seed: int = 1


@dataclass(frozen=True)
class Entry:
    """A call that was counted: when (steady clock), by whom, where to, what, and the message it made or changed."""

    at: float
    account: str
    method: str
    chat: int
    message: int
    text: str


@dataclass(frozen=True)
class Refused:
    """A call refused with 429."""

    at: float
    account: str
    chat: int
    scope: str
    retry_after: int


@dataclass
class Answer(Exception):
    """How a call ends, where it is not accepted."""

    code: int
    text: str
    parameters: Mapping[str, Any] | None = None


class Town:
    """What stands in the chats, who has been too fast, and what happened."""

    def __init__(self, options: Options, clock: Callable[[], float] = time.monotonic) -> None:
        self.options, self.clock = options, clock
        self.entries: list[Entry] = []
        self.refusals: list[Refused] = []
        self.failures: dict[str, int] = defaultdict(int)
        self.standing: dict[tuple[str, int, int], str] = {}
        self._accounts: dict[str, Limits] = {}
        self._next = 100
        self._chance = random.Random(options.seed)

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change options while the server runs."""
        known = {one.name for one in fields(Options)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"no such option: {name}")
            setattr(self.options, name, value)

    def way(self) -> float:
        """Seconds of one way; never less than none, so a large jitter also means a long way."""
        jitter = self.options.jitter
        return max(self.options.latency, jitter) + self._chance.uniform(-jitter, jitter)

    def happens(self, share: float) -> bool:
        """Whether a fault of this share befalls a call."""
        return share > 0 and self._chance.random() < share

    def call(self, account: str, method: str, said: Mapping[str, Any]) -> object:
        """Do what is asked, or raise the Answer that refuses it."""
        if method in ASKING:
            return _asked(method)
        if method in UNCOUNTED:
            self._note(account, method, 0, 0, "")
            return True
        chat = int(said["chat_id"])
        self._limit(account, chat, says=not method.startswith("delete"))
        self._reachable(chat)
        work: Callable[[str, str, int, Mapping[str, Any]], object]
        if method.startswith("edit"):
            work = self._edit
        elif method.startswith("delete"):
            work = self._delete
        elif method.startswith(("send", "copy", "forward")):
            work = self._send
        else:
            raise Answer(404, "Not Found: method not found")
        return work(account, method, chat, said)

    def _limit(self, account: str, chat: int, says: bool) -> None:
        now, options = self.clock(), self.options
        limits = self._accounts.get(account)
        if limits is None:
            model = Strict() if options.model == "strict" else Bucket(at=now)
            limits = self._accounts[account] = Limits(model)
        if now < options.storm_until:
            refusal: Refusal | None = Refusal("storm", options.storm_wait)
        else:
            refusal = limits.count(chat, now, says=says)
        if refusal is not None:
            self.refusals.append(Refused(now, account, chat, refusal.scope, refusal.retry_after))
            wait = refusal.retry_after
            raise Answer(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})

    def _reachable(self, chat: int) -> None:
        moved = self.options.migrated.get(str(chat))
        if moved is not None:
            self.failures["moved"] += 1
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Answer(400, text, {"migrate_to_chat_id": moved})
        if chat in self.options.kicked:
            self.failures["kicked"] += 1
            raise Answer(403, "Forbidden: bot was kicked from the supergroup chat")

    def _note(self, account: str, method: str, chat: int, message: int, text: str) -> None:
        self.entries.append(Entry(self.clock(), account, method, chat, message, text[:80]))

    def _send(self, account: str, method: str, chat: int, said: Mapping[str, Any]) -> object:
        self._next += 1
        text = str(said.get("text") or said.get("caption") or "")
        self.standing[account, chat, self._next] = text
        self._note(account, method, chat, self._next, text)
        if method == "copyMessage":
            return {"message_id": self._next}
        shown = _message(chat, self._next, text)
        if method == "sendPhoto":
            file_id = f"photo{self._next}"
            size = {"file_id": file_id, "file_unique_id": f"u{file_id}", "width": 90, "height": 60}
            shown = {**_message(chat, self._next, ""), "photo": [size]}
        return shown

    def _edit(self, account: str, method: str, chat: int, said: Mapping[str, Any]) -> object:
        message = int(said["message_id"])
        if (account, chat, message) not in self.standing:
            raise Answer(400, "Bad Request: message to edit not found")
        if chat in self.options.uneditable:
            raise Answer(400, "Bad Request: message can't be edited")
        text = str(said.get("text") or said.get("caption") or "")
        self.standing[account, chat, message] = text
        self._note(account, method, chat, message, text)
        return _message(chat, message, text)

    def _delete(self, account: str, method: str, chat: int, said: Mapping[str, Any]) -> object:
        if method == "deleteMessages":
            wanted = [int(one) for one in json.loads(said["message_ids"])]
        else:
            wanted = [int(said["message_id"])]
        if chat in self.options.undeletable:
            raise Answer(400, "Bad Request: message can't be deleted for everyone")
        for message in wanted:
            if self.standing.pop((account, chat, message), None) is None and method == "deleteMessage":
                raise Answer(400, "Bad Request: message to delete not found")
            self._note(account, method, chat, message, "")
        return True

    def count(self) -> dict[str, int]:
        """How much has happened."""
        return {"accepted": len(self.entries), "refused": len(self.refusals)}

    def journal(self, since: int = 0) -> dict[str, Any]:
        """Everything that happened, from entry number `since` on, and the fullest second and minute."""
        by_account: dict[str, list[float]] = defaultdict(list)
        by_chat: dict[tuple[str, int], list[float]] = defaultdict(list)
        for one in self.entries:
            if one.method not in UNCOUNTED:
                by_account[one.account].append(one.at)
            if not one.method.startswith(("answer", "delete")):
                by_chat[one.account, one.chat].append(one.at)
        return {
            "entries": [asdict(one) for one in self.entries[since:]],
            "refusals": [asdict(one) for one in self.refusals],
            "failures": dict(self.failures),
            "standing": len(self.standing),
            "most_in_a_second": max((most_within(m, 1.0) for m in by_account.values()), default=0),
            "most_in_a_chats_second": max((most_within(m, 1.0) for m in by_chat.values()), default=0),
            "most_in_a_groups_minute": max((most_within(m, 60.0) for (_, c), m in by_chat.items() if c < 0), default=0),
        }


def _asked(method: str) -> object:
    if method == "getMe":
        return {
            "id": 4242,
            "is_bot": True,
            "first_name": "网格",
            "username": "wangge_bench_bot",
            "can_join_groups": True,
            "can_read_all_group_messages": True,
            "supports_inline_queries": False,
        }
    if method == "getWebhookInfo":
        return {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
    return [] if method == "getUpdates" else True


def _message(chat: int, message: int, text: str) -> dict[str, Any]:
    where = {"id": chat, "type": "supergroup", "title": "居民群"} if chat < 0 else {"id": chat, "type": "private"}
    return {"message_id": message, "date": 1_790_000_000, "chat": where, "text": text}


class Line(asyncio.Protocol):
    """One connection; requests on it are answered one after the other."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._held = bytearray()
        self._transport: asyncio.Transport | None = None
        self._busy: asyncio.Task[None] | None = None
        self._waiting: list[tuple[str, dict[str, str], bytes]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller has gone; what was accepted stands."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Cut what comes into requests."""
        self._held += data
        while (request := _cut(self._held)) is not None:
            self._waiting.append(request)
        if self._waiting and self._busy is None:
            self._busy = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            path, headers, body = self._waiting.pop(0)
            if path.startswith("/_"):
                self._control(path, body)
            else:
                await self._serve(path, headers, body)
        self._busy = None

    def _control(self, path: str, body: bytes) -> None:
        town = self._town
        try:
            if path == "/_set":
                town.set(json.loads(body))
            name, _, since = path.partition("?since=")
            answer: object = town.journal(int(since or 0)) if name == "/_journal" else town.count()
        except ValueError as error:
            self._reply(400, {"ok": False, "description": str(error)})
            return
        self._reply(200, answer)

    async def _serve(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        town, options = self._town, self._town.options
        _, account, method = path.split("?")[0].split("/")
        said = _parsed(headers.get("content-type", ""), body)
        asking = method in ASKING
        await asyncio.sleep(town.way() if method != "getUpdates" else min(1.0, float(said.get("timeout", 0))))
        if not asking and town.happens(options.hanging):
            town.failures["hanging"] += 1
            await asyncio.sleep(3600)
        if not asking and town.happens(options.bad_gateway):
            town.failures["bad gateway"] += 1
            await self._back(502, None)
            return
        try:
            answer = {"ok": True, "result": town.call(account.removeprefix("bot"), method, said)}
            code = 200
        except Answer as refusal:
            code = refusal.code
            answer = {"ok": False, "error_code": code, "description": refusal.text}
            if refusal.parameters:
                answer["parameters"] = refusal.parameters
        if code == 200 and not asking and town.happens(options.lost):
            town.failures["lost"] += 1
            await asyncio.sleep(town.way())
            if self._transport is not None:
                self._transport.abort()
            return
        if code == 200 and not asking and town.happens(options.server_error):
            town.failures["server error"] += 1
            code, answer = 500, {"ok": False, "error_code": 500, "description": "Internal Server Error"}
        await self._back(code, answer)

    async def _back(self, code: int, answer: object) -> None:
        await asyncio.sleep(self._town.way())
        self._reply(code, answer)

    def _reply(self, code: int, answer: object) -> None:
        if self._transport is None:
            return
        body = b"<html>Bad Gateway</html>" if answer is None else json.dumps(answer).encode()
        head = f"HTTP/1.1 {code} Any\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


def _cut(held: bytearray) -> tuple[str, dict[str, str], bytes] | None:
    """Take one whole request off what has come: path, headers, body."""
    end = held.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *rest = held[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    start = end + 4
    if headers.get("transfer-encoding", "").lower() == "chunked":
        found = _unchunked(held, start)
        if found is None:
            return None
        body, stop = found
    else:
        stop = start + int(headers.get("content-length", 0))
        if len(held) < stop:
            return None
        body = bytes(held[start:stop])
    del held[:stop]
    return first.split(" ")[1], headers, body


def _unchunked(held: bytearray, at: int) -> tuple[bytes, int] | None:
    body = b""
    while (end := held.find(b"\r\n", at)) >= 0:
        size = int(held[at:end], 16)
        at = end + 2 + size + 2
        if len(held) < at:
            return None
        if size == 0:
            return body, at
        body += bytes(held[end + 2 : end + 2 + size])
    return None


def _parsed(kind: str, body: bytes) -> dict[str, Any]:
    """The fields of a call, whichever of the three ways they came; files count only as being there."""
    if kind.startswith("application/json"):
        found: dict[str, Any] = json.loads(body)
        return found
    if kind.startswith("multipart/"):
        boundary = b"--" + kind.partition("boundary=")[2].strip('"').encode()
        said = {}
        for part in body.split(boundary)[1:-1]:
            head, _, value = part.strip(b"\r\n").partition(b"\r\n\r\n")
            name = head.partition(b'name="')[2].partition(b'"')[0]
            said[name.decode()] = "" if b"filename=" in head else value.decode()
        return said
    return dict(parse_qsl(body.decode()))


async def serve(options: Options, ready: Callable[[int], None]) -> None:
    """Serve until cancelled; `ready` hears the port."""
    town = Town(options)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(town), "127.0.0.1", 0, backlog=4096)
    ready(server.sockets[0].getsockname()[1])
    forever: Awaitable[None] = server.serve_forever()
    await forever


def main() -> None:
    """Serve with the options given as JSON; the first line printed is the port."""
    options = Options(**json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}"))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options, lambda port: print(port, flush=True)))


if __name__ == "__main__":
    main()
