"""The playground's clock (演练时钟): the system's time plus how far it was moved, and what is due in between."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from handlers.dialogue.world import World, system_clock
from storage import worlds
from storage.outbox import OutboxRow, OutboxState
from storage.tables import METADATA

STOPS = 300


class PlayClock:
    """A clock that runs with the system's and can be moved on; `World.clock` of a playground."""

    def __init__(self, offset: float = 0.0, base: Callable[[], datetime] = system_clock) -> None:
        self.offset = timedelta(seconds=offset)
        self._base = base

    def __call__(self) -> datetime:
        """The world's moment, aware UTC."""
        return self._base() + self.offset

    def run_with(self, base: Callable[[], datetime]) -> None:
        """Go on from the present moment with another clock."""
        self.offset, self._base = self() - base(), base

    def load(self, world: World) -> None:
        """Go on from where the clock was moved to before the last stop."""
        with world.db.read() as session:
            row = worlds.of(session)
            self.offset = timedelta(seconds=row.clock_offset if row else 0.0)

    def set_to(self, world: World, moment: datetime) -> None:
        """Move on to that moment (never back) and keep it."""
        self.offset += max(moment.astimezone(UTC) - self(), timedelta())
        with world.db.write() as session:
            row = worlds.of(session)
            if row is not None:
                row.clock_offset = self.offset.total_seconds()


def next_due(session: Session, now: datetime) -> datetime | None:
    """The next moment after now at which anything is due: a reminder, a deadline, a message sent later."""
    found = [
        session.scalar(
            select(func.min(OutboxRow.not_before)).where(
                OutboxRow.state == OutboxState.QUEUED, OutboxRow.not_before > now
            )
        )
    ]
    for table in _with_deadlines():
        found.append(session.scalar(select(func.min(table.c.next_at)).where(table.c.next_at > now)))
    return min((moment for moment in found if moment is not None), default=None)


def _with_deadlines() -> list[Table]:
    return [table for name, table in METADATA.tables.items() if "next_at" in table.c and name != "media"]


async def move(
    world: World,
    clock: PlayClock,
    span: timedelta | None,
    settle: Callable[[], Awaitable[None]],
    told: Callable[[], None] = lambda: None,
) -> bool:
    """Let time pass, stopping wherever something is due, so that all of it happens in its order and on time.

    `span` None goes to the next such moment. `settle` lets everything due happen; `told` is called after
    each stop. Returns whether the clock was moved: not where nothing is ahead.
    """
    until = world.now() + span if span is not None else None

    async def stop_at(moment: datetime) -> None:
        await asyncio.to_thread(clock.set_to, world, moment)
        await settle()
        told()

    for _stop in range(STOPS):
        due = await asyncio.to_thread(_ahead, world)
        until = until or due
        if until is None:
            return False
        moment = until if due is None else min(due, until)
        await stop_at(moment)
        if moment >= until:
            return True
    if until is not None:
        await stop_at(until)
    return True


def _ahead(world: World) -> datetime | None:
    with world.db.read() as session:
        return next_due(session, world.now())


def clear(world: World, clock: PlayClock) -> None:
    """Empty a playground's database, so that the county can be loaded anew; the clock goes back to the system's."""
    if world.kind is worlds.WorldKind.REAL:
        raise TypeError("a real world is never started over")
    with world.db.write() as session:
        for table in reversed(METADATA.sorted_tables):
            if table.name != "leases":
                session.execute(table.delete())
    clock.offset = timedelta()
