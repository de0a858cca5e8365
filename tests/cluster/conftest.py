"""Processes that share a world on PostgreSQL, and what the tests see of them."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from handlers.dialogue.message import Outgoing
from handlers.dialogue.world import World
from jobs.cluster import make_tables
from storage import chats, contents, leases, outbox, upgrade
from storage.chats import ChatKind
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState
from tests.support.cluster_child import Taken, taken
from tests.support.stage import ROOT
from tests.support.telegram_child import real_world

Process = subprocess.Popen[bytes]


def until(condition: Callable[[], object], seconds: float = 90.0) -> float:
    """Look until something has come about; how many seconds that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it never came about"
        time.sleep(0.01)
    return time.monotonic() - began


@dataclass
class Town:
    """A world, the processes at work for it, and what their platform took."""

    world: World
    url: str
    wire: Path
    processes: list[Process] = field(default_factory=list)

    def start(self, count: int = 1, accounts: str = "a") -> list[Process]:
        """Start so many processes and wait until each takes part."""
        command = [sys.executable, "-m", "tests.support.cluster_child", self.url, str(self.wire), accounts]
        new = [subprocess.Popen(command, cwd=ROOT) for _ in range(count)]
        self.processes += new
        until(lambda: all(any(f"-{one.pid}-" in owner for owner in self.owners("worker:").values()) for one in new))
        return new

    def taken(self) -> list[Taken]:
        """What the platform took so far."""
        return taken(self.wire)

    def owners(self, prefix: str) -> dict[str, str]:
        """Who owns what, of one kind."""
        with self.world.db.read() as session:
            held = leases.held(session, datetime.now(UTC))
        return {one.name: one.owner for one in held if one.name.startswith(prefix)}

    def owns(self, process: Process, prefix: str) -> list[str]:
        """What a process owns, of one kind."""
        return [name for name, owner in self.owners(prefix).items() if f"-{process.pid}-" in owner]

    def owner_of(self, name: str) -> Process | None:
        """The process that owns something."""
        return next((one for one in self.processes if name in self.owns(one, name)), None)

    def queue(self, count: int, account: str = "a", lane: Lane = Lane.REPLY, first: int = 0) -> None:
        """Queue so many messages, each to a chat of its own."""
        with self.world.db.write() as session:
            now = self.world.now()
            for number in range(first, first + count):
                name = f"{account}{number}"
                chat = chats.add(session, account, name, ChatKind.RESIDENTS, now, title=name)
                content = contents.keep(session, Outgoing(f"text {name}").to_bytes(), (), now)
                outbox.put(session, chat, f"key {name}", now, lane=lane, content_id=content)

    def states(self) -> dict[OutboxState, int]:
        """How many calls are in which state."""
        with self.world.db.read() as session:
            found = session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state))
            return {state: count for state, count in found}

    def settled(self) -> bool:
        """Whether no call waits or flies any more."""
        return not {OutboxState.QUEUED, OutboxState.SENDING, OutboxState.HELD} & set(self.states())


@pytest.fixture
def town(postgres_url: str, tmp_path: Path) -> Iterator[Town]:
    """A world on an empty PostgreSQL database; its processes end with the test."""
    world = real_world(postgres_url)
    upgrade.upgrade(world.db)
    make_tables(world.db)
    town = Town(world, postgres_url, tmp_path / "wire")
    yield town
    for process in town.processes:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()
    world.db.close()
