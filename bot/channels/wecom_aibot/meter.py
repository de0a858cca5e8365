"""The meter (计量): frames that really went to a chat; closing ones are counted, too, which no outbox row counts."""

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from jobs.channel import Later

MINUTE: Final = 60.0
KEPT: Final = 4096


class Meter:
    """Counts what went out by name; `windows` are pairs of how many in how many seconds."""

    def __init__(self, windows: tuple[tuple[int, float], ...], clock: Callable[[], float]) -> None:
        self._windows, self._clock = windows, clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def lately(self, name: str) -> int:
        """How many went out within the last minute."""
        since = self._clock() - MINUTE
        return sum(one > since for one in self._times.get(name, ()))

    def take(self, name: str, owed: int = 0) -> None:
        """Count one, with `owed` more sure to follow; raises Later where the platform would find them too many."""
        times, now = self._times.get(name, ()), self._clock()
        for full, seconds in self._windows:
            most = max(full - owed, 1)
            if len(times) >= most and (left := times[-most] + seconds - now) > 0:
                raise Later(timedelta(seconds=left))
        self.note(name)

    def note(self, name: str) -> None:
        """Count one that goes out whatever the platform says."""
        times = self._times.setdefault(name, deque(maxlen=max(most for most, _ in self._windows)))
        times.append(self._clock())
        self._times.move_to_end(name)
        while len(self._times) > KEPT:
            self._times.popitem(last=False)
