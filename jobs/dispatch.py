"""Dispatch (投递): takes calls from the outbox, lane by lane within the limits, and makes them on the wire.

Each call is `sending` in a committed row before it leaves, and one request on the wire. It is claimed a little
before its place in the account's grid, so that it leaves on time. How it ended is settled with what the platform
gave back (`jobs/settling.py`). An account has one owner at a time, by a lease with an epoch that every claim and
every settlement looks at.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from handlers.dialogue.world import World, system_clock
from jobs import forwarding, settling, wire
from jobs.channel import CallFailed, Channel, Refused, Sent, Unsure
from jobs.claiming import Claimer, NotOwner
from jobs.ownership import to_its_end
from jobs.pace import NEVER, Pace
from jobs.picking import Picker
from jobs.rebuilding import rebuilt
from jobs.trouble import Trouble, of_database
from jobs.watching import Nobody, Outcome, Watcher
from jobs.wire import Job
from storage import accounts, claims, leases, waiting

LOG = logging.getLogger("wangge.dispatch")
LEASE: Final = timedelta(seconds=3)
RENEW: Final = 1.0
STANDBY: Final = 0.2
"""Seconds until it is looked again whether the account is free."""
IDLE: Final = 1.0
LEAD: Final = 0.012
"""Seconds before its place in the grid at which a call is claimed."""
EARLY: Final = 0.25
"""Seconds a claimed call waits for its place at most; what came between (a refusal) sends it back into the queue."""
LEAST_AT_ONCE: Final = 3
SWEEP: Final = 5.0
PATIENCE: Final = 5.0
"""Seconds for which a stop waits for answers."""
AGAIN: Final = 0.5
LONGEST_CALL: Final = 150.0
"""Seconds after which nobody waits for an answer any more, whatever time-outs the channel has."""
JUMP: Final = 5.0
"""Seconds by which the clock may part from the steady one before it counts as having been set."""
Done = TypeVar("Done")


class Dispatcher:
    """Drains one account of one world through its channel."""

    def __init__(
        self,
        world: World,
        channel: Channel,
        owner: str,
        *,
        steady: Callable[[], float] = time.monotonic,
        watcher: Watcher | None = None,
    ) -> None:
        self.world, self.channel, self.owner = world, channel, owner
        self.watcher = watcher or Nobody()
        self.pace = Pace(channel.limits)
        self._messages: set[tuple[int, str | None]] = set()
        self.picker = Picker(world, channel.account, self.pace, self._messages)
        self.trouble = Trouble()
        self.epoch = 0
        self._steady = steady
        self._wake = asyncio.Event()
        self._flying: set[asyncio.Task[None]] = set()
        self._claimer = Claimer(world, channel, owner)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix=f"drain-{channel.account}")
        self._owned_until = -NEVER
        self._took = 0.05
        self._probe_at = -NEVER
        self._swept = -NEVER
        self._drift = 0.0
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Look at the outbox now; call from the loop's own thread."""
        self._wake.set()

    async def run(self) -> None:
        """Own the account and drain it until cancelled; what is in flight is finished first.

        A database that takes nothing for a while ends neither.
        """
        self._stopping = False
        if self._loop is None:
            self.world.db.on_commit(self._woken_by_commit)
        self._loop = asyncio.get_running_loop()
        owning = asyncio.create_task(self._keep_owning())
        try:
            while True:
                self._wake.clear()
                if not self.epoch:
                    await self._woken(RENEW)
                else:
                    await self._go_on()
                if owning.done():
                    await owning
        finally:
            self._stopping = True
            owning.cancel()
            await self._finish()
            await asyncio.wait({owning}, timeout=RENEW)
            await asyncio.wait({asyncio.ensure_future(self._thread(self.give_back))}, timeout=RENEW)

    def _woken_by_commit(self) -> None:
        """Called from whatever thread has put something into the outbox."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake.set)

    async def _go_on(self) -> None:
        try:
            if not await self.step():
                await self._rest()
        except Exception as error:
            if not of_database(error):
                raise
            LOG.warning("nothing claimed: %s", type(error).__name__)
            await self._woken(AGAIN)

    async def _finish(self) -> None:
        """Let what is on the wire come back; what takes too long is left in doubt for the next owner."""
        if self._flying:
            _, hanging = await asyncio.wait(self._flying, timeout=PATIENCE)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)

    async def _keep_owning(self) -> None:
        """Renew the lease once a second, however long calls take."""
        while True:
            try:
                await to_its_end(self._thread(self.own))
            except Exception as error:
                if not of_database(error):
                    raise
                LOG.warning("the account is not renewed: %s", type(error).__name__)
            self._wake.set()
            await asyncio.sleep(RENEW if self.epoch else STANDBY)

    @property
    def lease(self) -> str:
        """The name of the account's lease."""
        return self._claimer.lease

    def own(self) -> bool:
        """Take or renew the account's lease; a new owner rebuilds the windows and clears up after the last."""
        now, steady = self.world.now(), self._steady()
        with self.world.db.write() as session:
            epoch = leases.take(session, self.lease, self.owner, now, now + LEASE)
            if epoch is not None and epoch != self.epoch:
                self._take_over(session, now, steady)
            elif epoch is not None:
                self._look_after(session, now, steady)
        self.epoch = epoch or 0
        self.watcher.owns(self.channel.account, self.epoch)
        if epoch is not None:
            self._owned_until = steady + LEASE.total_seconds()
        return epoch is not None

    def give_back(self) -> None:
        """Let the next owner in at once."""
        self.epoch = 0
        with self.world.db.write() as session:
            leases.give_back(session, self.lease, self.owner, self.world.now())

    def introduce(self, session: Session) -> None:
        """Note what the account can do."""
        can = self.channel.can
        accounts.note(
            session,
            self.channel.account,
            self.world.now(),
            edits=can.edits,
            deletes=can.deletes,
            writes_first=can.writes_first,
            per_second=self.channel.limits.per_second,
            hears_groups=can.hears_groups,
            by_hand=can.by_hand,
            nudges=can.nudges,
            stops=can.stops,
            directory=can.directory,
            opens=can.opens,
        )

    def _take_over(self, session: Session, now: datetime, steady: float) -> None:
        self.introduce(session)
        account = self.channel.account
        self.pace = rebuilt(session, self.channel, now, steady)
        waiting.mend_moments(session, account, now)
        own = dict(self._claimer.in_hand)
        again, unsure = claims.recover(session, account, now, self.channel.can.remembers, but=own)
        if again or unsure:
            LOG.warning("after a crash: %s calls made again, %s unsure", again, unsure)
        self.picker = Picker(self.world, account, self.pace, self._messages)
        self.picker.begin(session, steady)
        self._drift = now.timestamp() - steady

    def _look_after(self, session: Session, now: datetime, steady: float) -> None:
        """Now and then: calls that wait for what has come; a clock that was set takes put-back calls along."""
        drift = now.timestamp() - steady
        if self.world.clock is system_clock and abs(drift - self._drift) > JUMP:
            LOG.warning("the clock was set by %.0f s", drift - self._drift)
            waiting.shift(session, self.channel.account, timedelta(seconds=drift - self._drift))
        self._drift = drift
        if steady - self._swept >= SWEEP:
            self._swept = steady
            self.pace.tidy(steady)
            if forgotten := waiting.forgotten(session, self.channel.account):
                waiting.bring(session, forgotten)

    async def step(self) -> bool:
        """Start the next call if one may go out now; False when there is nothing to do for the moment."""
        if len(self._flying) >= self._at_once() or (self.trouble.lasts and self._flying):
            await self._landed(asyncio.FIRST_COMPLETED)
            return True
        if self.trouble.lasts and not await self._reached():
            return False
        if self.pace.ready_in(self._steady()) > LEAD:
            return False
        job = await self._claimed()
        if job is None:
            return False
        try:
            if (early := self.pace.ready_in(self._steady())) > EARLY:
                await self._thread(self._claimer.put_back, job)
                return False
            if early > 0:
                await asyncio.sleep(early)
        except asyncio.CancelledError:
            await asyncio.shield(self._thread(self._claimer.put_back, job))
            raise
        if self._steady() >= self._owned_until:
            LOG.warning("claimed too long ago, not made: row=%s", job.row.id)
            self.epoch = 0
            await self._thread(self._claimer.put_back, job)
            return False
        self._start(job)
        return True

    def _start(self, job: Job) -> None:
        pace, picker = self.pace, self.picker
        sent_at = self._steady()
        pace.spend(job.chat.id, sent_at, job.row.kind, job.is_group)
        picker.took_off(job.row)
        task = asyncio.create_task(self._make(job, pace, picker, sent_at))
        self._flying.add(task)
        task.add_done_callback(self._flying.discard)

    def _at_once(self) -> int:
        """How many calls the way to the platform holds, within what the channel allows."""
        needed = math.ceil((self.channel.limits.per_second or 0.0) * self._took * 1.3) + 1
        return max(1, min(self.channel.limits.in_flight, max(LEAST_AT_ONCE, needed)))

    async def _reached(self) -> bool:
        """While nothing gets through: wait, then ask something harmless; whether there was an answer."""
        if self._steady() < self._probe_at:
            return False
        try:
            await self.channel.probe()
        except Exception as failure:
            rest = self.trouble.rest()
            self._probe_at = self._steady() + rest
            LOG.warning("nothing gets through (%s), asking again in %.0f s", type(failure).__name__, rest)
            return False
        self.trouble.over()
        return True

    async def drain(self) -> int:
        """Make every call that may go out now and wait for the answers; how many were made."""
        made, owned = 0, True
        while True:
            if self._steady() > self._owned_until - RENEW:
                owned = await self._thread(self.own)
            # What comes back while the outbox is looked at may leave more to do.
            nothing_flew = not self._flying
            if await self.step():
                made += 1
            elif self._flying:
                await self._landed(asyncio.ALL_COMPLETED)
            elif nothing_flew and not (owned and self._steady() >= self._owned_until):
                # Unless the account was lost only because claiming took so long: then it is taken again.
                return made

    async def _landed(self, which: str) -> None:
        """Wait for calls on the wire; finished ones leave the set by themselves, for which the loop must turn."""
        await asyncio.wait(self._flying, return_when=which, timeout=RENEW)
        await asyncio.sleep(0)

    async def _rest(self) -> None:
        now = self._steady()
        ready = max(self.pace.ready_in(now) - LEAD, self._probe_at - now if self.trouble.lasts else 0.0)
        if 0 < ready <= IDLE:
            await asyncio.sleep(ready)
        else:
            await self._woken(max(min(ready or self.picker.again_in, IDLE), 0.001))

    async def _woken(self, most: float) -> None:
        """Wait until there may be something to do, at most so many seconds."""
        try:
            # Not wait_for: before Python 3.12 it swallows a cancellation that meets the wake-up.
            async with asyncio.timeout(most):
                await self._wake.wait()
        except TimeoutError:
            return

    def _thread(self, work: Callable[..., Done], *args: object) -> Awaitable[Done]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    async def _claimed(self) -> Job | None:
        """Claim in a thread; a call claimed while the drain is being stopped goes back into the queue."""
        claiming = asyncio.ensure_future(self._thread(self._claim))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            job = await claiming
            if job is not None:
                await self._thread(self._claimer.put_back, job)
            raise

    def _claim(self) -> Job | None:
        try:
            return self._claimer.claim(self.picker, self.epoch, self._steady)
        except NotOwner:
            self.epoch = 0
            return None

    async def _make(self, job: Job, pace: Pace, picker: Picker, began: float) -> None:
        """Make a call and note how it ended, in the windows and the picker of the ownership it belongs to."""
        failure, sent = None, None
        try:
            async with asyncio.timeout(LONGEST_CALL):
                sent = await wire.make(self.world, self.channel, job)
        except CallFailed as error:
            failure = error
        except Exception as error:
            LOG.error("call failed: row=%s %s", job.row.id, type(error).__name__)
            failure = Unsure(type(error).__name__)
        now = self._steady()
        self._took += 0.1 * (min(now - began, IDLE) - self._took)
        pace.landed(job.chat.id, now, job.row.kind, job.is_group, began)
        if isinstance(failure, Refused):
            scope = pace.refused(job.chat.id, failure.wait.total_seconds(), now)
            self.watcher.refused(self.channel.account, scope)
        self.trouble.met(job.chat.id, failure)
        try:
            outcome = await self._noted(job, failure, sent)
        finally:
            self._claimer.in_hand.pop(job.row.id, None)
            picker.landed(job.chat.id, job.row)
            self._wake.set()
        reason = failure.reason if failure is not None else ""
        self.watcher.ended(self.channel.account, job.row.kind, job.row.lane, outcome, now - began, reason)

    async def _noted(self, job: Job, failure: CallFailed | None, sent: Sent | None) -> Outcome:
        """Settle, as often as it takes while the database fails: what the platform has said must not be lost."""
        own_fault, until = not self.trouble.lasts, self._steady() + PATIENCE
        settle = partial(self._settle, job, failure, sent, own_fault)
        while True:
            try:
                return await self._thread(settle)
            except Exception as error:
                LOG.error("not settled yet: row=%s %s", job.row.id, type(error).__name__)
                if not of_database(error):
                    if settle.func == self._doubt:
                        return "unsure"
                    settle = partial(self._doubt, job)
                    continue
                if self._stopping and self._steady() > until:
                    return "unsure"
                await asyncio.sleep(AGAIN)

    def _doubt(self, job: Job) -> Outcome:
        """What the platform said cannot be written down: a person looks at it."""
        with self.world.db.write() as session:
            settling.doubtful(session, job, job.row.epoch, "not noted")
        return "unsure"

    def _settle(self, job: Job, failure: CallFailed | None, sent: Sent | None, own_fault: bool) -> Outcome:
        with self.world.db.write() as session:
            if failure is not None:
                return settling.failed(session, job, job.row.epoch, failure, own_fault=own_fault)
            if settling.succeeded(session, job, job.row.epoch, sent):
                forwarding.asked(session, self.world, job, sent)
            else:
                LOG.warning("call settled by another owner: row=%s epoch=%s", job.row.id, job.row.epoch)
            return "sent"
