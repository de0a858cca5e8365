"""A Bot API server on loopback, as strict as the real one where it matters, and as unkind as one asks it to be.

It answers on a bare socket, so that it can also break off in the middle. Every call is recorded; a method can be
given faults, used up one a call.
"""

import asyncio
import contextlib
import functools
import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from types import TracebackType
from typing import Any, ParamSpec, Self
from urllib.parse import parse_qsl

import httpx

TOKEN = "4242:the-secret-of-the-bot"
BOT: dict[str, Any] = {
    "id": 4242,
    "is_bot": True,
    "first_name": "网格小助手",
    "username": "wangge_test_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": False,
}
DATE = 1_790_000_000
STRUCTURED = (
    "reply_markup",
    "media",
    "reply_parameters",
    "link_preview_options",
    "allowed_updates",
    "commands",
    "scope",
)
P = ParamSpec("P")


def awaits(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test written as a coroutine, run in a loop of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Let the loop turn until something came about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for raises no event
            await asyncio.sleep(0.002)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call: a refusal, a broken line before or after the work, a late answer, a bare page."""

    code: int = 200
    text: str = ""
    parameters: Mapping[str, Any] | None = None
    breaks: str = ""
    late: float = 0.0
    page: bytes | None = None


@dataclass
class Call:
    """A call as it came: its method, its plain fields (JSON decoded), its files by field, and their names."""

    method: str
    fields: dict[str, Any]
    files: dict[str, bytes]
    names: dict[str, str] = field(default_factory=dict)


@dataclass
class Refusal(Exception):
    """The server says no."""

    code: int
    text: str
    parameters: Mapping[str, Any] | None = None


@dataclass
class TelegramApi:
    """The server; `async with` runs it."""

    token: str = TOKEN
    hears_all: bool = False
    calls: list[Call] = field(default_factory=list)
    faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    told_size: int = 0
    updates: list[dict[str, Any]] = field(default_factory=list)
    topics: set[int] = field(default_factory=set)
    webhook: dict[str, Any] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    _next: int = 100
    _server: asyncio.Server | None = None
    _lines: set[asyncio.StreamWriter] = field(default_factory=set)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._line, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._lines):
            writer.close()
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        """The address without a method."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def made(self, method: str) -> list[dict[str, Any]]:
        """The fields of every call of a method."""
        return [call.fields for call in self.calls if call.method == method]

    def sent(self) -> list[str]:
        """The methods called, without those that only ask."""
        return [call.method for call in self.calls if not call.method.startswith("get")]

    async def say(self, **body: Any) -> int:  # noqa: ANN401 - any update
        """Put an update into the queue; its number."""
        async with self._news:
            number = 1 + max((update["update_id"] for update in self.updates), default=self._next * 1000)
            self._next += 1
            self.updates.append({"update_id": number, **body})
            self._news.notify_all()
        return number

    async def deliver(self, client: httpx.AsyncClient) -> list[int]:
        """Call the webhook with what waits, as Telegram does: a refused update stays and holds up its chat."""
        refused: set[object] = set()
        answers = []
        for update in list(self.updates):
            body = next(value for key, value in update.items() if key != "update_id")
            chat = json.dumps(body.get("message", body).get("chat"))
            if chat in refused:
                continue
            headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret_token"]}
            answer = await client.post(self.webhook["url"], json=update, headers=headers)
            answers.append(answer.status_code)
            if answer.is_success:
                self.updates.remove(update)
            else:
                refused.add(chat)
        return answers

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *rest = head.split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                _, path, _ = first.split(" ", 2)
                if not await self._answer(writer, path, headers.get("content-type", ""), body):
                    return
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            return
        finally:
            self._lines.discard(writer)
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, path: str, kind: str, body: bytes) -> bool:
        """Answer one request; False where the line is to be broken off."""
        if path.startswith("/file/bot"):
            found = self.files.get(path.partition(f"/file/bot{self.token}/")[2])
            fault = self.faults["file"].popleft() if self.faults["file"] else Fault()
            await _write(writer, fault.code if found is not None else 404, found or b"")
            return fault.breaks == ""
        method = path.rpartition("/")[2]
        call = Call(method, *_parsed(kind, body))
        self.calls.append(call)
        fault = self.faults[method].popleft() if self.faults[method] else Fault()
        if fault.breaks == "before":
            return False
        code, answer = await self._tried(call, path, fault)
        self.statuses.append(code)
        if fault.late:
            await asyncio.sleep(fault.late)
        if fault.breaks == "after":
            return False
        await _write(writer, code, fault.page if fault.page is not None else json.dumps(answer).encode())
        return True

    async def _tried(self, call: Call, path: str, fault: Fault) -> tuple[int, dict[str, Any]]:
        try:
            if fault.code != 200:
                raise Refusal(fault.code, fault.text, fault.parameters)
            if path != f"/bot{self.token}/{call.method}":
                raise Refusal(401, "Unauthorized")
            work: Callable[[Call], Awaitable[Any]] | None = getattr(self, f"_{call.method}", None)
            if work is None:
                raise Refusal(404, "Not Found: method not found")
            return 200, {"ok": True, "result": await work(call)}
        except Refusal as refusal:
            answer = {"ok": False, "error_code": refusal.code, "description": refusal.text}
            return refusal.code, answer | ({"parameters": refusal.parameters} if refusal.parameters else {})

    async def _getMe(self, call: Call) -> dict[str, Any]:
        return BOT | {"can_read_all_group_messages": self.hears_all}

    async def _getWebhookInfo(self, call: Call) -> dict[str, Any]:
        waiting = len(self.updates)
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": waiting,
        }

    async def _setWebhook(self, call: Call) -> bool:
        self.webhook = dict(call.fields)
        return True

    async def _deleteWebhook(self, call: Call) -> bool:
        self.webhook = {}
        return True

    async def _setMyCommands(self, call: Call) -> bool:
        return True

    async def _getUpdates(self, call: Call) -> list[dict[str, Any]]:
        if self.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(call.fields.get("offset", 0))
        self.offsets.append(offset)
        self.updates[:] = [update for update in self.updates if update["update_id"] >= offset]
        async with self._news:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(
                    self._news.wait_for(lambda: bool(self.updates)), int(call.fields.get("timeout", 0))
                )
        return self.updates[: int(call.fields["limit"])]

    async def _getFile(self, call: Call) -> dict[str, Any]:
        name = call.fields["file_id"]
        if name not in self.files:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        return {
            "file_id": name,
            "file_unique_id": f"u{name}",
            "file_size": self.told_size or len(self.files[name]),
            "file_path": self.paths.get(name, name),
        }

    async def _sendMessage(self, call: Call) -> dict[str, Any]:
        if not call.fields["text"].strip():
            raise Refusal(400, "Bad Request: message text is empty")
        _no_longer_than(call.fields["text"], 4096, "Bad Request: message is too long")
        return self._stand(call, text=call.fields["text"])

    async def _sendPhoto(self, call: Call) -> dict[str, Any]:
        return self._stand_with(call, "photo", call.fields.get("photo"), call.files.get("photo"))

    async def _sendVideo(self, call: Call) -> dict[str, Any]:
        return self._stand_with(call, "video", call.fields.get("video"), call.files.get("video"))

    async def _sendVoice(self, call: Call) -> dict[str, Any]:
        return self._stand_with(call, "voice", call.fields.get("voice"), call.files.get("voice"))

    async def _sendDocument(self, call: Call) -> dict[str, Any]:
        return self._stand_with(call, "document", call.fields.get("document"), call.files.get("document"))

    async def _sendMediaGroup(self, call: Call) -> list[dict[str, Any]]:
        if not 2 <= len(call.fields["media"]) <= 10:
            raise Refusal(400, "Bad Request: media must include 2 to 10 items")
        group = str(self._next)
        return [
            self._stand_with(call, item["type"], *self._attached(call, item["media"]), item.get("caption"), group)
            for item in call.fields["media"]
        ]

    async def _editMessageText(self, call: Call) -> dict[str, Any]:
        _no_longer_than(call.fields["text"], 4096, "Bad Request: message is too long")
        return self._changed(call, text=call.fields["text"])

    async def _editMessageCaption(self, call: Call) -> dict[str, Any]:
        _no_longer_than(call.fields.get("caption", ""), 1024, "Bad Request: message caption is too long")
        return self._changed(call, caption=call.fields.get("caption", ""))

    async def _editMessageMedia(self, call: Call) -> dict[str, Any]:
        item = call.fields["media"]
        shown = self._medium(item["type"], *self._attached(call, item["media"]))
        _no_longer_than(item.get("caption", ""), 1024, "Bad Request: message caption is too long")
        return self._changed(call, **{"photo": None, "video": None, **shown, "caption": item.get("caption", "")})

    async def _deleteMessage(self, call: Call) -> bool:
        key = (int(call.fields["chat_id"]), int(call.fields["message_id"]))
        if key not in self.messages:
            raise Refusal(400, "Bad Request: message to delete not found")
        del self.messages[key]
        return True

    async def _answerCallbackQuery(self, call: Call) -> bool:
        if call.fields["callback_query_id"].startswith("old"):
            raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        return True

    def _attached(self, call: Call, what: str) -> tuple[str | None, bytes | None]:
        if what.startswith("attach://"):
            return None, call.files[what.removeprefix("attach://")]
        return what, None

    def _medium(self, kind: str, file_id: str | None, blob: bytes | None) -> dict[str, Any]:
        if blob is not None:
            file_id = f"file{len(self.files)}"
            self.files[file_id] = blob
        if file_id is None or file_id not in self.files:
            raise Refusal(400, "Bad Request: wrong file identifier/HTTP URL specified")
        shape = {"file_id": file_id, "file_unique_id": f"u{file_id}", "width": 90, "height": 60, "duration": 3}
        return {kind: [shape] if kind == "photo" else shape}

    def _stand_with(
        self,
        call: Call,
        kind: str,
        file_id: str | None,
        blob: bytes | None,
        caption: str | None = None,
        group: str | None = None,
    ) -> dict[str, Any]:
        caption = caption if group else call.fields.get("caption")
        _no_longer_than(caption or "", 1024, "Bad Request: message caption is too long")
        more = {"media_group_id": group} if group else {}
        return self._stand(call, **self._medium(kind, file_id, blob), caption=caption, **more)

    def _stand(self, call: Call, **content: Any) -> dict[str, Any]:  # noqa: ANN401 - what the message holds
        _check_buttons(call)
        thread = call.fields.get("message_thread_id")
        if thread is not None and int(thread) not in self.topics:
            raise Refusal(400, "Bad Request: message thread not found")
        self._next += 1
        chat = int(call.fields["chat_id"])
        message = {
            "message_id": self._next,
            "date": DATE,
            "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
            **{name: value for name, value in content.items() if value is not None},
        }
        self.messages[chat, self._next] = message
        return message

    def _changed(self, call: Call, **content: Any) -> dict[str, Any]:  # noqa: ANN401 - what the message holds
        _check_buttons(call)
        message = self.messages.get((int(call.fields["chat_id"]), int(call.fields["message_id"])))
        if message is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        before = dict(message)
        for name, value in content.items():
            message.pop(name, None)
            if value is not None:
                message[name] = value
        if message == before:
            raise Refusal(400, "Bad Request: message is not modified: specified new message content is the same")
        return message


async def _write(writer: asyncio.StreamWriter, code: int, body: bytes) -> None:
    head = f"HTTP/1.1 {code} Said\r\ncontent-length: {len(body)}\r\ncontent-type: application/json\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


def _parsed(kind: str, body: bytes) -> tuple[dict[str, Any], dict[str, bytes], dict[str, str]]:
    if kind.startswith("application/json"):
        return json.loads(body), {}, {}
    if not kind.startswith("multipart/"):
        return {name: _decoded(name, value) for name, value in parse_qsl(body.decode(), keep_blank_values=True)}, {}, {}
    fields, files, names = {}, {}, {}
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    for part in whole.walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            if part.get_filename() is not None:
                files[name], names[name] = content, _filename(part)
            else:
                fields[name] = _decoded(name, content.decode())
    return fields, files, names


def _filename(part: Message) -> str:
    """A file's name as it was sent, in plain UTF-8."""
    said = dict(part.raw_items())["Content-Disposition"].encode("utf-8", "surrogateescape").decode()
    return said.partition('filename="')[2].partition('"')[0]


def _decoded(name: str, value: str) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(value) if name in STRUCTURED else value


def _no_longer_than(text: str, most: int, refusal: str) -> None:
    if len(text.encode("utf-16-le")) // 2 > most:
        raise Refusal(400, refusal)


def _check_buttons(call: Call) -> None:
    for row in call.fields.get("reply_markup", {}).get("inline_keyboard", []):
        for button in row:
            if not 1 <= len(button.get("callback_data", "x").encode()) <= 64:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
