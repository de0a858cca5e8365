"""A process that shares the work of a world on PostgreSQL; its platform is a file all processes append to.

python -m tests.support.cluster_child DATABASE FILE ACCOUNT[,ACCOUNT]
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bot.cluster import ClusterWork
from handlers.dialogue import access, command
from handlers.dialogue.command import Command
from handlers.dialogue.message import Outgoing
from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from jobs.channel import FOREVER, Accept, Call, Capabilities, Impossible, Limits, Medium, Sent
from storage.copies import CopyKind
from tests.support.telegram_child import real_world

WORD = "回声"
ON_THE_WIRE = 3
LATENCY = 0.03
"""Seconds until the platform has taken a call."""


class Taken(NamedTuple):
    """A call the platform took: by which process, for which account, to which chat, what."""

    pid: int
    account: str
    chat: str
    text: str


@dataclass
class Wired:
    """A channel whose platform is a file."""

    account: str
    wire: Path
    can: Capabilities = Capabilities(edits=FOREVER, deletes=FOREVER)  # noqa: RUF009 - a frozen value
    limits: Limits = Limits(in_flight=ON_THE_WIRE)  # noqa: RUF009 - a frozen value

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """Every message is one."""
        return 1

    async def probe(self) -> None:
        """Always there."""

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Be taken after a while, as one line."""
        await asyncio.sleep(LATENCY)
        line = json.dumps([os.getpid(), self.account, call.chat, call.outgoing.text]) + "\n"
        with self.wire.open("ab", buffering=0) as wire:
            wire.write(line.encode())
            return Sent(((str(wire.tell()), CopyKind.TEXT),))

    async def edit(self, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        """Nothing is edited here."""
        raise Impossible("no edits")

    async def delete(self, chat: str, platform_id: str) -> None:
        """Nothing is deleted here."""
        raise Impossible("no deletes")

    async def answer(self, callback: str, toast: str) -> None:
        """Nothing is pressed here."""
        raise Impossible("no buttons")

    async def fetch(self, ref: str, most: int) -> bytes:
        """A file of that name beside the wire."""
        with self.wire.open("ab", buffering=0) as wire:
            wire.write((json.dumps([os.getpid(), self.account, "fetched", ref]) + "\n").encode())
        return b"x" * min(most, 10)

    async def listen(self, accept: Accept) -> None:
        """Nothing is heard here."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """There is no connection."""


def taken(wire: Path) -> list[Taken]:
    """What the platform took so far, in order."""
    return [Taken(*json.loads(line)) for line in wire.read_text(encoding="utf-8").splitlines()] if wire.exists() else []


def echo(rest: str) -> Say:
    """Say the same again."""
    return Say(said(rest))


async def share(url: str, wire: Path, accounts: Sequence[str]) -> None:
    """Take part until told to stop."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    work = ClusterWork(real_world(url), [Wired(account, wire) for account in accounts], hears=False)
    work.start()
    fetching = asyncio.create_task(_fetch(work))
    await stopping.wait()
    fetching.cancel()
    await work.stop()


async def _fetch(work: ClusterWork) -> None:
    while True:
        await work.fetch()
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    command.all_commands()[WORD] = Command(WORD, echo)  # type: ignore[index]
    access.MATRIX[WORD] = access.Rule(access.EVERYONE)  # type: ignore[index]
    asyncio.run(share(sys.argv[1], Path(sys.argv[2]), sys.argv[3].split(",")))
