"""Claiming (领取): takes an account's next call out of the outbox with all it needs, and puts back what never left."""

import logging
from collections.abc import Callable
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue.world import World
from jobs import wire
from jobs.channel import Channel
from jobs.picking import Picker
from jobs.trouble import of_database
from jobs.wire import Job
from storage import claims, leases
from storage.outbox import OutboxState

LOG: Final = logging.getLogger("wangge.dispatch")


class NotOwner(Exception):
    """The account is another's meanwhile."""


class Claimer:
    """Claims calls of one account for one owner; used by one thread at a time.

    `in_hand` are the calls (row id: epoch) claimed here that are neither settled nor back in the queue: a take-over
    within this process leaves them alone. Whoever settles a call takes it out.
    """

    def __init__(self, world: World, channel: Channel, owner: str) -> None:
        self.world, self.channel, self.owner = world, channel, owner
        self.in_hand: dict[int, int] = {}
        self._lost = False
        self._busy = False

    @property
    def lease(self) -> str:
        """The name of the account's lease."""
        return f"drain:{self.channel.account}"

    def claim(self, picker: Picker, epoch: int, steady: Callable[[], float]) -> Job | None:
        """The next call that may go now, None where none may; raises NotOwner."""
        claimed = 0
        try:
            if self._lost:
                self._put_back_lost(epoch)
            if not epoch or not self._worth_while(picker, steady()):
                return None
            with self.world.db.write() as session:
                if not leases.holds(session, self.lease, self.owner, epoch):
                    raise NotOwner
                job = self._pick(session, picker, epoch, steady)
                if job is not None:
                    claimed = job.row.id
                    self.in_hand[claimed] = epoch
        except NotOwner:
            raise
        except Exception:
            self._lost = True
            self.in_hand.pop(claimed, None)
            raise
        self._busy = job is not None
        return job

    def put_back(self, job: Job) -> None:
        """Queue again what was claimed and never made."""
        try:
            with self.world.db.write() as session:
                claims.postpone(session, job.row.id, job.row.epoch, "stopped", self.world.now(), counts=False)
        except Exception:
            # Never made, and no longer in hand: the next claim puts it back.
            self._lost = True
            raise
        finally:
            self.in_hand.pop(job.row.id, None)

    def _worth_while(self, picker: Picker, steady: float) -> bool:
        """Where a call was claimed just now there is another one as a rule; else a look without a lock comes first."""
        if self._busy:
            return True
        with self.world.db.read() as session:
            return picker.anything(session, steady)

    def _pick(self, session: Session, picker: Picker, epoch: int, steady: Callable[[], float]) -> Job | None:
        """The next call with all it needs; one that can never be made ends here: others must not wait behind it."""
        while (row := picker.pick(session, epoch, steady())) is not None:
            try:
                job, why = wire.prepare(session, self.world, self.channel, row), "content dropped"
            except Exception as error:
                if of_database(error):
                    raise
                LOG.error("cannot be made: row=%s %s", row.id, type(error).__name__)
                job, why = None, "unreadable"
            if job is not None:
                return job
            claims.settle(session, row.id, epoch, OutboxState.DEAD, self.world.now(), why)
        return None

    def _put_back_lost(self, epoch: int) -> None:
        """A claim ended in an error, and nobody knows whether it was kept: what was claimed so goes back."""
        with self.world.db.write() as session:
            if leases.holds(session, self.lease, self.owner, epoch):
                claims.put_back_lost(session, self.channel.account, epoch, self.world.now(), list(self.in_hand))
        self._lost = False
