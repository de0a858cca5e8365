"""Receiving (收信): messages are kept before the platform hears that they arrived, and answered chat by chat.

Many small writes meet in one transaction: whoever waits to be kept goes along with the next commit. What comes
from one chat is kept and answered in its order; a slow chat holds up no other.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from handlers.dialogue import gate, turn
from handlers.dialogue.gate import Heard
from handlers.dialogue.message import Incoming
from handlers.dialogue.world import World
from storage import inbox

LOG = logging.getLogger("wangge.receive")
GATHER = 0.002
MOST = 64
WORKERS = 2
"""Threads that answer; more of them only fight for the interpreter."""
TOGETHER = 16
"""So many chats at most are answered in one transaction."""
SWEEP = 5.0
"""Seconds between looks for chats that wait though nobody woke them: after a failed transaction, or another process."""


@dataclass(slots=True)
class _Waiting:
    """A message on its way into the inbox, and who waits for it."""

    incoming: Incoming
    loop: asyncio.AbstractEventLoop
    kept: "asyncio.Future[None]"

    def end(self, error: Exception | None) -> None:
        """Tell the waiting channel, in its own loop; one that was cancelled meanwhile no longer listens."""
        if self.kept.done():
            return
        if error is None:
            self.kept.set_result(None)
        else:
            self.kept.set_exception(error)


Ends = list[tuple[_Waiting, Exception | None]]


class Keeper:
    """Writes messages into the inbox: at most `MOST` gathered within `GATHER` seconds in one commit.

    One thread sifts and keeps, in the order in which messages came: what one chat said in a row stays in a row.
    """

    def __init__(self, world: World, answers: "Answers") -> None:
        self.world, self.answers = world, answers
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="keep", daemon=True)
        self._thread.start()

    async def accept(self, incoming: Incoming) -> None:
        """Keep a message meant for the bot; raises what the database raised, and then nothing was kept."""
        loop = asyncio.get_running_loop()
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
            meant, ends = self._sift(batch)
            _tell(ends)
            if meant:
                _tell(self._commit(meant))
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

    def _sift(self, batch: Sequence[_Waiting]) -> tuple[list[_Waiting], Ends]:
        """What is meant for the bot; and what is not, or could not be read, and has thereby ended."""
        meant: list[_Waiting] = []
        ends: Ends = []
        try:
            concern = turn.concern(self.world, [waiting.incoming for waiting in batch])
        except Exception as error:
            return [], [(waiting, error) for waiting in batch]
        for waiting, found in zip(batch, concern, strict=True):
            if found is True:
                meant.append(waiting)
            else:
                ends.append((waiting, found or None))
        return meant, ends

    def _commit(self, batch: Sequence[_Waiting]) -> Ends:
        """One transaction; only where that fails is it made again with care, so that a bad message fails alone."""
        now = self.world.now()
        try:
            heard = self.world.gate.sift(self.world, [waiting.incoming for waiting in batch], now)
        except Exception as error:
            LOG.error("not kept: %s messages, %s", len(batch), type(error).__name__)
            return [(waiting, error) for waiting in batch]
        try:
            with self.world.db.write() as session:
                gate.keep(session, heard, now)
            ends: Ends = [(waiting, None) for waiting in batch]
        except Exception:
            ends = self._commit_with_care(batch, heard, now)
        self.world.gate.take_back([one for one, (_, failed) in zip(heard, ends, strict=True) if failed is not None])
        for waiting, failed in ends:
            if failed is None:
                # Before the platform is told, so that whoever settles knows of it.
                self.answers.wake(waiting.incoming.queue)
        return ends

    def _commit_with_care(self, batch: Sequence[_Waiting], heard: Sequence[Heard], now: datetime) -> Ends:
        """A savepoint a message, which costs as much again as the message itself."""
        ends: Ends = []
        try:
            with self.world.db.write() as session:
                for waiting, one in zip(batch, heard, strict=True):
                    try:
                        with session.begin_nested():
                            gate.keep(session, [one], now)
                        ends.append((waiting, None))
                    except Exception as error:
                        self.world.db.outage.failed(error)
                        ends.append((waiting, error))
        except Exception as error:
            LOG.error("not kept: %s messages, %s", len(batch), type(error).__name__)
            ends = [(waiting, error) for waiting in batch]
        return ends


def _tell(ends: Ends) -> None:
    """Tell the channels how it ended: one call into each loop, not one a message."""
    loops: dict[asyncio.AbstractEventLoop, Ends] = {}
    for waiting, error in ends:
        loops.setdefault(waiting.loop, []).append((waiting, error))

    def tell(told: Ends) -> None:
        for waiting, error in told:
            waiting.end(error)

    for loop, told in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, told)


class Answers:
    """Answers what waits in the inbox: a few threads, each chat in at most one of them at a time."""

    def __init__(self, world: World, workers: int = WORKERS) -> None:
        self.world = world
        self._ready: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._again: dict[str, bool] = {}
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._stopping = threading.Event()
        self._workers = max(workers, 1)
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

    def wake_mine(self, name: str) -> None:
        """Look into this queue if it is this process's to answer."""
        self.wake(name)

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
            names = [name, *self._more()]
            waited: set[str] = set()
            try:
                waited = turn.answer_waiting(self.world, names)
            except Exception as error:
                LOG.error("not answered yet: %s", type(error).__name__)
            self._end(names, waited)

    def _more(self) -> list[str]:
        """Further chats for one transaction: this thread's share where many wait, none where each has a thread."""
        names: list[str] = []
        for _ in range(min(self._ready.qsize() // self._workers, TOGETHER - 1)):
            try:
                name = self._ready.get_nowait()
            except queue.Empty:
                break
            if name is None:
                self._ready.put(None)
                break
            names.append(name)
        return names

    def _end(self, names: Iterable[str], waited: Collection[str]) -> None:
        with self._idle:
            for name in names:
                if self._again.pop(name) or name in waited:
                    self._again[name] = False
                    self._ready.put(name)
            if not self._again:
                self._idle.notify_all()

    def sweep(self) -> None:
        """Wake every chat of ours that waits, whoever kept its messages."""
        try:
            with self.world.db.read() as session:
                waiting = inbox.waiting_queues(session)
        except SQLAlchemyError as error:
            LOG.error("inbox not readable: %s", type(error).__name__)
            return
        for name in waiting:
            self.wake_mine(name)

    def _sweep_now_and_then(self) -> None:
        self.sweep()
        while not self._stopping.wait(SWEEP):
            self.sweep()
