"""Starts the limit server and the contenders, tells them what to do, and reads what the server saw.

Moments are the machine's steady clock, which all processes share.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from benchmarks import envs

ROOT = Path(__file__).parents[1]
TOKEN = "4242:the-secret-of-the-bot"  # noqa: S105 - of a bot on loopback
TEXT = "反诈提醒：凡是要您转账的陌生电话，都先挂断，再打110核实。"
RATE = 30.0
MODELS = ("bucket", "strict")


@dataclass(frozen=True)
class Contestant:
    """Who competes: a folder of `rivals` (empty for ours), how it is told to send, and its name in the table."""

    rival: str
    mode: str
    name: str


OURS = Contestant("", "sqlite", "**Wangge**, SQLite, rows and all")
PTB_LOOP = Contestant("ptb", "loop", "python-telegram-bot 22.8 + AIORateLimiter, loop")
PTB_GATHER = Contestant("ptb", "gather", "python-telegram-bot 22.8 + AIORateLimiter, gather")
AIOGRAM_LOOP = Contestant("aiogram", "loop", "aiogram 3.31, loop, 50 ms apart")
AIOGRAM_GATHER = Contestant("aiogram", "gather", "aiogram 3.31, gather")
BROADCASTER = Contestant("aiogram_broadcaster", "file", "aiogram-broadcaster 0.6.8")
TGCAST = Contestant("tgcast", "default", "tgcast 0.1.1")
TGCAST_TUNED = Contestant("tgcast", "tuned", "tgcast 0.1.1, 30/s, 16 workers")


class Failed(Exception):
    """A contender or the server did not do what it should."""


def clock() -> float:
    """The steady clock every process of this machine shares."""
    return time.monotonic()


def groups(count: int, start: int = 1000) -> list[int]:
    """Platform ids of so many groups."""
    return [-(start + number) for number in range(count)]


@dataclass
class Process:
    """A program that says a word and a JSON object a line."""

    process: asyncio.subprocess.Process
    said: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _errors: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> "Process":
        """Start a program; what it says on standard error is told where it fails."""
        env = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
        errors: IO[bytes] = tempfile.TemporaryFile()
        made = cls(
            await asyncio.create_subprocess_exec(
                *map(str, command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                env=env,
                limit=2**24,
            ),
            _errors=errors,
        )
        made._reading = asyncio.create_task(made._read())
        return made

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            word, _, rest = line.decode().strip().partition(" ")
            self.said.setdefault(word, []).append(json.loads(rest or "{}"))
            self._news.set()
        self.said.setdefault("gone", []).append({})
        self._news.set()

    async def heard(self, word: str, seconds: float, *, nth: int = 1) -> dict[str, Any]:
        """Wait until the program has said a word for the nth time."""
        async with asyncio.timeout(seconds):
            while len(self.said.get(word, ())) < nth:
                if "gone" in self.said:
                    raise Failed(f"ended with {await self.process.wait()} before it said {word}: {self.last_words()}")
                self._news.clear()
                await self._news.wait()
        return self.said[word][nth - 1]

    def last_words(self) -> str:
        """The last line on standard error."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace").strip().rpartition("\n")[2][:200]

    async def tell(self, *words: object) -> float:
        """Say a line to the program; the moment it was said."""
        assert self.process.stdin is not None
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        await self.process.stdin.drain()
        return clock()

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the program and wait for it."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        await self.process.wait()
        if self._reading is not None:
            await self._reading


@dataclass
class Server:
    """The limit server."""

    process: Process
    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Ask the server itself, past its limits and latency."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**26)
        said = b"" if body is None else json.dumps(body).encode()
        writer.write(f"POST {path} HTTP/1.1\r\nContent-Length: {len(said)}\r\n\r\n".encode() + said)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        answer = json.loads(await reader.readexactly(length))
        writer.close()
        return answer

    async def journal(self, since: int = 0) -> "Journal":
        """What has happened so far."""
        return Journal(**await self.ask(f"/_journal?since={since}"))

    async def until(self, accepted: int, seconds: float) -> int:
        """Wait until so many calls were accepted."""
        async with asyncio.timeout(seconds):
            while (now := int((await self.ask("/_count"))["accepted"])) < accepted:
                await asyncio.sleep(0.02)
        return now


@dataclass(frozen=True)
class Journal:
    """What the server saw; see `limit_server.Town.journal`."""

    entries: list[dict[str, Any]]
    refusals: list[dict[str, Any]]
    failures: dict[str, int]
    standing: int
    most_in_a_second: int
    most_in_a_chats_second: int
    most_in_a_groups_minute: int

    def times(self, keep: Callable[[dict[str, Any]], bool] = lambda _: True) -> list[float]:
        """When calls were accepted."""
        return [one["at"] for one in self.entries if keep(one)]


@contextlib.asynccontextmanager
async def server(**options: object) -> AsyncIterator[Server]:
    """A limit server with these options, a process of its own."""
    command = [sys.executable, "-m", "benchmarks.limit_server", json.dumps(options)]
    process = await Process.start(command)
    try:
        async with asyncio.timeout(30):
            while not process.said:
                await asyncio.sleep(0.005)
        yield Server(process, int(next(iter(process.said))))
    finally:
        await process.end()


@contextlib.asynccontextmanager
async def contender(
    who: Contestant,
    at: Server,
    chats: Sequence[int],
    *,
    folder: str | None = None,
    ready: float = 120.0,
    **options: object,
) -> AsyncIterator[Process]:
    """A contender that waits for `go`; raises envs.CannotInstall where it cannot even be installed."""
    if who.rival:
        python = await asyncio.to_thread(envs.python_of, who.rival)
        command = [str(python), str(Path(__file__).parent / "rivals" / who.rival / "send.py")]
    else:
        command = [sys.executable, "-m", "benchmarks.ours.send"]
    with tempfile.TemporaryDirectory(prefix="wangge-bench-", ignore_cleanup_errors=True) as own:
        plan = {
            "url": at.url,
            "token": TOKEN,
            "chats": list(chats),
            "text": TEXT,
            "mode": who.mode,
            "folder": folder or own,
            "options": options,
        }
        process = await Process.start(command)
        try:
            await process.tell(json.dumps(plan))
            await process.heard("ready", ready)
            yield process
        finally:
            await process.end()


def p95(values: Sequence[float]) -> float:
    """The value nineteen of twenty stay within."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
