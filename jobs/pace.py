"""Pace (限速): when the next call may go out, by exact rolling windows per account and chat."""

from collections import defaultdict, deque
from collections.abc import Iterable

from jobs.channel import Limits
from storage.lanes import Lane

MINUTE = 60.0


class Pace:
    """The windows of one account; moments are seconds of any steady clock.

    A steady grid spaces the account's calls; nothing missed is made up beyond 10 ms, since catching up draws
    refusals. A chat waits `chat_gap` between calls; a group has `group_per_minute` in any rolling minute, the last
    `group_reserve` of them kept for the first three lanes.
    """

    LATE = 0.01

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._next = 0.0
        self._paused_until = 0.0
        self._chat_next: dict[int, float] = {}
        self._minute: defaultdict[int, deque[float]] = defaultdict(deque)
        self._refused_at: deque[tuple[float, int]] = deque(maxlen=2)

    def rebuild(self, sends: Iterable[tuple[int, float]]) -> None:
        """Fill the windows from calls made before (chat, moment), oldest first."""
        for chat, moment in sends:
            self._note(chat, moment)

    def ready_in(self, now: float) -> float:
        """Seconds until the account may make its next call."""
        return max(self._next - self.LATE - now, self._paused_until - now, 0.0)

    def closed(self, now: float) -> tuple[set[int], dict[int, Lane]]:
        """Chats with no room now, and chats with room only for lanes up to one."""
        shut = {chat for chat, moment in self._chat_next.items() if moment > now}
        narrow: dict[int, Lane] = {}
        limit = self.limits.group_per_minute
        if limit is not None:
            for chat, sent in self._minute.items():
                while sent and sent[0] <= now - MINUTE:
                    sent.popleft()
                if len(sent) >= limit:
                    shut.add(chat)
                elif len(sent) >= limit - self.limits.group_reserve:
                    narrow[chat] = Lane.SUSPECT
        for chat in [chat for chat, moment in self._chat_next.items() if moment <= now]:
            del self._chat_next[chat]
        return shut, narrow

    def wake_in(self, now: float) -> float:
        """Seconds until the earliest shut chat may open; infinity where none is shut."""
        moments = [moment - now for moment in self._chat_next.values() if moment > now]
        limit = self.limits.group_per_minute
        if limit is not None:
            reserve = limit - self.limits.group_reserve
            moments += [sent[0] + MINUTE - now for sent in self._minute.values() if len(sent) >= reserve]
        return max(min(moments, default=float("inf")), 0.0)

    def spend(self, chat: int, now: float, group: bool) -> None:
        """Note a call made now."""
        if self.limits.per_second:
            every = 1.0 / self.limits.per_second
            self._next = max(self._next, now - self.LATE) + every
        self._note(chat, now, group)

    def _note(self, chat: int, moment: float, group: bool = True) -> None:
        if self.limits.chat_gap:
            self._chat_next[chat] = max(self._chat_next.get(chat, 0.0), moment + self.limits.chat_gap)
        if group and self.limits.group_per_minute is not None:
            self._minute[chat].append(moment)

    def refused(self, chat: int, wait: float, now: float) -> None:
        """A refusal pauses its chat; two chats refused within a second pause the account."""
        self._chat_next[chat] = max(self._chat_next.get(chat, 0.0), now + wait)
        if any(other != chat and now - moment <= 1.0 for moment, other in self._refused_at):
            self._paused_until = max(self._paused_until, now + wait)
        self._refused_at.append((now, chat))
