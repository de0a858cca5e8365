"""Rules of watching (看护): when something is a trouble, when it is told, when it is over. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

URGENT: Final = timedelta(seconds=10)
"""An urgent call that could go and is older than this is a trouble."""

STALLED: Final = timedelta(minutes=1)
"""Nothing was sent for so long while something waits that could go: a trouble."""

SURE: Final = 3.0
"""Seconds a trouble lasts before it is told: a clock that is moved makes everything old for a moment."""

CALM: Final = 15.0
"""Seconds of quiet after which a trouble is over; a new one is told anew."""

OUTAGE_TOLD_ANEW: Final = timedelta(minutes=10)
"""A database that fails again within this time after it was told is not told again."""

Kind = Literal["urgent", "stalled"]


@dataclass(frozen=True, slots=True)
class Queue:
    """How an account stands: since when its oldest urgent call could go, and its oldest of all; when it last sent."""

    account: str
    urgent_since: datetime | None = None
    waits_since: datetime | None = None
    last_sent: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble of one account; `name` names it for ever."""

    kind: Kind
    account: str
    since: datetime

    @property
    def name(self) -> str:
        """The name under which it is remembered."""
        return f"{self.kind}:{self.account}"


def troubles(queues: Iterable[Queue], now: datetime) -> list[Trouble]:
    """What is wrong now; where urgent calls wait too long, that the account is silent is not told as well."""
    found: list[Trouble] = []
    for one in queues:
        if one.urgent_since is not None and now - one.urgent_since > URGENT:
            found.append(Trouble("urgent", one.account, one.urgent_since))
        elif (
            one.waits_since is not None
            and now - one.waits_since > STALLED
            and (one.last_sent is None or not timedelta(0) <= now - one.last_sent <= STALLED)
        ):
            found.append(Trouble("stalled", one.account, max(one.waits_since, one.last_sent or one.waits_since)))
    return found


class Patience:
    """Waits until a trouble is sure before it is told, and until it is calm before it is over.

    Moments are seconds of a steady clock, which nobody sets.
    """

    def __init__(self) -> None:
        self._bad: dict[str, float] = {}
        self._good: dict[str, float] = {}

    def changes(self, present: Collection[str], told: Collection[str], moment: float) -> tuple[list[str], list[str]]:
        """Names of troubles to be told now, and of told ones that are over; `present` are those seen now."""
        self._bad = {name: self._bad.get(name, moment) for name in present}
        self._good = {name: self._good.get(name, moment) for name in told if name not in present}
        begun = [name for name, since in self._bad.items() if name not in told and moment - since >= SURE]
        over = [name for name, since in self._good.items() if moment - since >= CALM]
        return begun, over


def outage_is_told(last_told: datetime | None, now: datetime) -> bool:
    """Whether a database that failed for a while is worth a word."""
    return last_told is None or not timedelta(0) <= now - last_told < OUTAGE_TOLD_ANEW
