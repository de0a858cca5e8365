"""Ownership (归属): what only one process may do at a time is done by the one that holds its lease.

A lease is renewed each second and lasts three; its epoch rises with each owner. A process that stood still longer
than that (stopped, swapped out, cut off from the database) knows by its own steady clock that it may own nothing any
more, before it has asked anybody.
"""

import asyncio
import contextlib
import logging
import math
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from typing import NamedTuple, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from handlers.dialogue.world import World
from storage import leases
from storage.leases import Held

LOG = logging.getLogger("wangge.ownership")
LEASE = timedelta(seconds=3)
RENEW = 1.0
LATE = LEASE.total_seconds()
POLITE = LATE + 2.0
"""Seconds to wait for somebody else's lease before saying so: one whose owner was killed is over by then."""


T = TypeVar("T")


class _Held(NamedTuple):
    epoch: int
    renewed: float


class Ownership:
    """The leases one process holds in one world; may be used from any thread."""

    def __init__(self, world: World, owner: str, *, steady: Callable[[], float] = time.monotonic) -> None:
        self.world, self.owner = world, owner
        self._steady = steady
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        """One at a time asks the database: what is given back is not taken again by a renewal that began before."""

    def hold(self, name: str) -> int | None:
        """Take or renew a lease: its epoch, or None while somebody else owns it."""
        return self.hold_all([name]).get(name)

    def hold_all(self, names: Collection[str]) -> dict[str, int]:
        """Take or renew some leases in one transaction; those now held, with their epochs."""
        with self._asking:
            return self._hold_all(names)

    def renew(self, *besides: str) -> None:
        """Renew what is surely held, and hold some besides; what somebody else owns by now is dropped."""
        with self._asking:
            self._hold_all({*self.held(), *besides})

    def _hold_all(self, names: Collection[str]) -> dict[str, int]:
        began, epochs = self._steady(), dict[str, int]()
        if names:
            now = self.world.now()
            with self.world.db.write() as session:
                for name in sorted(names):
                    epoch = leases.take(session, name, self.owner, now, now + LEASE)
                    if epoch is not None:
                        epochs[name] = epoch
        with self._lock:
            for name in names:
                self._held.pop(name, None)
            self._held.update({name: _Held(epoch, began) for name, epoch in epochs.items()})
        return epochs

    def epoch(self, name: str) -> int:
        """The epoch under which `name` is surely held at this moment; 0 where it is not."""
        with self._lock:
            held = self._held.get(name)
        return held.epoch if held is not None and self._steady() - held.renewed < LATE else 0

    def held(self, prefix: str = "") -> list[str]:
        """The names surely held at this moment, of one kind or all."""
        with self._lock:
            names = list(self._held)
        return sorted(name for name in names if name.startswith(prefix) and self.epoch(name))

    def give_back(self, *names: str) -> None:
        """Let others in at once: to some leases, or to all that are held."""
        with self._asking:
            with self._lock:
                gone = [name for name in names or sorted(self._held) if self._held.pop(name, None) is not None]
            if gone:
                now = self.world.now()
                with self.world.db.write() as session:
                    for name in gone:
                        leases.give_back(session, name, self.owner, now)

    def look(self) -> Sequence[Held]:
        """Who owns what right now, in all processes."""
        with self.world.db.read() as session:
            return leases.held(session, self.world.now())

    async def while_held(self, name: str, run: Callable[[], Awaitable[None]], waits: str) -> None:
        """Wait for a lease, then run as long as it can be renewed; again from the start where it was lost.

        `waits` is logged once, where somebody else owns it for longer than a killed process would.
        """
        began, said = self._steady(), False
        while True:
            if await self._take(name):
                LOG.info("%s is ours", name)
                try:
                    if await self._run_while_held(name, run):
                        return
                finally:
                    with contextlib.suppress(SQLAlchemyError):
                        self.give_back(name)
                LOG.warning("%s was lost to another process", name)
                began, said = self._steady(), False
            if not said and self._steady() - began > POLITE:
                LOG.warning("%s", waits)
                said = True
            await asyncio.sleep(RENEW)

    async def _run_while_held(self, name: str, run: Callable[[], Awaitable[None]]) -> bool:
        """Whether it ran to its end; False where the lease was lost in the middle."""
        epoch = self.epoch(name)
        running = asyncio.ensure_future(run())
        try:
            while not running.done():
                await asyncio.wait({running}, timeout=RENEW)
                if not running.done():
                    await self._take(name)
                    if self.epoch(name) != epoch:
                        return False
            running.result()
            return True
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _take(self, name: str) -> bool:
        """Take or renew; while the database can't be asked, what is held lasts as long as its lease."""
        try:
            return await to_its_end(asyncio.to_thread(self.hold, name)) is not None
        except SQLAlchemyError as error:
            LOG.warning("%s not renewed: %s", name, type(error).__name__)
            return False


async def to_its_end(work: Awaitable[T]) -> T:
    """Let a thread's work end also where nobody waits for it any more: a lease it takes can then be given back."""
    working = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)
        raise


def fair_share(things: int, processes: int) -> int:
    """How many of some things one of so many processes takes at most, so that all are taken."""
    return math.ceil(things / max(processes, 1))
