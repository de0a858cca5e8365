"""The moves of an incident as a machine: whatever is pressed in whatever order, it is taken once and ends clean."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from handlers.dialogue.access import Refusal
from handlers.dialogue.message import Incoming
from handlers.dialogue.scene import Actor, Scene, actor_of
from handlers.incidents import actions, work
from handlers.incidents.actions import Telling
from jobs import deadlines
from storage import areas, chats, incidents, people
from storage.chats import ChatKind
from storage.incidents import IncidentKind, IncidentState
from tests.support.stage import Stage, make_stage

TEAM = st.sampled_from(["网格员甲", "民警甲", "辅警甲", "所长", "指挥室"])
STATES = IncidentState


class Moves(RuleBasedStateMachine):
    """Two reports and everything a team can do to them, against a plain model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.stages: Iterator[Stage] = make_stage(Path(self.folder.name))
        self.stage = next(self.stages)
        self.model: dict[int, tuple[IncidentState, str | None]] = {}
        self.told = 0
        for words in ("水头村村口路灯坏了", "东岭村桥栏杆断了"):
            self._report(words)

    def teardown(self) -> None:
        self.stages.close()  # type: ignore[attr-defined]
        self.folder.cleanup()

    def _report(self, words: str) -> None:
        world = self.stage.world
        self.told += 1
        with world.db.write() as session:
            person = people.named(session, "居民甲")
            assert person is not None
            chat = chats.private_of(session, person.id)
            area = areas.named(session, "大侯村")
            assert area is not None
            scene = Scene(actor_of(session, person.id), chat, ChatKind.PRIVATE, area.id)
            key, name = f"m{self.told}", "居民甲"
            message = Incoming("play", key, "message", name, True, name, name, world.now(), message_id=key)
            gazetteer = world.gazetteer(session)
            telling = Telling(IncidentKind.MATTER, words)
            incident = actions.record(session, scene, telling, words, message, world.now(), world.station, gazetteer)
            self.model[incident.id] = (STATES.OPEN, None)

    def _do(self, who: str, which: int, act: str) -> bool:
        world = self.stage.world
        now = world.now()
        with world.db.write() as session:
            incident = incidents.get(session, which)
            person = people.named(session, who)
            assert person is not None
            actor: Actor = actor_of(session, person.id)
            try:
                if act == "take":
                    work.take(session, actor, incident, now)
                elif act == "close":
                    work.close(session, actor, incident, "好了", now, world.station)
                elif act == "reopen":
                    work.reopen(session, actor, incident, now, world.station)
                elif act == "merge":
                    other = next(one for one in self.model if one != which)
                    work.merge(session, actor, incident, incidents.get(session, other), now)
                elif act == "assign":
                    other_person = people.named(session, "网格员乙")
                    assert other_person is not None
                    work.assign_person(session, actor, incident, other_person.id, now)
            except Refusal:
                return False
        return True

    @rule(who=TEAM, which=st.integers(1, 2))
    def take(self, who: str, which: int) -> None:
        may = self.model[which][0] is STATES.OPEN and not (which == 2 and who in ("网格员甲", "民警甲", "辅警甲"))
        assert self._do(who, which, "take") is may
        if may:
            self.model[which] = (STATES.TAKEN, who)

    @rule(who=st.sampled_from(["所长", "指挥室"]), which=st.integers(1, 2))
    def close(self, who: str, which: int) -> None:
        state, taker = self.model[which]
        may = state in (STATES.OPEN, STATES.TAKEN)
        assert self._do(who, which, "close") is may
        if may:
            self.model[which] = (STATES.DONE, taker or who)

    @rule(which=st.integers(1, 2))
    def reopen(self, which: int) -> None:
        state, taker = self.model[which]
        may = state in (STATES.DONE, STATES.MERGED)
        assert self._do("所长", which, "reopen") is may
        if may:
            self.model[which] = (STATES.TAKEN if taker else STATES.OPEN, taker)

    @rule(which=st.integers(1, 2))
    def merge(self, which: int) -> None:
        state, taker = self.model[which]
        under_way = (STATES.OPEN, STATES.TAKEN)
        may = state in under_way and self.model[3 - which][0] in under_way
        assert self._do("所长", which, "merge") is may
        if may:
            self.model[which] = (STATES.MERGED, taker)

    @rule(which=st.integers(1, 2))
    def assign(self, which: int) -> None:
        state, taker = self.model[which]
        may = state in (STATES.OPEN, STATES.TAKEN) and taker != "网格员乙"
        assert self._do("所长", which, "assign") is may
        if may:
            self.model[which] = (STATES.TAKEN, "网格员乙")

    @rule()
    def silence(self) -> None:
        self.stage.clock.move(minutes=20)
        while deadlines.tick(self.stage.world):
            pass

    @invariant()
    def rows_agree(self) -> None:
        with self.stage.world.db.read() as session:
            for which, (state, taker) in self.model.items():
                incident = incidents.get(session, which)
                assert incident.state is state
                name = people.name_of(session, incident.taken_by) if incident.taken_by else None
                assert name == taker
                assert (incident.next_at is None) or state is STATES.OPEN
                assert (incident.merged_into_id is not None) is (state is STATES.MERGED)


Moves.TestCase.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestMoves = Moves.TestCase
