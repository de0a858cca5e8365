"""Whatever order things happen in: nothing is lost or doubled, the newest words stand, the ledger knows every copy."""

import asyncio
import pathlib
import re
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select

from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from handlers.publishing import actions
from jobs import publishing, wire
from jobs.channel import CallFailed, Impossible, NotNow, Refused, Unsure
from storage import changes, chats, deliveries, outbox, waiting
from storage.changes import ChangeState
from storage.chats import Chat, ChatKind, ChatState
from storage.copies import Copy, CopyState
from storage.deliveries import Delivery, DeliveryState
from storage.lanes import AFTER_CRASH, Fate, Lane
from storage.outbox import CallKind, OutboxRow, OutboxState
from tests.jobs.conftest import new_post

GROUPS = 4
LANES = st.sampled_from([Lane.RECALL_PERSON, Lane.LIFE, Lane.REPLY, Lane.BULK])
ENDS: list[CallFailed | tuple[CallFailed] | None] = [
    None,
    None,
    Refused(timedelta(seconds=3)),
    NotNow("down"),
    Unsure("before it was taken"),
    (Unsure("after it was taken"),),
    Impossible("no"),
]
SCRIPTS = st.lists(st.sampled_from(ENDS), max_size=4)


class Delivering(RuleBasedStateMachine):
    """An account with a few groups, publishers, an operator, a platform with moods, and owners that die."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wangge-machine-"))
        self.post = new_post(self.folder / "w.db")
        self.numbers = 0
        self.versions: dict[str, int] = {}
        self.recalled: set[str] = set()
        self.slots: Counter[str] = Counter()
        self.here: list[str] = []
        self.untold: list[tuple[str, str]] = []

    @initialize()
    def begin(self) -> None:
        """The groups."""
        self.here = [f"-{number}" for number in range(1, GROUPS + 1)]
        for name in self.here:
            self.post.chat(name)

    def _chat(self, place: int) -> Chat:
        with self.post.world.db.read() as session:
            return session.get_one(Chat, place % GROUPS + 1)

    def _act(self, act: Callable[[], object], meanwhile: bool) -> None:
        """Do it now, or while the next call is on the wire."""
        if meanwhile:
            self.post.platform.meanwhile = lambda: act() and None
        else:
            act()

    # What is said

    @rule(lane=LANES, place=st.integers(0, GROUPS - 1), slot=st.sampled_from([None, "s"]), meanwhile=st.booleans())
    def put(self, lane: Lane, place: int, slot: str | None, meanwhile: bool) -> None:
        """A call of its own, or the next revision of a message that edits itself."""

        def act() -> None:
            self.numbers += 1
            text = f"P{self.numbers}"
            if slot is not None:
                name = f"S{place}"
                self.slots[name] += 1
                text = f"{name}r{self.slots[name]}"
            self.post.put(self._chat(place), text, lane, slot=slot)

        self._act(act, meanwhile)

    @rule(lane=LANES, places=st.sets(st.integers(0, GROUPS - 1), min_size=1))
    def publish(self, lane: Lane, places: set[int]) -> None:
        """A notice to several groups."""
        self.numbers += 1
        topic = f"search:{self.numbers}"
        self.versions[topic] = 1
        self.post.publish(f"T{topic}v1", *(self._chat(place) for place in places), topic=topic, lane=lane)

    @precondition(lambda self: set(self.versions) - self.recalled)
    @rule(data=st.data(), meanwhile=st.booleans())
    def update(self, data: st.DataObject, meanwhile: bool) -> None:
        """New words for a notice."""
        topic = data.draw(st.sampled_from(sorted(set(self.versions) - self.recalled)))

        def act() -> None:
            if topic not in self.recalled:
                self.versions[topic] += 1
                with self.post.world.db.write() as session:
                    actions.update(
                        session,
                        self.post.world.words,
                        topic=topic,
                        lane=Lane.LIFE,
                        notice=Say(said(f"T{topic}v{self.versions[topic]}")),
                        now=self.post.world.now(),
                    )

        self._act(act, meanwhile)

    @precondition(lambda self: set(self.versions) - self.recalled)
    @rule(data=st.data(), meanwhile=st.booleans())
    def recall(self, data: st.DataObject, meanwhile: bool) -> None:
        """A notice is taken back."""
        topic = data.draw(st.sampled_from(sorted(set(self.versions) - self.recalled)))

        def act() -> None:
            self.recalled.add(topic)
            with self.post.world.db.write() as session:
                actions.take_back(
                    session,
                    self.post.world.words,
                    topic=topic,
                    closing=said(f"C{topic}"),
                    lane=Lane.RECALL_PERSON,
                    now=self.post.world.now(),
                )

        self._act(act, meanwhile)

    @precondition(lambda self: self.versions)
    @rule(data=st.data(), how=st.sampled_from(["pause", "resume", "stop"]), meanwhile=st.booleans())
    def operate(self, data: st.DataObject, how: str, meanwhile: bool) -> None:
        """An operator pauses, takes up again or stops a delivery."""
        topic = data.draw(st.sampled_from(sorted(self.versions)))

        def act() -> None:
            with self.post.world.db.write() as session:
                for one in deliveries.of_topic(session, topic):
                    now = self.post.world.now()
                    if how == "pause":
                        deliveries.pause(session, one)
                    elif how == "resume":
                        deliveries.resume(session, one, now)
                    else:
                        deliveries.stop(session, one, now)

        self._act(act, meanwhile)

    # What happens to it

    @rule(script=SCRIPTS)
    def drain(self, script: list[CallFailed | tuple[CallFailed] | None]) -> None:
        """An owner makes what may go now, and the platform has its moods."""
        self.post.platform.script = list(script)
        publishing.tick(self.post.world)
        self.post.drain()
        self.post.platform.script = []
        publishing.tick(self.post.world)

    @rule(taken=st.lists(st.booleans(), min_size=1, max_size=3))
    def crash(self, taken: list[bool]) -> None:
        """An owner dies with calls on the wire; some have arrived."""
        one = self.post.owner()
        assert one.own()
        for arrives in taken:
            job = one._claim()
            if job is None:
                break
            one.picker.took_off(job.row)
            if arrives:
                try:
                    asyncio.run(wire.make(self.post.world, self.post.platform, job))
                except CallFailed:
                    continue
        self.post.later(4)

    @rule(seconds=st.sampled_from([1, 5, 70]))
    def wait(self, seconds: int) -> None:
        """Time goes on."""
        self.post.later(seconds)

    # What happens to the groups

    @rule(place=st.integers(0, GROUPS - 1), tells=st.lists(st.booleans(), max_size=2), meanwhile=st.booleans())
    def migrate(self, place: int, tells: list[bool], meanwhile: bool) -> None:
        """A group becomes a supergroup; the platform tells so now, later, twice or never."""

        def act() -> None:
            old = self.here[place]
            new = f"{old}0"
            self.here[place] = new
            self.post.platform.move(old, new)
            for names in (self.post.platform.gone, self.post.platform.muted):
                if old in names:
                    names.add(new)
            for now in tells:
                self.untold.append((old, new))
                if now:
                    self._tell()

        self._act(act, meanwhile)

    def _tell(self) -> None:
        old, new = self.untold.pop()
        with self.post.world.db.write() as session:
            waiting.move_chat(session, "a", old, new, self.post.world.now())

    @precondition(lambda self: self.untold)
    @rule(meanwhile=st.booleans())
    def tell(self, meanwhile: bool) -> None:
        """A service message about a move comes in."""
        self._act(lambda: self._tell() if self.untold else None, meanwhile)

    @rule(place=st.integers(0, GROUPS - 1), how=st.sampled_from(["kick", "mute"]), told=st.booleans())
    def shut(self, place: int, how: str, told: bool) -> None:
        """The bot is put out or silenced; it hears so, or learns it from the next call."""
        name = self.here[place]
        (self.post.platform.gone if how == "kick" else self.post.platform.muted).add(name)
        if told:
            with self.post.world.db.write() as session:
                chat = chats.at(session, "a", name)
                if chat is not None:
                    state = ChatState.GONE if how == "kick" else ChatState.MUTED
                    chats.set_state(session, chat.id, state, self.post.world.now())

    @rule(place=st.integers(0, GROUPS - 1))
    def open(self, place: int) -> None:
        """The bot is put in again, or may speak again."""
        self._open(self.here[place])

    def _open(self, name: str) -> None:
        self.post.platform.gone.discard(name)
        self.post.platform.muted.discard(name)
        with self.post.world.db.write() as session:
            chat = chats.at(session, "a", name)
            if chat is not None:
                chats.set_state(session, chat.id, ChatState.OPEN, self.post.world.now())
                waiting.release_held(session, chat.id)

    # What must be true

    def teardown(self) -> None:
        """All is well again and goes on to its end; then it is held against what the platform shows."""
        try:
            if self.here:
                self._heal()
                self._check()
        finally:
            self.post.world.db.close()
            shutil.rmtree(self.folder)

    def _heal(self) -> None:
        self.post.platform.meanwhile = None
        while self.untold:
            self._tell()
        for old, new in self.post.platform.moved.items():
            with self.post.world.db.write() as session:
                waiting.move_chat(session, "a", old, new, self.post.world.now())
        for name in self.here:
            self._open(name)
        with self.post.world.db.write() as session:
            for one in session.scalars(select(Delivery).where(Delivery.state == DeliveryState.PAUSED)).all():
                deliveries.resume(session, one, self.post.world.now())
        self.post.settle(8, 61)

    def _check(self) -> None:
        took, shown = self.post.platform.took, self.post.platform.shown
        with self.post.world.db.read() as session:
            rows = session.scalars(select(OutboxRow)).all()
            ledger = session.scalars(select(Copy)).all()
            going = session.scalars(select(changes.Change).where(changes.Change.state == ChangeState.GOING)).all()
            names = {chat.id: chat.platform_id for chat in session.scalars(select(Chat))}
            assert all(chat.kind is ChatKind.RESIDENTS for chat in session.scalars(select(Chat)))
        stuck = [
            (row.id, row.state, row.waits) for row in rows if row.state in outbox.WAITING or row.state == "sending"
        ]
        assert not stuck, stuck
        assert not going
        assert set(names.values()) == set(self.here)
        made = Counter(one.key for one in took if one.what == "send")
        for row in rows:
            if row.kind is not CallKind.SEND:
                continue
            if AFTER_CRASH[row.lane] is not Fate.AGAIN:
                assert made[row.key] <= 1, f"routine call {row.id} was made {made[row.key]} times"
            if row.state is OutboxState.SENT:
                assert made[row.key] >= 1, f"call {row.id} is sent but never was"
            if made[row.key] and row.state is not OutboxState.SENT and row.topic is not None and row.copy_id is None:
                assert any(copy.outbox_id == row.id for copy in ledger), f"call {row.id} may stand and nobody knows"
        self._newest(took)
        self._taken_back(rows, ledger, {one: text for chat in shown.values() for one, text in chat.items()})

    def _newest(self, took: "list[object]") -> None:
        """No older words after newer ones, in a message or in a slot."""
        seen: defaultdict[str, int] = defaultdict(int)
        for one in took:
            match = re.fullmatch(r"(S\d+)r(\d+)|(T.*)v(\d+)", one.text)  # type: ignore[attr-defined]
            if match is None:
                continue
            name = match[1] or f"{one.message} {match[3]}"  # type: ignore[attr-defined]
            number = int(match[2] or match[4])
            assert number >= seen[name], f"{name}: {number} after {seen[name]}"
            seen[name] = number

    def _taken_back(self, rows: "list[OutboxRow]", ledger: "list[Copy]", standing: dict[str, str]) -> None:
        """Of a recalled record nothing stands uncorrected but what is lost; every message of it is in the ledger."""
        of_key = {row.key: row for row in rows}
        known = {copy.platform_id: copy for copy in ledger if copy.platform_id}
        doubtful = Counter(copy.outbox_id for copy in ledger if copy.platform_id is None)
        bare: Counter[int] = Counter()
        for one in self.post.platform.took:
            row = of_key.get(one.key)
            if one.what != "send" or row is None or row.topic is None or row.copy_id is not None:
                continue
            copy = known.get(one.message)
            if copy is None:
                bare[row.id] += 1
            if row.topic not in self.recalled:
                continue
            if copy is not None:
                stands = standing.get(one.message, "").startswith("T")
                if copy.state not in (CopyState.LOST, CopyState.CORRECTED):
                    assert not stands, f"{one.message} still stands, {copy.state}"
        for row_id, count in bare.items():
            assert count <= doubtful[row_id], f"call {row_id} left copies nobody knows of"
        for copy in ledger:
            if copy.topic in self.recalled:
                assert copy.state is not CopyState.LIVE, f"copy {copy.id} of {copy.topic} was not dealt with"


TestDelivering = Delivering.TestCase
TestDelivering.settings = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
