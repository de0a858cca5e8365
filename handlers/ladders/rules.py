"""The ladder as a machine (升级阶梯): micro-grid, grid, community, town; a clock at each rung, exact. Pure.

A clock stands still only with a reason and goes on by itself at a moment, or by word; what had passed stays passed.
When a rung's clock runs out, the next one's begins at that very moment, however late anybody looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.reading.workdays import Span, Workdays, after, passed

LONGEST_STOP = timedelta(days=60)
USUAL_STOP = timedelta(days=7)
MOST_REASON = 200


class Rung(StrEnum):
    """The rungs, lowest first; the values are those of the area tree's levels."""

    MICRO = "micro"
    GRID = "grid"
    COMMUNITY = "community"
    TOWN = "town"


RUNGS = tuple(Rung)
Spans = Mapping[Rung, Span]
"""How long each rung has."""


class Step(StrEnum):
    """What time does: a stopped clock goes on, the next rung takes over, the last rung's clock is over."""

    RESUMED = "resumed"
    CLIMBED = "climbed"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a matter stands: its rung and that rung's span, of which `used` had passed at `since`.

    `stopped`: the clock stands still since `since`, until `resumes_at`. `over`: the town's clock has run out.
    """

    rung: Rung
    span: Span
    since: datetime
    used: timedelta = timedelta()
    stopped: bool = False
    resumes_at: datetime | None = None
    over: bool = False


class NotNow(Exception):
    """This cannot be done to a ladder that stands so; `why` names the reason: a word of the refusals."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def first(level: str) -> Rung:
    """The rung a matter of an area of this level begins at; what is larger than a town is the town's."""
    return Rung(level) if level in RUNGS else Rung.TOWN


def following(rung: Rung) -> Rung | None:
    """The rung above, None above the town."""
    place = RUNGS.index(rung) + 1
    return RUNGS[place] if place < len(RUNGS) else None


def begin(rung: Rung, span: Span, now: datetime) -> Standing:
    """The clock of a rung starts."""
    return Standing(rung, span, now)


def used(standing: Standing, now: datetime, days: Workdays) -> timedelta:
    """How much of the rung's span has passed by now."""
    if standing.stopped:
        return standing.used
    return standing.used + passed(standing.span.unit, standing.since, now, days)


def runs_out(standing: Standing, days: Workdays) -> datetime | None:
    """When the rung's clock is over; None while it stands still or when it is over already."""
    if standing.stopped or standing.over:
        return None
    return after(standing.span.unit, standing.since, standing.span.length - standing.used, days)


def next_at(standing: Standing, days: Workdays) -> datetime | None:
    """When something happens by itself next."""
    return standing.resumes_at if standing.stopped else runs_out(standing, days)


def stop(standing: Standing, now: datetime, reason: str, until: datetime, days: Workdays) -> Standing:
    """Stop the clock for a reason until a moment (暂停计时); raises NotNow."""
    if not reason.strip():
        raise NotNow("no_reason")
    if standing.over:
        raise NotNow("over")
    if standing.stopped:
        raise NotNow("stopped")
    if until <= now:
        raise NotNow("past")
    if until > now + LONGEST_STOP:
        raise NotNow("too_long")
    return replace(standing, used=used(standing, now, days), since=now, stopped=True, resumes_at=until)


def resume(standing: Standing, now: datetime) -> Standing:
    """Let a stopped clock go on (恢复计时); raises NotNow."""
    if not standing.stopped:
        raise NotNow("running")
    return replace(standing, since=now, stopped=False, resumes_at=None)


def climb(standing: Standing, spans: Spans, now: datetime) -> Standing:
    """Go up one rung by word (升级), where a new clock starts; raises NotNow at the top."""
    above = following(standing.rung)
    if above is None:
        raise NotNow("top")
    return begin(above, spans[above], now)


def retime(standing: Standing, span: Span, now: datetime, days: Workdays) -> Standing:
    """Give the rung another span; what has passed stays passed, so that sorting anew gains no time."""
    if standing.stopped:
        return replace(standing, span=span)
    return replace(standing, span=span, used=used(standing, now, days), since=now, over=False)


def advance(
    standing: Standing, spans: Spans, now: datetime, days: Workdays
) -> tuple[Standing, list[tuple[datetime, Step, Standing]]]:
    """Take every step due by now; where it stands then, and (moment, step, standing after it) of each in order."""
    steps: list[tuple[datetime, Step, Standing]] = []
    while (at := next_at(standing, days)) is not None and at <= now:
        if standing.stopped:
            standing, step = resume(standing, at), Step.RESUMED
        elif following(standing.rung) is not None:
            standing, step = climb(standing, spans, at), Step.CLIMBED
        else:
            standing, step = replace(standing, over=True), Step.OVER
        steps.append((at, step, standing))
    return standing, steps
