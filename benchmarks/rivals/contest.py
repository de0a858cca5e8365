"""How a contender obeys the harness; standard library only, since every rival has an environment of its own."""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

BEAT = 0.005


@dataclass(frozen=True)
class Plan:
    """What is to be sent: to which chats, what, by which bot through which server; `folder` is the contender's own."""

    url: str
    token: str
    chats: list[int]
    text: str
    mode: str
    folder: str
    options: dict[str, Any]


def read_plan() -> Plan:
    """The plan, which is the first line of standard input."""
    return Plan(**json.loads(sys.stdin.readline()))


def tell(word: str, **more: object) -> None:
    """Say a word to the harness."""
    print(word, json.dumps(more), flush=True)


async def heartbeat(worst: list[float]) -> None:
    """Keep the longest time the loop did not come round."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(BEAT)
        worst[0] = max(worst[0], time.perf_counter() - began - BEAT)


def _read_words(loop: asyncio.AbstractEventLoop, words: "asyncio.Queue[list[str]]") -> None:
    for line in sys.stdin:
        loop.call_soon_threadsafe(words.put_nowait, line.split())
    loop.call_soon_threadsafe(words.put_nowait, ["stop"])


async def compete(
    broadcast: Callable[[], Awaitable[list[int]]],
    urgent: Callable[[int], Awaitable[object]],
    more: Callable[[str], Awaitable[dict[str, object]]] | None = None,
) -> None:
    """Obey until told to stop: `broadcast` gives the chats it believes to have failed; `more` knows other words."""
    words: asyncio.Queue[list[str]] = asyncio.Queue()
    threading.Thread(target=_read_words, args=(asyncio.get_running_loop(), words), daemon=True).start()
    worst, tasks = [0.0], set[asyncio.Task[Any]]()
    tell("ready")

    async def run() -> None:
        tell("done", failed=await broadcast(), stall=worst[0])

    async def also(word: str) -> None:
        assert more is not None
        tell(word, **await more(word))

    while (word := await words.get()) and word[0] != "stop":
        if word[0] == "go":
            beating = asyncio.create_task(heartbeat(worst))
            tasks |= {beating, asyncio.create_task(run())}
        elif word[0] == "urgent":
            tasks.add(asyncio.create_task(_shielded(urgent(int(word[1])))))
        else:
            tasks.add(asyncio.create_task(also(word[0])))
    tell("stopped", stall=worst[0])
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _shielded(work: Awaitable[object]) -> None:
    try:
        await work
    except Exception as error:
        print("urgent failed:", type(error).__name__, file=sys.stderr)
