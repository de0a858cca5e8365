"""A million calls through the pacer on a virtual clock: is any window ever overfull, and how much of the rate is left?

Owners change every few thousand calls, half of them by dying with calls on the wire; the next one rebuilds the
windows from what rows would tell. Calls take ways of 25 ± 10 ms, answers now and then seconds; the sender wakes up
late, now and then by a lot. Twenty groups are always behind. The checker looks at the moments the platform counts,
and knows nothing of the pacer. The rate is against 30 a second, without the seconds in which there was no owner.
"""

import heapq
import random
from collections import defaultdict
from dataclasses import dataclass, field

from benchmarks.limits import PER_GROUP, PER_SECOND, most_within
from benchmarks.table import Row
from bot.channels.telegram.channel import LIMITS
from jobs.pace import Pace, Past
from storage.lanes import Lane
from storage.outbox import CallKind

TITLE = "Rolling windows on a virtual clock"
NOISY, GROUPS, PRIVATE = 20, 3_000, 500
KINDS = (CallKind.SEND,) * 17 + (CallKind.EDIT,) * 2 + (CallKind.DELETE,)
LANES = (Lane.BULK,) * 16 + (Lane.REPLY, Lane.REPLY, Lane.LIFE, Lane.SUSPECT)


@dataclass
class Flying:
    """A call on the wire; compared by when its answer comes."""

    back: float
    chat: int
    kind: CallKind
    sent: float
    pace: Pace

    def __lt__(self, other: "Flying") -> bool:
        return self.back < other.back


@dataclass
class Simulation:
    """The sender, its clock, and the platform's moments."""

    seed: int
    now: float = 1000.0
    idle: float = 0.0
    owners: int = 1
    pace: Pace = field(default_factory=lambda: Pace(LIMITS))
    flying: list[Flying] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    account: list[float] = field(default_factory=list)
    chats: defaultdict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    sends: defaultdict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def way(self) -> float:
        """Seconds of one way."""
        return 0.025 + self.chance.uniform(-0.010, 0.010)

    def land(self) -> None:
        """Answers that have come by now."""
        while self.flying and self.flying[0].back <= self.now:
            one = heapq.heappop(self.flying)
            one.pace.landed(one.chat, one.back, one.kind, one.chat < 0)
            self.past.append(Past(one.chat, one.kind, one.chat < 0, one.sent, one.back))

    def wait(self, seconds: float) -> None:
        """Time goes on; who sleeps wakes up a little late, now and then very late."""
        late = self.chance.expovariate(1 / 0.0008)
        if self.chance.random() < 0.003:
            late += self.chance.uniform(0.0, 0.060)
        self.now += seconds + late
        self.land()

    def send(self, chat: int, kind: CallKind) -> None:
        """A call leaves; the platform counts it after one way."""
        self.pace.spend(chat, self.now, kind, chat < 0)
        counted = self.now + self.way()
        slow = self.chance.expovariate(1.0) if self.chance.random() < 0.002 else 0.0
        heapq.heappush(self.flying, Flying(counted + self.way() + slow, chat, kind, self.now, self.pace))
        self.sent.append(self.now)
        self.account.append(counted)
        if kind is not CallKind.DELETE:
            self.chats[chat].append(counted)
        if kind is CallKind.SEND:
            self.sends[chat].append(counted)

    def room(self, chat: int, kind: CallKind, lane: Lane) -> bool:
        """Whether such a call may go now."""
        group = chat < 0
        return (
            self.pace.room_in(chat, self.now, lane, kind, group) <= 0
            and self.pace.account_in(self.now, lane, kind, group) <= 0
        )

    def next_call(self) -> tuple[int, CallKind] | None:
        """The first call there is room for: of a noisy group where it may, else of anybody."""
        lane, kind = self.chance.choice(LANES), self.chance.choice(KINDS)
        for _ in range(3):
            noisy = -1 - self.chance.randrange(NOISY)
            if self.room(noisy, kind, lane):
                return noisy, kind
        for _ in range(40):
            # A few chats are talked to far more often than others.
            place = int(self.chance.random() ** 2 * (GROUPS + PRIVATE))
            chat = -1000 - place if place % 7 else 1000 + place
            if self.room(chat, kind, lane):
                return chat, kind
        return None

    def new_owner(self) -> None:
        """Hand over, or die with calls on the wire and be succeeded when the lease has run out."""
        unsettled = []
        if self.chance.random() < 0.5:
            while self.flying:
                gone = self.flying[0].back - self.now
                self.idle += max(0.0, gone)
                self.now = max(self.now, self.flying[0].back)
                self.land()
        else:
            unsettled = [(one.chat, one.kind, one.sent) for one in self.flying]
            self.flying.clear()
            gap = self.chance.uniform(0.0, 3.0)
            self.now, self.idle = self.now + gap, self.idle + gap
        self.pace, self.owners = Pace(LIMITS), self.owners + 1
        since = self.now - self.pace.longest - 3.0
        self.past = [one for one in self.past if one.sent >= since]
        doubtful = [Past(chat, kind, chat < 0, sent, self.now) for chat, kind, sent in unsettled]
        self.past += doubtful
        self.pace.rebuild(self.past, [], self.now)

    def run(self, count: int, owner_for: int) -> float:
        """Make so many calls; the share of 30 a second that was used."""
        began = self.now
        for number in range(1, count + 1):
            self.wait(self.pace.ready_in(self.now))
            while (
                len(self.flying) >= LIMITS.in_flight
                or self.pace.ready_in(self.now) > 0
                or (call := self.next_call()) is None
            ):
                self.wait(max(self.pace.ready_in(self.now), 0.002))
            self.send(*call)
            if number % owner_for == 0:
                self.new_owner()
            if number % 200 == 0:
                self.pace.tidy(self.now)
                since = self.now - 70.0
                self.past = [one for one in self.past if one.sent >= since]
        return count / (self.now - began - self.idle) / PER_SECOND

    def overfull(self) -> tuple[int, int, int]:
        """The fullest second of the account, of a chat, and the fullest minute of a group's sends."""
        chats = max(most_within(sorted(moments), 1.0) for moments in self.chats.values())
        groups = max(most_within(sorted(moments), 60.0) for chat, moments in self.sends.items() if chat < 0)
        return most_within(sorted(self.account), 1.0), chats, groups


def measure(short: bool) -> list[Row]:
    """One long simulation."""
    count = 30_000 if short else 1_000_000
    simulation = Simulation(seed=11)
    rate = simulation.run(count, 1_500 if short else 4_000)
    account, chat, group = simulation.overfull()
    sent = most_within(simulation.sent, 1.0)
    note = f"{count:,} calls, {simulation.owners} owners, {simulation.now / 3600:.1f} h of virtual time"
    return [
        Row(
            "fullest second of the account, as the platform counts",
            account,
            account,
            "calls",
            f"≤{PER_SECOND}",
            note=note,
        ),
        Row("fullest second of the account, as sent", sent, sent, "calls", f"≤{PER_SECOND}"),
        Row("fullest second of a chat", chat, chat, "calls", "≤1"),
        Row("fullest minute of a group", group, group, "messages", f"≤{PER_GROUP}"),
        Row("rate", rate * 100, None, "% of 30/s", "≥97"),
    ]
