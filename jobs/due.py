"""What is due (到期): one way in which a clock steps the rows whose moment has come."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from sqlalchemy.orm import Session

from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.world import Station, World
from storage.database import Base
from storage.states import Due

LOG = logging.getLogger("wangge.due")
AGAIN: Final = timedelta(hours=1)
"""A row that could not be stepped is tried again so much later."""


class Timed(Protocol):
    """A row with a clock."""

    id: int
    next_at: datetime | None


R = TypeVar("R", bound=Base)
Look = Callable[[Session, datetime], bool]


@dataclass(frozen=True, slots=True)
class Clock:
    """A tick: `run` does a chunk of what is due and tells how much; `look` tells beforehand whether anything is.

    Nothing is locked where nothing is due. The clock looks at all ticks at once and runs those that want it.
    """

    run: Callable[[World], int]
    look: Look

    def __call__(self, world: World) -> int:
        """Look, and do what is due; how much."""
        with world.db.read() as session:
            if not self.look(session, world.now()):
                return 0
        return self.run(world)


def each(
    name: str,
    due: Due[R],
    step: Callable[[Session, R, datetime, Station], list[Say]],
    *,
    chunk: int = 50,
) -> Clock:
    """A tick: rows that are due are stepped in one transaction; it tells how many.

    What a step says has permanent keys of the row and the moment it was due, so that no step is ever said twice. One
    that fails holds up no other, and is tried again an hour later.

    Args:
        name: of the kind of row, for keys and the log.
        due: finds rows whose `next_at` has come.
        step: does what is due and sets the next moment: (session, row, now, station) → what is said.
        chunk: rows a transaction.
    """

    def take(world: World, session: Session, row: R, now: datetime) -> list[Say]:
        return step(session, row, now, world.station)

    return each_in_world(name, due, take, chunk=chunk)


def each_in_world(
    name: str,
    due: Due[R],
    step: Callable[[World, Session, R, datetime], list[Say]],
    *,
    chunk: int = 50,
) -> Clock:
    """The same where a step needs more of its world than the station's rules, its words for example."""

    def run(world: World) -> int:
        now = world.now()
        with world.db.write() as session:
            rows = due(session, now, chunk)
            for row in rows:
                _take(world, session, row, now)
            return len(rows)

    def _take(world: World, session: Session, row: R, now: datetime) -> None:
        timed: Timed = row  # type: ignore[assignment]
        cause = f"{name}:{timed.id}:{timed.next_at}"
        try:
            with session.begin_nested():
                says = step(world, session, row, now)
                named = [replace(one, key=one.key or f"{cause}:{place}") for place, one in enumerate(says)]
                post(session, world.words, named, Cause(cause), now)
        except Exception as error:
            LOG.error("%s failed: row=%s %s", name, timed.id, type(error).__name__)
            session.refresh(row)
            timed.next_at = now + AGAIN

    return Clock(run, due.any)


def together(*clocks: Clock) -> Clock:
    """Several clocks as one tick."""

    def look(session: Session, now: datetime) -> bool:
        return any(one.look(session, now) for one in clocks)

    return Clock(lambda world: sum(one(world) for one in clocks), look)
