"""Telegram's limits as a server would count them, in both readings of “30 a second or so”.

Pure: `now` is handed in, so that the same rules judge real time and a virtual clock. A negative chat is a group.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from math import ceil

PER_SECOND, PER_GROUP, MINUTE = 30, 20, 60.0


@dataclass(frozen=True)
class Refusal:
    """Too fast: in whose window (`account`, `chat`, `group`), and after how many seconds one may ask again."""

    scope: str
    retry_after: int


@dataclass
class Bucket:
    """The kind reading: 30 tokens, 30 a second come back; bursts are fine while there are tokens."""

    tokens: float = float(PER_SECOND)
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until there is room."""
        self.tokens = min(float(PER_SECOND), self.tokens + (now - self.at) * PER_SECOND)
        self.at = now
        return max(0.0, (1.0 - self.tokens) / PER_SECOND)

    def take(self, now: float) -> None:
        """Count a call."""
        self.tokens -= 1.0

    def refused(self, now: float, seconds: int) -> None:
        """A refused caller may ask again at once."""


@dataclass
class Strict:
    """The unkind reading: at most 30 in any second, and a refused caller is locked out for as long as it was told."""

    sent: deque[float] = field(default_factory=deque)
    locked_until: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until there is room."""
        while self.sent and self.sent[0] <= now - 1.0:
            self.sent.popleft()
        full = self.sent[0] + 1.0 - now if len(self.sent) >= PER_SECOND else 0.0
        return max(full, self.locked_until - now, 0.0)

    def take(self, now: float) -> None:
        """Count a call."""
        self.sent.append(now)

    def refused(self, now: float, seconds: int) -> None:
        """Lock the caller out; asking while locked does not make it longer."""
        if now >= self.locked_until:
            self.locked_until = now + seconds


@dataclass
class Limits:
    """The windows of one account: its own, and for what is said one call a second to a chat, 20 a minute to a group."""

    account: Bucket | Strict
    _last: dict[int, float] = field(default_factory=dict)
    _minute: defaultdict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def count(self, chat: int, now: float, *, says: bool = True) -> Refusal | None:
        """Count a call, or refuse it uncounted; one that says nothing (a deletion) counts for the account only."""
        if not says:
            return self._count_account(now)
        gap = self._last[chat] + 1.0 - now if chat in self._last else 0.0
        if gap > 0:
            return Refusal("chat", max(1, ceil(gap)))
        sent = self._minute[chat]
        while sent and sent[0] <= now - MINUTE:
            sent.popleft()
        if chat < 0 and len(sent) >= PER_GROUP:
            return Refusal("group", max(1, ceil(sent[0] + MINUTE - now)))
        refused = self._count_account(now)
        if refused is None:
            self._last[chat] = now
            sent.append(now)
        return refused

    def _count_account(self, now: float) -> Refusal | None:
        wait = self.account.wait(now)
        if wait > 0:
            seconds = max(1, ceil(wait))
            self.account.refused(now, seconds)
            return Refusal("account", seconds)
        self.account.take(now)
        return None


def most_within(moments: list[float], span: float) -> int:
    """The most moments that lie in any span, each window open at its end; `moments` in order."""
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - span:
            first += 1
        most = max(most, last - first + 1)
    return most
