"""The webhook under load: Telegram calls over 40 connections; what is kept, and what is completely answered, a second.

    python -m benchmarks.webhook [--short]

The server is a process of its own (`webhook_server.py`), this process is Telegram: 40 connections that stay open, on
bare sockets. Three kinds of message, each on a fresh copy of one town (`webhook_town.py`):

- inbox: private messages are kept durably, nobody answers them yet
- report: said in residents' groups and privately; read, compared with 100,000 untaken reports, recorded, audited, its
  teller's answer and the team's card queued. Counted is what is completely answered, not what was accepted
- progress: 进度 of one's own reports

The rate is taken with as much load as 40 callers make who wait for each answer. How long a report takes from the call
until its answer is in the outbox is measured with half of that rate sent evenly, whatever the server is doing.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from benchmarks import webhook_town as town
from benchmarks.webhook_server import world_at
from storage.tables import METADATA
from tests.support import postgres
from tests.support.stage import KEYS
from tests.support.telegram_api import DATE, TelegramApi
from tests.support.telegram_people import message

CONNECTIONS = 40
SECRET = "open-sesame"  # noqa: S105 - what the settings of the tests say
PREFILLED = 100_000
WATCH = 0.004
"""Seconds between looks at the inbox, which is how exactly the end of an answer is known."""
ROOT = Path(__file__).parents[1]
Make = Callable[[int], bytes]


@dataclass(frozen=True)
class Measure:
    """One kind of message: who says what, how many of them, by how many workers they are answered."""

    name: str
    make: Callable[["town.Town"], Make]
    target: str
    workers: int
    count: int
    half_target: str = ""


@dataclass
class Found:
    """What a run found: messages a second, CPU milliseconds of the server a message, waits in seconds at half load."""

    rate: float
    cost: float
    waits: list[float] = field(default_factory=list)


def _request(update_id: int, chat: dict[str, object], user: int, said: str) -> bytes:
    sender = {"id": user, "is_bot": False, "first_name": "王"}
    update = {"update_id": update_id, "message": message(said, chat=chat, number=update_id, sender=sender)}
    body = json.dumps(update, ensure_ascii=False).encode()
    head = (
        "POST /telegram HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _private(user: int) -> dict[str, object]:
    return {"id": user, "type": "private", "first_name": "王"}


def reports(here: "town.Town") -> Make:
    """One report in five is told privately, the others in residents' groups."""

    def make(number: int) -> bytes:
        user = here.people[number * 7 % len(here.people)]
        if number % 5 == 0:
            area = here.small[number % len(here.small)].name
            return _request(number, _private(user), user, f"隐患 {town.words(number, area)}")
        group, name = here.groups[number * 11 % len(here.groups)]
        chat: dict[str, object] = {"id": group, "type": "supergroup", "title": f"{name}居民群"}
        return _request(number, chat, user, f"隐患 {town.words(number, name)}")

    return make


def privately(here: "town.Town") -> Make:
    """Reports told privately, where everything is meant for the bot."""

    def make(number: int) -> bytes:
        user = here.people[number * 7 % len(here.people)]
        return _request(number, _private(user), user, f"隐患 {town.words(number, here.small[0].name)}")

    return make


def progress(here: "town.Town") -> Make:
    """进度, privately and in groups."""

    def make(number: int) -> bytes:
        user = here.people[number * 7 % len(here.people)]
        if number % 2:
            return _request(number, _private(user), user, "进度")
        group, name = here.groups[number * 11 % len(here.groups)]
        chat: dict[str, object] = {"id": group, "type": "supergroup", "title": f"{name}居民群"}
        return _request(number, chat, user, "/进度")

    return make


MEASURES = (
    Measure("durable inbox alone", privately, "≥3500", 0, 20000),
    Measure("full path of a report", reports, "≥400", 4, 4000, "≤100"),
    Measure("进度", progress, "≥800", 4, 8000),
)


class _Caller(asyncio.Protocol):
    """One connection that stays open; `done` is called with the status of each answer."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.done: Callable[[int], None] = lambda status: None
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            head = self._rest[:end].lower()
            at = head.find(b"content-length: ")
            length = int(head[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._rest) < end + 4 + length:
                return
            self._rest = self._rest[end + 4 + length :]
            self.done(int(head[9:12]))

    def call(self, request: bytes) -> None:
        self.transport.write(request)


async def _callers(port: int) -> list[_Caller]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(_Caller, "127.0.0.1", port))[1] for _ in range(CONNECTIONS)]


async def flood(port: int, requests: Iterator[bytes]) -> float:
    """Call as fast as 40 callers can who wait for their answers; how long it took."""
    callers = await _callers(port)
    ended = asyncio.get_running_loop().create_future()
    busy = len(callers)

    def go_on(caller: _Caller, status: int) -> None:
        nonlocal busy
        if status != 200 and not ended.done():
            ended.set_exception(SystemExit(f"answered {status}: no figure is worth printing"))
        request = next(requests, None)
        if request is not None:
            caller.call(request)
            return
        busy -= 1
        if not busy and not ended.done():
            ended.set_result(None)

    began = time.perf_counter()
    for caller in callers:
        caller.done = lambda status, caller=caller: go_on(caller, status)  # type: ignore[misc]
        go_on(caller, 200)
    await ended
    took = time.perf_counter() - began
    for caller in callers:
        caller.transport.close()
    return took


async def evenly(port: int, requests: list[bytes], rate: float, sent: list[float]) -> None:
    """Call at a steady rate, whether the server keeps up or not; when each call was due goes into `sent`."""
    callers = await _callers(port)
    free = list(callers)
    waiting: list[bytes] = []
    answered = 0

    def give_back(caller: _Caller, status: int) -> None:
        nonlocal answered
        answered += 1
        if status != 200:
            raise SystemExit(f"answered {status}: no figure is worth printing")
        if waiting:
            caller.call(waiting.pop(0))
        else:
            free.append(caller)

    for caller in callers:
        caller.done = lambda status, caller=caller: give_back(caller, status)  # type: ignore[misc]
    began = time.perf_counter()
    for number, request in enumerate(requests):
        due = began + number / rate
        if (ahead := due - time.perf_counter()) > 0.0005:
            await asyncio.sleep(ahead)
        sent.append(due)
        if free:
            free.pop().call(request)
        else:
            waiting.append(request)
    while answered < len(requests):
        await asyncio.sleep(0.01)
    for caller in callers:
        caller.transport.close()


class Watcher:
    """Looks at the inbox from outside: how many messages are answered, and when each was."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)

    def waiting(self) -> int:
        """How many messages are not answered yet."""
        with self._engine.connect() as connection:
            return int(connection.scalar(text("SELECT count(*) FROM inbox WHERE state = 'new'")) or 0)

    def kept(self) -> int:
        """How many messages there are."""
        with self._engine.connect() as connection:
            return int(connection.scalar(text("SELECT count(*) FROM inbox")) or 0)

    def aside(self) -> int:
        """How many messages could not be answered."""
        with self._engine.connect() as connection:
            return int(connection.scalar(text("SELECT count(*) FROM inbox WHERE state = 'aside'")) or 0)

    def until_answered(self, patience: float = 300.0) -> None:
        """Wait until nothing waits."""
        until = time.perf_counter() + patience
        while self.waiting():
            if time.perf_counter() > until:
                raise SystemExit("messages are not answered: no figure is worth printing")
            time.sleep(0.02)

    def ends(self, after: int, first: int, count: int, found: dict[int, float]) -> None:
        """Note when each of `count` messages after row `after` was seen answered, by its update id from `first` on.

        The inbox knows messages by digests only.
        """
        low = after
        names = {KEYS.digest("inbox.key", f"telegram|{n}:{DATE}"): n for n in range(first, first + count)}
        look = text("SELECT id, platform_key, state FROM inbox WHERE id > :low ORDER BY id LIMIT 2000")
        while len(found) < count:
            with self._engine.connect() as connection:
                rows = connection.execute(look, {"low": low}).all()
            at = time.perf_counter()
            for row_id, key, state in rows:
                if state != "new":
                    found.setdefault(names[key], at)
                    if row_id == low + 1:
                        low = row_id
            time.sleep(WATCH)

    def last(self) -> int:
        """The newest row."""
        with self._engine.connect() as connection:
            return int(connection.scalar(text("SELECT max(id) FROM inbox")) or 0)

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()


class Server:
    """The server process."""

    def __init__(self, url: str, api: str, workers: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.webhook_server", url, api, str(workers)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise SystemExit("no way to the server")
        self._hears, self._says = self._process.stdin, self._process.stdout
        self.port = int(self._says.readline().split()[1])
        self.pid = self._process.pid

    def cpu(self) -> float:
        """CPU seconds used."""
        self._hears.write("cost\n")
        self._hears.flush()
        told = json.loads(self._says.readline())
        return float(told["user"] + told["system"])

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)


@contextmanager
def telegram() -> Iterator[str]:
    """A Bot API on a thread of its own; its address."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop, where = asyncio.Event(), []

    async def run() -> None:
        async with TelegramApi(hears_all=True) as api:
            where.append(api.url)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    ready.wait()
    yield where[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()


def run(measure: Measure, url: str, here: "town.Town", api: str, count: int, half: bool) -> Found:
    """One run on a fresh database: warm up, flood, then half of that evenly."""
    make = measure.make(here)
    server, watcher = Server(url, api, measure.workers), Watcher(url)
    try:
        first, warm = 1, max(count // 10, 100)
        asyncio.run(flood(server.port, iter([make(n) for n in range(first, warm + 1)])))
        if measure.workers:
            watcher.until_answered()
        requests = [make(n) for n in range(warm + 1, warm + count + 1)]
        before, began = server.cpu(), time.perf_counter()
        took = asyncio.run(flood(server.port, iter(requests)))
        if measure.workers:
            watcher.until_answered()
            took = time.perf_counter() - began
        found = Found(count / took, (server.cpu() - before) / count * 1000)
        if watcher.kept() != warm + count or watcher.aside():
            raise SystemExit("messages were lost: no figure is worth printing")
        if half:
            found.waits = _half(make, warm + count + 1, count // 2, found.rate / 2, server.port, watcher)
        return found
    finally:
        server.stop()
        watcher.close()


def _half(make: Make, first: int, count: int, rate: float, port: int, watcher: Watcher) -> list[float]:
    sent: list[float] = []
    ends: dict[int, float] = {}
    watching = threading.Thread(target=watcher.ends, args=(watcher.last(), first, count, ends), daemon=True)
    watching.start()
    asyncio.run(evenly(port, [make(first + n) for n in range(count)], rate, sent))
    watching.join(60)
    return [ends[first + number] - due for number, due in enumerate(sent)]


def row(name: str, values: list[float], unit: str, target: str, note: str) -> None:
    """A figure as the harness reads it."""
    worst = min(values) if target.startswith("≥") else max(values)
    told = {"name": name, "median": statistics.median(values), "worst": worst, "unit": unit, "target": target}
    print(json.dumps({**told, "runs": len(values), "note": note}, ensure_ascii=False), flush=True)


def tell(measure: Measure, found: list[Found], where: str, targets: bool) -> None:
    """The figures of one measure."""
    cost = statistics.median(one.cost for one in found)
    note = f"{CONNECTIONS} connections; {cost:.2f} ms of CPU each"
    target = measure.target if targets else ""
    row(f"webhook, {where}: {measure.name}", [one.rate for one in found], "/s", target, note)
    if any(one.waits for one in found):
        for name, part in (("p50", 50), ("p99", 99)):
            waits = [statistics.quantiles(one.waits, n=100)[part - 1] * 1000 for one in found]
            asked = measure.half_target if targets and part == 99 else ""
            row(f"webhook, {where}: {measure.name}, {name} at half load", waits, "ms", asked, "call to answer queued")


def on_sqlite(folder: Path, chosen: list[Measure], runs: int, share: float, api: str) -> None:
    """All measures on SQLite."""
    filled = folder / "town.db"
    here = _build(f"sqlite:///{filled}")
    for measure in chosen:
        found = []
        for number in range(runs):
            copy = folder / f"run{number}.db"
            shutil.copy(filled, copy)
            half = bool(measure.half_target)
            found.append(run(measure, f"sqlite:///{copy}", here, api, int(measure.count * share), half))
            for file in folder.glob(f"{copy.name}*"):
                file.unlink()
        tell(measure, found, "SQLite", True)


def on_postgres(chosen: list[Measure], runs: int, share: float, api: str) -> None:
    """All measures on a PostgreSQL of our own, which writes to the disk as it would in earnest."""
    binaries = postgres.find_binaries()
    if binaries is None:
        for measure in chosen:
            missing = {"name": f"webhook, PostgreSQL: {measure.name}", "median": None, "note": "no PostgreSQL here"}
            print(json.dumps(missing, ensure_ascii=False))
        return
    server = postgres.start_server(binaries)
    try:
        filled = server.create()
        here = _build(server.url(filled))
        for measure in chosen:
            found = []
            for _ in range(runs):
                name = server.create(filled)
                half = bool(measure.half_target)
                found.append(run(measure, server.url(name), here, api, int(measure.count * share), half))
                server.drop(name)
            tell(measure, found, "PostgreSQL", False)
    finally:
        server.stop()


def _build(url: str) -> "town.Town":
    world = world_at(url)
    METADATA.create_all(world.db.engine)
    town.build(world, PREFILLED)
    with world.db.read() as session:
        here = town.Town(session)
    world.db.settle()
    world.db.close()
    return here


def main() -> None:
    """Measure what is asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--short", action="store_true")
    asked.add_argument("--runs", type=int, default=0)
    asked.add_argument("--share", type=float, default=0.0, help="of the usual number of messages")
    asked.add_argument("--only", default="", help="part of a measure's name")
    asked.add_argument("--database", choices=("both", "sqlite", "postgres"), default="both")
    given = asked.parse_args()
    runs = given.runs or (1 if given.short else 5)
    share = given.share or (0.25 if given.short else 1.0)
    chosen = [measure for measure in MEASURES if given.only in measure.name]
    with telegram() as api, tempfile.TemporaryDirectory() as folder:
        if given.database != "postgres":
            on_sqlite(Path(folder), chosen, runs, share, api)
        if given.database == "both" and given.short:
            return
        if given.database != "sqlite":
            on_postgres(chosen, min(runs, 3), share, api)


if __name__ == "__main__":
    main()
