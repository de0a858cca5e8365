"""Quotas (配额) the platform keeps in silence: what goes beyond them is dropped without an error.

So they are counted here, and what would be dropped waits. Counted in grains of a window rather than one by one, to
the safe side: a grain counts until all of it has left the window.
"""

import math
from collections import deque
from collections.abc import Iterable
from typing import Final

GRAINS: Final = 60


class Rolling:
    """At most `most` in any `seconds`; moments are seconds of a steady clock."""

    __slots__ = ("_grain", "_past", "most", "seconds", "total")

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds, self.total = most, seconds, 0
        self._grain = seconds / GRAINS
        self._past: deque[tuple[int, int]] = deque()

    def wait(self, now: float, count: int = 1) -> float:
        """Seconds until so many more fit; infinite where they never do."""
        self._forget(now)
        if count > self.most:
            return math.inf
        total = self.total
        for grain, counted in ((0, 0), *self._past):
            total -= counted
            if total + count <= self.most:
                return max((grain + 1) * self._grain + self.seconds - now, 0.0) if counted else 0.0
        return 0.0

    def add(self, now: float, count: int = 1) -> None:
        """Count so many."""
        self._forget(now)
        grain = math.floor(now / self._grain)
        if self._past and self._past[-1][0] >= grain:
            grain, before = self._past.pop()
            self._past.append((grain, before + count))
        else:
            self._past.append((grain, count))
        self.total += count

    def _forget(self, now: float) -> None:
        while self._past and (self._past[0][0] + 1) * self._grain + self.seconds <= now:
            self.total -= self._past.popleft()[1]


class Members:
    """What each member of duty groups, and all of them together, may get from one app.

    `each` and `together` are (most, seconds) pairs.
    """

    MOST_KNOWN: Final = 20_000

    def __init__(self, each: Iterable[tuple[int, float]], together: Iterable[tuple[int, float]]) -> None:
        self._each = tuple(each)
        self._together = tuple(Rolling(*one) for one in together)
        self._members: dict[str, tuple[Rolling, ...]] = {}

    def wait(self, members: Iterable[str], now: float) -> float:
        """Seconds until a message may go to all these members; 0 where it may now."""
        there = list(members)
        waits = [one.wait(now, len(there)) for one in self._together]
        waits += [book.wait(now) for member in there for book in self._members.get(member, ())]
        return max(waits, default=0.0)

    def add(self, members: Iterable[str], now: float) -> None:
        """Count a message to all these members."""
        there = list(members)
        for one in self._together:
            one.add(now, len(there))
        for member in there:
            books = self._members.get(member)
            if books is None:
                self._tidy(now)
                books = self._members[member] = tuple(Rolling(*one) for one in self._each)
            for book in books:
                book.add(now)

    def _tidy(self, now: float) -> None:
        """Forget members who got nothing for so long that nothing of it counts."""
        if len(self._members) < self.MOST_KNOWN:
            return
        for member, books in list(self._members.items()):
            for book in books:
                book._forget(now)
            if not any(book.total for book in books):
                del self._members[member]
