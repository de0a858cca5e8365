"""Receiving (收信): messages are kept before the platform hears that they arrived, and answered chat by chat.

Many small writes meet in one transaction: whoever waits to be kept goes along with the next commit. What comes
from one chat is kept and answered in its order; a slow chat holds up no other.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from sqlalchemy.exc import SQLAlchemyError

from handlers.dialogue import gate, turn
from handlers.dialogue.gate import Heard
from handlers.dialogue.message import Incoming
from handlers.dialogue.world import World
from storage import inbox

LOG = logging.getLogger("wangge.receive")
GATHER = 0.002
MOST = 64
WORKERS = 4
SWEEP = 5.0
"""Seconds between looks for chats that wait though nobody woke them: after a failed transaction, or another process."""


@dataclass(slots=True)
class _Waiting:
    """A message on its way into the inbox, and who waits for it."""

    incoming: Incoming
    loop: asyncio.AbstractEventLoop
    kept: "asyncio.Future[None]"

    def done(self, error: Exception | None) -> None:
        """Tell the waiting channel; one that was cancelled meanwhile no longer listens."""

        def tell() -> None:
            if not self.kept.done():
                if error is None:
                    self.kept.set_result(None)
                else:
                    self.kept.set_exception(error)

        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(tell)


class Keeper:
    """Writes messages into the inbox: at most `MOST` gathered within `GATHER` seconds in one commit."""

    def __init__(self, world: World, answers: "Answers") -> None:
        self.world, self.answers = world, answers
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._order: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._thread = threading.Thread(target=self._write, name="keep", daemon=True)
        self._thread.start()

    async def accept(self, incoming: Incoming) -> None:
        """Keep a message meant for the bot; raises what the database raised, and then nothing was kept."""
        loop = asyncio.get_running_loop()
        order = self._order.setdefault(incoming.queue, asyncio.Lock())
        async with order:
            sure = turn.surely_concerns(incoming)
            if not sure and not await asyncio.to_thread(turn.concerns, self.world, incoming):
                return
            waiting = _Waiting(incoming, loop, loop.create_future())
            self._waiting.put(waiting)
        await waiting.kept

    def stop(self) -> None:
        """Keep what waits already, then end."""
        self._waiting.put(None)
        self._thread.join()

    def _write(self) -> None:
        while True:
            first = self._waiting.get()
            if first is None:
                return
            batch, go_on = self._gather(first)
            self._commit(batch)
            if not go_on:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        batch, until = [first], time.monotonic() + GATHER
        while len(batch) < MOST:
            try:
                waiting = self._waiting.get(timeout=max(until - time.monotonic(), 0))
            except queue.Empty:
                break
            if waiting is None:
                return batch, False
            batch.append(waiting)
        return batch, True

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        """One transaction; only where that fails is it made again with care, so that a bad message fails alone."""
        now = self.world.now()
        try:
            heard = self.world.gate.sift(self.world, [waiting.incoming for waiting in batch], now)
        except Exception as error:
            self._failed(batch, error)
            return
        try:
            with self.world.db.write() as session:
                gate.keep(session, heard, now)
        except Exception:
            self._commit_with_care(batch, heard, now)
            return
        for waiting in batch:
            self._kept(waiting, waiting.incoming.queue)

    def _commit_with_care(self, batch: Sequence[_Waiting], heard: Sequence[Heard], now: datetime) -> None:
        """A savepoint a message, which costs as much again as the message itself."""
        ends: list[Exception | None] = []
        try:
            with self.world.db.write() as session:
                for one in heard:
                    try:
                        with session.begin_nested():
                            gate.keep(session, [one], now)
                        ends.append(None)
                    except Exception as error:
                        self.world.db.outage.failed(error)
                        ends.append(error)
        except Exception as error:
            self.world.gate.take_back(heard)
            self._failed(batch, error)
            return
        self.world.gate.take_back([one for one, error in zip(heard, ends, strict=True) if error is not None])
        for waiting, failed in zip(batch, ends, strict=True):
            if failed is None:
                self._kept(waiting, waiting.incoming.queue)
            else:
                waiting.done(failed)

    def _failed(self, batch: Sequence[_Waiting], error: Exception) -> None:
        LOG.error("not kept: %s messages, %s", len(batch), type(error).__name__)
        for waiting in batch:
            waiting.done(error)

    def _kept(self, waiting: _Waiting, name: str) -> None:
        """See to the answer before the platform is told, so that whoever settles knows of it."""
        self.answers.wake(name)
        waiting.done(None)


class Answers:
    """Answers what waits in the inbox: a few threads, each chat in at most one of them at a time."""

    def __init__(self, world: World, workers: int = WORKERS) -> None:
        self.world = world
        self._ready: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._again: dict[str, bool] = {}
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"answer-{n}", daemon=True) for n in range(workers)]
        self._threads.append(threading.Thread(target=self._sweep_now_and_then, name="sweep", daemon=True))
        for thread in self._threads:
            thread.start()

    def wake(self, name: str) -> None:
        """Look into this queue; if that is being done, look once more afterwards."""
        with self._lock:
            if name in self._again:
                self._again[name] = True
                return
            self._again[name] = False
        self._ready.put(name)

    def settle(self, patience: float) -> bool:
        """Wait at most so many seconds until nothing woken is left to answer; whether that came about."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._again, patience)

    def stop(self) -> None:
        """Finish the turns that have begun, leave the others for the next start."""
        self._stopping.set()
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (name := self._ready.get()) is not None and not self._stopping.is_set():
            more = False
            try:
                more = turn.answer_next(self.world, name)
            except Exception as error:
                LOG.error("not answered yet: %s", type(error).__name__)
            with self._idle:
                again = self._again.pop(name) or more
                if again:
                    self._again[name] = False
                else:
                    self._idle.notify_all()
            if again:
                self._ready.put(name)

    def sweep(self) -> None:
        """Wake every chat that waits, whoever kept its messages."""
        try:
            with self.world.db.read() as session:
                waiting = inbox.waiting_queues(session)
        except SQLAlchemyError as error:
            LOG.error("inbox not readable: %s", type(error).__name__)
            return
        for name in waiting:
            self.wake(name)

    def _sweep_now_and_then(self) -> None:
        self.sweep()
        while not self._stopping.wait(SWEEP):
            self.sweep()
