"""The cluster (集群): several processes, on one machine or many, at work for one world on PostgreSQL.

The truth is the row and the lease. A bell (NOTIFY) wakes whoever owns what was written to; Procrastinate starts work
nobody owns on a machine that has room; and each process looks once a second for leases that are free, so that what
no bell and no runner has told is found all the same, and the work of a killed process goes on after its lease.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn
from zlib import crc32

from sqlalchemy import make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from handlers.dialogue.world import World
from jobs import clock
from jobs.channel import Channel
from jobs.dispatch import Dispatcher
from jobs.ownership import RENEW, Ownership, fair_share, to_its_end
from storage import leases, media
from storage.database import Database
from storage.leases import Held

if TYPE_CHECKING:
    import psycopg

LOG = logging.getLogger("wangge.cluster")
BELL = "wangge"
QUEUE = "wangge"
QUIET = 0.05
"""Seconds between two rings of the bell by one process; the first is heard at once."""
AT_ONCE = 8
SHARES = 16
"""Parts into which the chats are dealt; each is answered by one process."""
FETCH = "fetch:media"
STALLED = 60.0
LOCK = 0x77616E68
"""PostgreSQL's advisory lock while the runner's own tables are made."""
FORGOTTEN = timedelta(hours=1)


def address_of(url: str) -> str:
    """A database's address as psycopg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def share_of(queue: str) -> str:
    """The lease under which a chat is answered."""
    return f"answers:{crc32(queue.encode()) % SHARES}"


def make_tables(db: Database) -> bool:
    """Make the runner's own tables, or take them through the steps they lack; whether there was anything to do.

    Which step they are at is noted as the comment of its main table.
    """
    from importlib import resources

    from procrastinate.schema import SchemaManager

    folder = resources.files("procrastinate.sql") / "migrations"
    steps = sorted(one.name for one in folder.iterdir() if one.name.endswith(".sql"))
    with db.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        there = connection.scalar(text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL"))
        at = connection.scalar(text("SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')"))
        if there and at == steps[-1]:
            return False
        if not there:
            _run(connection, SchemaManager.get_schema())
        elif at in steps:
            for step in steps[steps.index(at) + 1 :]:
                _run(connection, (folder / step).read_text(encoding="utf-8"))
        connection.execute(text(f"COMMENT ON TABLE procrastinate_jobs IS '{steps[-1]}'"))
    return True


def _run(connection: Connection, script: str) -> None:
    """Run a script as it stands: nothing in it is a parameter."""
    cursor = connection.connection.cursor()
    cursor.execute(script)
    cursor.close()


class Bell:
    """A bell every process of the cluster hears; `heard` is called in the loop with what was rung.

    `ready` tells whether it listens right now.
    """

    def __init__(self, url: str, heard: Callable[[str], None]) -> None:
        self._address, self._heard = address_of(url), heard
        self._ringing: set[str] = set()
        self._rung = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.ready = False

    def ring(self, what: str) -> None:
        """Let all hear it; from any thread. What can't be told now is found by the next look."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._note, what)

    def _note(self, what: str) -> None:
        self._ringing.add(what)
        self._rung.set()

    async def run(self) -> NoReturn:
        """Listen and ring until the connection breaks; raises what broke it."""
        import psycopg

        async with (
            await psycopg.AsyncConnection.connect(self._address, autocommit=True) as ear,
            await psycopg.AsyncConnection.connect(self._address, autocommit=True) as hand,
        ):
            await ear.execute(f"LISTEN {BELL}")
            self.ready = True
            both = [asyncio.create_task(self._listen(ear)), asyncio.create_task(self._ring(hand))]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.ready = False
                for one in both:
                    one.cancel()
                ends = await asyncio.gather(*both, return_exceptions=True)
        raise next(end for end in ends if isinstance(end, Exception))

    async def _listen(self, ear: "psycopg.AsyncConnection[Any]") -> NoReturn:
        while True:
            async for note in ear.notifies(timeout=10.0):
                self._heard(note.payload)
            await ear.execute("SELECT 1")

    async def _ring(self, hand: "psycopg.AsyncConnection[Any]") -> NoReturn:
        while True:
            await self._rung.wait()
            self._rung.clear()
            what, self._ringing = sorted(self._ringing), set()
            await hand.execute("SELECT pg_notify(%s, one) FROM unnest(%s::text[]) AS one", (BELL, what))
            await asyncio.sleep(QUIET)


Task = Callable[[str], Awaitable[None]]
"""What the runner starts, with the name of what it is about."""


class Stopped(Exception):
    """The runner came to its end by itself."""


class Runner:
    """Procrastinate: starts each task on one process that has room; a task only wakes or takes over work.

    `ready` tells whether this process takes tasks right now.
    """

    def __init__(self, url: str, tasks: Mapping[str, Task]) -> None:
        from procrastinate import App, PsycopgConnector

        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        self._app = App(connector=PsycopgConnector(conninfo=address_of(url), min_size=1, max_size=3))
        self.ready = False
        for name, task in tasks.items():
            self._app.task(name=name, queue=QUEUE)(self._told(task))

    @staticmethod
    def _told(task: Task) -> Callable[..., Awaitable[None]]:
        async def told(what: str) -> None:
            await task(what)

        return told

    async def start(self, task: str, what: str = "") -> bool:
        """Have a task started somewhere unless it waits to be already; False where the runner can't be reached."""
        from procrastinate.exceptions import AlreadyEnqueued, ProcrastinateException

        try:
            await self._app.configure_task(task, queueing_lock=f"{task}:{what}", queue=QUEUE).defer_async(what=what)
        except AlreadyEnqueued:
            return True
        except ProcrastinateException as error:
            LOG.warning("runner not reached: %s", type(error).__name__)
            return False
        return True

    async def run(self) -> NoReturn:
        """Start what is asked for until cancelled; raises Stopped or what broke it."""
        async with self._app.open_async():
            await self._sweep_up()
            self.ready = True
            try:
                await self._app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=AT_ONCE,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    shutdown_graceful_timeout=5.0,
                )
            finally:
                self.ready = False
        raise Stopped

    async def _sweep_up(self) -> None:
        """Drop tasks a killed process had begun; what they were about is found by its rows."""
        from procrastinate.exceptions import ProcrastinateException
        from procrastinate.jobs import Status

        for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
            with contextlib.suppress(ProcrastinateException):
                await self._app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


class Cluster:
    """This process's part in the cluster: the accounts it drains and the share of chats it answers.

    `chat_waits` is called in the loop with a chat (of any share) that has something to be answered, `shares_grew`
    in a thread when this process answers more chats than before. `channels` are those media are fetched from, where
    they are more than those drained. Made and used in the event loop.
    """

    def __init__(
        self,
        world: World,
        dispatchers: Mapping[str, Dispatcher],
        ownership: Ownership,
        *,
        chat_waits: Callable[[str], None],
        shares_grew: Callable[[], None],
        channels: Mapping[str, Channel] | None = None,
    ) -> None:
        self.world, self.dispatchers, self.ownership = world, dispatchers, ownership
        self.channels = channels or {account: one.channel for account, one in dispatchers.items()}
        self.bell = Bell(world.db.url, self._heard)
        self.runner = Runner(world.db.url, {"drain": self._drain, "fetch": self._fetch})
        self._chat_waits, self._shares_grew = chat_waits, shares_grew
        self._draining: dict[str, asyncio.Task[None]] = {}
        self._beginning: set[str] = set()
        self._leaving: set[str] = set()
        self._free: frozenset[str] = frozenset()
        self._workers = 1
        self._loop = asyncio.get_running_loop()
        self._starting: set[asyncio.Task[bool]] = set()

    @property
    def drains(self) -> list[str]:
        """The accounts this process drains."""
        tasks = self._draining.items()
        return sorted(account for account, task in tasks if not task.done() and account not in self._leaving)

    async def run(self) -> None:
        """Take part until cancelled: then finish what is in flight and let the others have it all at once."""
        self.world.db.on_commit(self._written)
        name = f"worker:{self.ownership.owner}"
        try:
            await asyncio.to_thread(self._forget_the_dead)
            while True:
                try:
                    await to_its_end(asyncio.to_thread(self.ownership.renew, name))
                    await self.sweep()
                except SQLAlchemyError as error:
                    LOG.warning("cluster not looked at: %s", type(error).__name__)
                await asyncio.sleep(RENEW)
        finally:
            self._leave(list(self._draining))
            await asyncio.gather(*self._draining.values(), return_exceptions=True)
            with contextlib.suppress(SQLAlchemyError):
                self.ownership.give_back()

    async def sweep(self) -> None:
        """Look who owns what; take what is free up to a fair share, and give back what is beyond it."""
        held = await asyncio.to_thread(self.ownership.look)
        self._workers = max(sum(one.name.startswith("worker:") for one in held), 1)
        owners = {one.name: one.owner for one in held}
        self._free = frozenset(account for account in self.dispatchers if f"drain:{account}" not in owners)
        await self._balance_drains()
        if await to_its_end(asyncio.to_thread(self._balance_shares, held)):
            await asyncio.to_thread(self._shares_grew)

    def fetch_wanted(self) -> bool:
        """Whether a medium waits to be fetched."""
        with self.world.db.read() as session:
            return bool(media.due(session, self.world.now()))

    async def fetch(self) -> None:
        """Have wanted media fetched by one process, whichever has room; by this one where the runner is away."""
        if await asyncio.to_thread(self.fetch_wanted) and not await self.runner.start("fetch"):
            await self._fetch("")

    def _written(self) -> None:
        """Something was put into the outbox, in this process: wake the owners, find owners for what has none."""
        self.bell.ring("outbox")
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._start_free)

    def _start_free(self) -> None:
        for account in self._free:
            task = asyncio.create_task(self.runner.start("drain", account))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)
        self._free = frozenset()

    def _heard(self, what: str) -> None:
        if what == "outbox":
            for account in self.drains:
                self.dispatchers[account].wake()
        elif what.startswith("chat "):
            self._chat_waits(what.removeprefix("chat "))

    async def _drain(self, account: str) -> None:
        """The runner says that an account has something to send."""
        if account in self.drains:
            self.dispatchers[account].wake()
        elif account in self.dispatchers and len(self.drains) < fair_share(len(self.dispatchers), self._workers):
            await self._begin(account)

    async def _fetch(self, _what: str) -> None:
        try:
            await to_its_end(asyncio.to_thread(self.ownership.hold, FETCH))
            while self.ownership.epoch(FETCH) and await clock.fetch(self.world, self.channels):
                pass
        finally:
            with contextlib.suppress(SQLAlchemyError):
                await asyncio.to_thread(self.ownership.give_back, FETCH)

    async def _balance_drains(self) -> None:
        for account in [account for account, task in self._draining.items() if task.done()]:
            end = self._draining.pop(account)
            self._leaving.discard(account)
            if not end.cancelled() and end.exception() is not None:
                LOG.error("drain of %s ended: %s", account, type(end.exception()).__name__)
        self._leave([account for account in self.drains if not self.dispatchers[account].epoch])
        fair = fair_share(len(self.dispatchers), self._workers)
        for account in self._in_our_order(self._free):
            if len(self.drains) < fair:
                await self._begin(account)
        self._leave(self.drains[fair:])

    async def _begin(self, account: str) -> None:
        """Drain an account if nobody else does."""
        if account in self._draining or account in self._beginning:
            return
        self._beginning.add(account)
        dispatcher = self.dispatchers[account]
        try:
            if await to_its_end(asyncio.to_thread(dispatcher.own)):
                LOG.info("draining %s", account)
                self._draining[account] = asyncio.create_task(dispatcher.run())
        except asyncio.CancelledError:
            with contextlib.suppress(SQLAlchemyError):
                await asyncio.to_thread(dispatcher.give_back)
            raise
        finally:
            self._beginning.discard(account)

    def _leave(self, accounts: Sequence[str]) -> None:
        """Drain some accounts no more; what is on the wire is finished first, while others are seen to."""
        for account in accounts:
            self._leaving.add(account)
            self._draining[account].cancel()

    def _balance_shares(self, held: Sequence[Held]) -> bool:
        """Take free shares of the chats, give back those beyond a fair part; whether there are new ones."""
        taken = {one.name for one in held}
        mine, fair = self.ownership.held("answers:"), fair_share(SHARES, self._workers)
        if len(mine) > fair:
            self.ownership.give_back(*mine[fair:])
        free = self._in_our_order(name for name in map("answers:{}".format, range(SHARES)) if name not in taken)
        wanted = free[: max(fair - len(mine), 0)]
        return bool(self.ownership.hold_all(wanted))

    def _in_our_order(self, names: Iterable[str]) -> list[str]:
        """Names in an order of this process's own, so that two that look at once seldom want the same."""
        return sorted(names, key=lambda name: crc32(f"{name} {self.ownership.owner}".encode()))

    def _forget_the_dead(self) -> None:
        now = self.world.now()
        with self.world.db.write() as session:
            leases.forget(session, "worker:", now - FORGOTTEN)
