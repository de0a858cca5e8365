"""Picking (选取): which call of an account goes next, by lane and room, at a cost that does not grow with the queue.

Only the front of the queue is looked at. Calls that fill it though their chat has no room are parked (`waits =
room`) and come forward one by one when their chat opens, the first of the chat first.
"""

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue.world import World
from jobs.pace import NEVER, Pace
from storage import calls, claims, waiting
from storage.chats import ChatState
from storage.claims import Front
from storage.lanes import URGENT, Lane
from storage.outbox import CallKind, OutboxRow, Waits

FEW: Final = 4
FRONT: Final = 32
"""Calls looked at at a time: first a few, since one of them goes as a rule."""
LOOK_AGAIN: Final = 0.1
"""Seconds until a chat is looked at again of which only a call on the wire can tell when it opens."""
LONGEST: Final = 60.0
FAIR_EVERY: Final = 10
UNSERVED: Final = 30.0
"""A lane that was passed over for so many seconds gets one call in ten, however busy those before it are."""


def message_of(call: Front | OutboxRow) -> str | None:
    """The message a call is about, where another call may be about it, too."""
    return call.slot or (f"copy:{call.copy_id}" if call.copy_id is not None else None)


class Picker:
    """Chooses calls of one account; used by one thread at a time.

    `flying` are messages of which a call is on the wire, whichever ownership it belongs to.
    """

    def __init__(
        self, world: World, account: str, pace: Pace, flying: set[tuple[int, str | None]] | None = None
    ) -> None:
        self.world, self.account, self.pace = world, account, pace
        self.flying = flying if flying is not None else set()
        self.again_in = NEVER
        self._parked: set[int] = set()
        self._landed: set[int] = set()
        self._due: dict[int, float] = {}
        self._opening: list[tuple[float, int]] = []
        self._served: dict[Lane, float] = {}
        self._picks = 0
        self._next_due: datetime | None = None
        self._looked_at = -NEVER

    def took_off(self, call: OutboxRow) -> None:
        """A call is on the wire: nothing newer about the same message may leave."""
        self.flying.update(self._holds_up(call))

    def landed(self, chat_id: int, call: OutboxRow) -> None:
        """A call, made for that chat, is over and written down."""
        self.flying.difference_update((chat_id, message) for _, message in self._holds_up(call))
        self._landed.add(chat_id)

    def _holds_up(self, call: Front | OutboxRow) -> list[tuple[int, str | None]]:
        """What may not leave beside a call: the same message, or any message of its chat."""
        found: list[tuple[int, str | None]] = (
            [(call.chat_id, message)] if (message := message_of(call)) is not None else []
        )
        return [*found, (call.chat_id, None)] if self.pace.limits.in_order and call.kind is CallKind.SEND else found

    def begin(self, session: Session, steady: float) -> None:
        """Start as a new owner: what an owner before parked is looked at first."""
        self._parked, self._due, self._opening = set(waiting.parked_chats(session, self.account)), {}, []
        self._served = dict.fromkeys(Lane, steady)
        for chat_id in self._parked:
            self._look_at(chat_id, steady, 0.0)

    def anything(self, session: Session, steady: float) -> bool:
        """Whether it is worth while to take the lock; sets `again_in`."""
        self._look_for_due(session, steady)
        wait = NEVER if self._next_due is None else (self._next_due - self.world.now()).total_seconds()
        self._look_where_landed(steady)
        opens = self._opening[0][0] - steady if self._opening else NEVER
        self.again_in = max(min(wait, opens), 0.0)
        return self.again_in <= 0 or bool(claims.front(session, self.account, 1))

    def pick(self, session: Session, epoch: int, steady: float) -> OutboxRow | None:
        """Claim the next call that may go now; None where none may, and then `again_in` says when to look again."""
        now = self.world.now()
        if steady - self._looked_at >= LOOK_AGAIN:
            self._look_for_due(session, steady)
        if self._next_due is not None and self._next_due <= now:
            waiting.bring_due(session, self.account, now)
            self._next_due = None
        self._come_forward(session, steady)
        self._picks += 1
        passed_over = self._passed_over(session, steady) if self._picks % FAIR_EVERY == 0 else None
        row = self._first(session, epoch, steady, passed_over) if passed_over is not None else None
        if row is None:
            row = self._first(session, epoch, steady, None)
            if row is not None:
                self._served[row.lane] = steady
        if row is not None and row.chat_id in self._parked:
            self._look_at(row.chat_id, steady, 0.0)
        return row

    def _look_for_due(self, session: Session, steady: float) -> None:
        self._next_due, self._looked_at = waiting.next_due(session, self.account), steady

    def _first(self, session: Session, epoch: int, steady: float, lane: Lane | None) -> OutboxRow | None:
        most = FEW
        while True:
            fronts = claims.front(session, self.account, most, lane)
            row, blocked, again = self._look_through(session, fronts, epoch, steady)
            if row is not None:
                return row
            if again:
                continue
            if len(fronts) < most or (most == FRONT and not blocked):
                return None
            if most == FRONT:
                self._park(session, blocked, steady)
            most = FRONT

    def _look_through(
        self, session: Session, fronts: Sequence[Front], epoch: int, steady: float
    ) -> tuple[OutboxRow | None, dict[int, Front], bool]:
        """The call claimed; by chat those that have no room; whether the front has changed on the way."""
        blocked: dict[int, Front] = {}
        for front in fronts:
            if front.chat_state is not ChatState.OPEN and not _knocks(front):
                waiting.wait_for(session, Waits.CHAT, chat_id=front.chat_id)
                return None, blocked, True
            chosen = self._in_turn(session, front, steady)
            in_account = self.pace.account_in(steady, chosen.lane, chosen.kind, chosen.chat_kind.is_group)
            wait = max(in_account, self._wait(chosen, steady))
            if wait > 0:
                self.again_in = min(self.again_in, wait)
                if not in_account:
                    blocked[front.chat_id] = front
                continue
            row = claims.claim(session, chosen.id, epoch, self.world.now(), self._really(session, chosen))
            if row is not None:
                return row, blocked, False
            if waiting.wants_medium(session, chosen.content_id):
                waiting.wait_for(session, Waits.MEDIUM, content_id=chosen.content_id)
                return None, blocked, True
        return None, blocked, False

    def _in_turn(self, session: Session, front: Front, steady: float) -> Front:
        """A chat of which calls are parked says first what was to be said first."""
        if front.chat_id not in self._parked or front.kind in self.pace.limits.free:
            return front
        first = claims.first_of(session, front.chat_id)
        return first if first is not None and self._wait(first, steady) == 0 else front

    def _really(self, session: Session, front: Front) -> CallKind:
        """An edit of a message that stands nowhere is a send."""
        if front.kind is CallKind.EDIT and front.copy_id is None and front.slot is not None:
            standing = calls.live_copies(session, front.chat_id, front.slot)
            return CallKind.EDIT if any(copy.platform_id for copy in standing) else CallKind.SEND
        return front.kind

    def _wait(self, front: Front, steady: float) -> float:
        if not self.flying.isdisjoint(self._holds_up(front)):
            return LOOK_AGAIN
        return self.pace.room_in(front.chat_id, steady, front.lane, front.kind, front.chat_kind.is_group)

    def _park(self, session: Session, blocked: Mapping[int, Front], steady: float) -> None:
        """Clear the front of calls whose chat has no room."""
        like: defaultdict[tuple[frozenset[CallKind], Lane | None], list[int]] = defaultdict(list)
        for chat_id, front in blocked.items():
            group = front.chat_kind.is_group
            narrow = front.lane > URGENT and not self.pace.room_in(chat_id, steady, URGENT, front.kind, group)
            kinds = frozenset(kind for kind in CallKind if self.pace.room_in(chat_id, steady, front.lane, kind, group))
            like[(kinds or frozenset({front.kind}), URGENT if narrow else None)].append(chat_id)
            self._parked.add(chat_id)
            self._look_at(chat_id, steady, self._wait(front, steady))
        for (kinds, above), chat_ids in like.items():
            waiting.park(session, chat_ids, kinds, above)

    def _look_at(self, chat_id: int, steady: float, wait: float) -> None:
        """Look at a parked chat again after so many seconds."""
        moment = steady + (min(wait, LONGEST) if wait < NEVER else LOOK_AGAIN)
        self._due[chat_id] = moment
        heapq.heappush(self._opening, (moment, chat_id))

    def _look_where_landed(self, steady: float) -> None:
        """A parked chat is looked at as soon as a call into it is over."""
        while self._landed:
            if (chat_id := self._landed.pop()) in self._parked:
                self._look_at(chat_id, steady, 0.0)

    def _come_forward(self, session: Session, steady: float) -> None:
        """Let the first parked call of each chat that has room again come forward."""
        self._look_where_landed(steady)
        while self._opening and self._opening[0][0] <= steady:
            moment, chat_id = heapq.heappop(self._opening)
            if self._due.get(chat_id) != moment:
                continue
            del self._due[chat_id]
            first = claims.first_of(session, chat_id)
            wait = self._wait(first, steady) if first is not None else 0.0
            if wait > 0:
                self._look_at(chat_id, steady, wait)
            elif first is None or not waiting.unpark(session, chat_id):
                self._parked.discard(chat_id)

    def _passed_over(self, session: Session, steady: float) -> Lane | None:
        """The last lane in which calls have waited long while others went before them."""
        long_ago = self.world.now() - timedelta(seconds=UNSERVED)
        for lane in reversed(Lane):
            if steady - self._served.get(lane, steady) > UNSERVED:
                waiting = claims.front(session, self.account, 1, lane)
                if waiting and waiting[0].created_at <= long_ago:
                    return lane
        return None


def _knocks(front: Front) -> bool:
    """Whether it asks somebody who must write first to do so."""
    return front.kind is CallKind.KNOCK and front.chat_state is ChatState.UNOPENED
