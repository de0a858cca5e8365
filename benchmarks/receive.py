"""Receiving: how many messages a second are accepted durably, beside keeping them one by one and not at all.

    python benchmarks/receive.py [MESSAGES] [SENDERS]

Each contender gets the same raw updates of private talks, from as many senders at a time; medians of three turns.
"in memory" is what python-telegram-bot does: parse, put into a queue, tell the platform; kill -9 loses the queue.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from telegram import Bot, Update

from bot.channels.buttons import Buttons
from bot.channels.telegram.reading import Me, Reader, system_now
from bot.receive import Answers, Keeper
from handlers.dialogue import turn
from handlers.dialogue.message import Incoming
from storage.inbox import InboxRow
from storage.tables import METADATA
from tests.support.stage import KEYS
from tests.support.telegram_child import real_world
from tests.support.telegram_people import message

Raw = dict[str, Any]
Accept = Callable[[Raw], Awaitable[None]]
TURNS = 3


def updates(count: int) -> Iterator[Raw]:
    """Private messages of a thousand people."""
    for number in range(1, count + 1):
        person = {"id": number % 1000 + 1, "is_bot": False, "first_name": "王"}
        chat = {"id": person["id"], "type": "private", "first_name": "王"}
        said = message("隐患 水头村村口路灯坏了", chat=chat, number=number, sender=person)
        yield {"update_id": number, "message": said}


async def rate(accept: Accept, messages: int, senders: int) -> float:
    """Messages accepted a second."""
    waiting = list(updates(messages))[::-1]

    async def send() -> None:
        while waiting:
            await accept(waiting.pop())

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(senders)))
    return messages / (time.perf_counter() - began)


def reader(bot: Bot) -> Reader:
    """What makes an `Incoming` of an update."""
    return Reader("telegram", bot, Me(1, "wangge_bot", "网格", True), Buttons(KEYS, "telegram"), system_now)


def said(read: Reader, raw: Raw) -> Incoming:
    """The message of an update."""
    incoming = read.read(raw)
    if incoming is None:
        raise TypeError("not a message")
    return incoming


async def gathered(messages: int, senders: int) -> float:
    """Ours: what waits goes into one commit; accepted once it is committed."""
    with tempfile.TemporaryDirectory() as folder:
        world = real_world(f"sqlite:///{folder}/real.db")
        METADATA.create_all(world.db.engine)
        answers, read = Answers(world, workers=0), reader(Bot("1:a"))
        keeper = Keeper(world, answers)
        found = await rate(lambda raw: keeper.accept(said(read, raw)), messages, senders)
        keeper.stop()
        answers.stop()
        with world.db.read() as session:
            if session.query(InboxRow).count() != messages:
                raise SystemExit("messages were lost: no figure is worth printing")
        world.db.close()
    return found


async def one_by_one(messages: int, senders: int) -> float:
    """The same inbox with a commit a message."""
    with tempfile.TemporaryDirectory() as folder:
        world = real_world(f"sqlite:///{folder}/real.db")
        METADATA.create_all(world.db.engine)
        read = reader(Bot("1:a"))

        async def accept(raw: Raw) -> None:
            await asyncio.to_thread(turn.receive, world, said(read, raw))

        found = await rate(accept, messages, senders)
        world.db.close()
    return found


async def in_memory(messages: int, senders: int) -> float:
    """python-telegram-bot's way: parsed and queued, nothing kept."""
    bot, kept = Bot("1:a"), asyncio.Queue[Update]()

    async def accept(raw: Raw) -> None:
        await kept.put(Update.de_json(raw, bot))

    return await rate(accept, messages, senders)


def main() -> None:
    """Let the contenders take turns, and print their rates and ratios."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    senders = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    found: dict[str, list[float]] = {}
    for _ in range(TURNS):
        for contender in (gathered, one_by_one, in_memory):
            found.setdefault(contender.__name__, []).append(asyncio.run(contender(messages, senders)))
    ours = statistics.median(found["gathered"])
    print(f"{messages} messages, {senders} senders, median of {TURNS} turns (least–most)")
    for name, rates in found.items():
        middle = statistics.median(rates)
        print(f"{name:<11} {middle:8.0f}/s ({min(rates):.0f}–{max(rates):.0f})   ours is {ours / middle:.2f} of it")


if __name__ == "__main__":
    main()
