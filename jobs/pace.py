"""Pace (限速): when a call may go out: a steady grid, and exact rolling windows per account, chat and kind of call."""

import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from jobs.channel import Limits, Window
from storage.lanes import URGENT, Lane
from storage.outbox import CallKind

NEVER: Final = float("inf")
SHORT: Final = 2.0
"""Windows of an account up to so many seconds count from the sending: the answer to one call holds up no other."""
LEAST: Final = 0.25
LOWER: Final = 0.85
RAISE: Final = 0.02
RAISE_EVERY: Final = 5.0
TOGETHER: Final = 1.0
"""Two chats refused within so many seconds mean the account."""
LONGEST_PAUSE: Final = 300.0
"""Seconds for which refusals of single chats can pause the whole account: that it is meant is our guess."""
Scope = Literal["chat", "account"]


@dataclass(slots=True)
class _Book:
    """The calls in one window: moments they were over, oldest first, and how many are on the wire."""

    moments: deque[float] = field(default_factory=deque)
    flying: int = 0

    def free_in(self, most: int, seconds: float, now: float) -> float:
        """Seconds until one more call fits, NEVER while only the answers to come can tell."""
        while self.moments and self.moments[0] <= now - seconds:
            self.moments.popleft()
        over = len(self.moments) + self.flying - most
        if over < 0:
            return 0.0
        return self.moments[over] + seconds - now if over < len(self.moments) else NEVER


@dataclass(frozen=True, slots=True)
class Past:
    """A call made before; moments in seconds of the steady clock, `done` when it was surely over."""

    chat: int
    kind: CallKind
    group: bool
    sent: float
    done: float


class Pace:
    """The limits of one account; moments are seconds of any steady clock.

    A steady grid spaces the account's calls. Of what was missed at most 7 ms are made up, a little faster than the
    grid: more would overrun the account's window, or, kept within it, come back as a pause one window later, again and
    again, in which the urgent would wait.

    A platform counts a call some time between its sending and its answer: the windows of chats count from the answer,
    so that they hold at the platform, too. After refusals of the account the grid widens, and narrows again slowly.
    May be used by several threads.
    """

    LATE = 0.007
    HASTE = 0.8
    SILENCE = 0.1
    LATEST = 0.25

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.share = 1.0
        self._next = -NEVER
        self._last = -NEVER
        self._quickest = NEVER
        self._paused_until = -NEVER
        self._shut: dict[int, float] = {}
        self._books: defaultdict[tuple[Window, int], _Book] = defaultdict(_Book)
        self._refused: deque[tuple[float, int]] = deque(maxlen=8)
        self._changed_at = -NEVER
        self._lock = threading.Lock()
        self._account = tuple(one for one in limits.windows if one.of == "account")
        self._chat = tuple(one for one in limits.windows if one.of == "chat")

    @property
    def _every(self) -> float:
        return 1.0 / (self.limits.per_second * self.share) if self.limits.per_second else 0.0

    @property
    def longest(self) -> float:
        """Seconds of the longest window: what must be known of the past."""
        return max((one.seconds + self.limits.way for one in self.limits.windows), default=0.0)

    def rebuild(self, calls: Iterable[Past], refused: Iterable[tuple[int, float]], now: float) -> None:
        """Fill the windows from calls made before, in the order they were made, and from refusals (chat, until)."""
        with self._lock:
            for one in sorted(calls, key=lambda call: call.done):
                for window, book in self._of(one.chat, one.kind, one.group):
                    book.moments.append(min(one.sent if _from_sending(window) else one.done, now))
            for book in self._books.values():
                book.moments = deque(sorted(book.moments))
            for chat, until in refused:
                self._shut[chat] = max(self._shut.get(chat, -NEVER), until)

    def ready_in(self, now: float) -> float:
        """Seconds until the account may make a call of the first lanes."""
        with self._lock:
            return self._ready_in(now)

    def _ready_in(self, now: float) -> float:
        soonest = self._last + self.HASTE * self._every
        grid = max(self._next - now, soonest - now, self._paused_until - now, 0.0)
        whole = (one for one in self._account if one.kinds is None and not one.groups)
        return max([grid, *(self._free_in(window, 0, Lane.RECALL_PERSON, now) for window in whole)])

    def room_in(self, chat: int, now: float, lane: Lane, kind: CallKind, group: bool) -> float:
        """Seconds until its chat has room for such a call; 0 for now, NEVER while only answers to come can tell."""
        if kind in self.limits.free:
            return 0.0
        with self._lock:
            shut = self._shut.get(chat, -NEVER) - now
            waits = [self._free_in(one, chat, lane, now) for one in self._chat if _counts(one, kind, group)]
            return max([shut, 0.0, *waits])

    def account_in(self, now: float, lane: Lane, kind: CallKind, group: bool) -> float:
        """Seconds until the windows of the account have room for such a call of this lane."""
        if kind in self.limits.free:
            return 0.0
        with self._lock:
            waits = [self._free_in(one, 0, lane, now) for one in self._account if _counts(one, kind, group)]
            return max([0.0, *waits])

    def spend(self, chat: int, now: float, kind: CallKind, group: bool) -> None:
        """Note that a call goes out now."""
        if kind in self.limits.free:
            return
        with self._lock:
            missed = min(now - self._next, self.LATE) if now - self._next < self.SILENCE else 0.0
            self._next, self._last = max(self._next, now - missed) + self._every, now
            for window, book in self._of(chat, kind, group):
                if _from_sending(window):
                    book.moments.append(now)
                else:
                    book.flying += 1

    def landed(self, chat: int, now: float, kind: CallKind, group: bool, sent: float | None = None) -> None:
        """Note that a call is over, however it ended; `sent` is when it went out, where that is known.

        One that took longer than the way can explain may have reached the platform late (a connection had to be
        made first): it counts as sent later, at most `LATEST` seconds.
        """
        if kind in self.limits.free:
            return
        with self._lock:
            late = self._lateness(now, sent)
            for window, book in self._of(chat, kind, group):
                if not _from_sending(window):
                    book.flying -= 1
                    book.moments.append(now)
                elif late and sent is not None and sent in book.moments:
                    book.moments.remove(sent)
                    book.moments = deque(sorted([*book.moments, sent + late]))
            if self.share < 1.0 and now - self._changed_at >= RAISE_EVERY:
                self.share, self._changed_at = min(1.0, self.share + RAISE), now

    def _lateness(self, now: float, sent: float | None) -> float:
        if sent is None:
            return 0.0
        self._quickest = min(self._quickest, now - sent)
        longer = now - sent - self._quickest
        return min(longer - self.limits.way, self.LATEST) if longer > 2 * self.limits.way else 0.0

    def refused(self, chat: int, wait: float, now: float) -> Scope:
        """Obey a refusal: it pauses its chat; two chats refused within a second pause the account and slow it down.

        Where our own windows say that the chat was nearly full, the refusal says nothing about the account.
        """
        with self._lock:
            self._shut[chat] = max(self._shut.get(chat, -NEVER), now + wait)
            if self._nearly_full(chat, now):
                return "chat"
            alone = all(other == chat or now - moment > TOGETHER for moment, other in self._refused)
            self._refused.append((now, chat))
            if alone and self._paused_until <= now:
                return "chat"
            self._paused_until = max(self._paused_until, now + min(wait, LONGEST_PAUSE))
            if now - self._changed_at >= TOGETHER:
                self.share, self._changed_at = max(LEAST, self.share * LOWER), now
            return "account"

    def pause(self, until: float) -> None:
        """Make no call before that moment."""
        with self._lock:
            self._paused_until = max(self._paused_until, until)

    def tidy(self, now: float) -> None:
        """Forget chats that are not limited any more."""
        with self._lock:
            for key, book in list(self._books.items()):
                if not book.flying and (not book.moments or book.moments[-1] <= now - key[0].seconds - 1.0):
                    del self._books[key]
            for chat in [chat for chat, until in self._shut.items() if until <= now]:
                del self._shut[chat]

    def _nearly_full(self, chat: int, now: float) -> bool:
        for window in self._chat:
            book = self._books.get((window, chat))
            if window.most > 2 and book is not None and book.free_in(window.most - 2, window.seconds, now) > 0:
                return True
        return False

    def _free_in(self, window: Window, chat: int, lane: Lane, now: float) -> float:
        most = window.most - (window.reserve if lane > URGENT else 0)
        book = self._books.get((window, chat if window.of == "chat" else 0))
        way = self.limits.way if _from_sending(window) else 0.0
        return book.free_in(most, window.seconds + way, now) if book is not None else 0.0

    def _of(self, chat: int, kind: CallKind, group: bool) -> Iterable[tuple[Window, _Book]]:
        for window in self.limits.windows:
            if _counts(window, kind, group):
                yield window, self._books[(window, chat if window.of == "chat" else 0)]


def _counts(window: Window, kind: CallKind, group: bool) -> bool:
    return (window.kinds is None or kind in window.kinds) and (group or not window.groups)


def _from_sending(window: Window) -> bool:
    return window.of == "account" and window.seconds <= SHORT
