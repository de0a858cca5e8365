"""R5: orders, replays, self-approval, edits and the clock, against a small model: nothing leaves unapproved."""

import contextlib
import copy
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from handlers.bulletins import actions, closing, drafting, views
from handlers.bulletins.views import Office
from handlers.dialogue.access import Refusal
from handlers.dialogue.scene import actor_of
from jobs.bulletins import tick
from jobs.channel import NotNow
from storage import areas, bulletins, deliveries, people
from storage.bulletins import BulletinKind, BulletinState
from storage.chats import ChatKind
from tests.support.stage import Stage, make_stage

HISTORIES = int(os.environ.get("RULES_HISTORIES", "25"))
"""Histories played; 1000 take a quarter of an hour."""
OFFICERS = ("民警甲", "民警乙", "民警丙", "办案队甲", "所长", "副所长", "教导员")
CHIEFS = ("所长", "副所长", "教导员")
PEOPLE = (*OFFICERS, "网格员甲", "指挥室", "居民甲", "平安办甲")
DEEDS = (
    ("approve",) * 4
    + ("both",) * 5
    + ("night",) * 2
    + ("again",) * 2
    + ("wait",) * 2
    + (*("stale", "submit", "edit", "readdress", "recall"),)
)
AUTHORS = ("民警甲", "所长", "办案队甲")
MARKS = ("黑色外套、骑红色电动车", "灰色上衣、走路一瘸一拐", "戴黑帽子、背双肩包", "开白色面包车、戴口罩")
FACTS = {"case": "柳公立字〔2026〕123号", "when": "11月16日下午3点", "place": "水头村村口", "adult": "成年"}
KINDS = ((ChatKind.RESIDENTS,), (ChatKind.WORKERS,), (ChatKind.RESIDENTS, ChatKind.WORKERS))


class Approvals(RuleBasedStateMachine):
    """One bulletin at a time in the sample county, and what the model knows of it."""

    @initialize(kind=st.sampled_from([BulletinKind.SUSPECT, BulletinKind.FRAUD]), hour=st.sampled_from([10, 21, 23, 6]))
    def open(self, kind: BulletinKind, hour: int) -> None:
        """A fresh county, at some hour."""
        self.folder = Path(mkdtemp(prefix="wangge-model-"))
        self.stage_maker = make_stage(self.folder)
        self.stage = next(self.stage_maker)
        self.world = self.stage.world
        self.stage.clock.moment = self.stage.clock.moment.replace(hour=hour, minute=40)
        self.kind, self.edits, self.hashes = kind, 0, [""]
        self.bulletin_id = 0
        self.sent = 0
        self._draft("民警甲")
        self.submit("民警甲", False)

    def teardown(self) -> None:
        """Close the database."""
        next(self.stage_maker, None)
        shutil.rmtree(self.folder)

    def _draft(self, author: str) -> None:
        self.author, self.night = author, False
        self.yeses: dict[str, datetime] = {}
        self.asked: datetime | None = None
        self.complete: datetime | None = None
        self.recalled = False
        self.public = True

        def draft(office: Office, actor: Any) -> int:  # noqa: ANN401
            marks = MARKS[self.edits % len(MARKS)]
            facts = {**FACTS, "marks": marks} if self.kind is BulletinKind.SUSPECT else None
            return drafting.draft(office, actor, self.kind, words=f"谨防诈骗 {marks}", facts=facts).id

        with self.world.db.write() as session:
            person = people.named(session, author)
            assert person is not None
            office = Office(session, self.world.words, self.world.station, self.world.now())
            self.bulletin_id = draft(office, actor_of(session, person.id))

    def _do(self, who: str, what: Callable[..., object]) -> bool:
        """Let somebody do something; False when it was refused, and then nothing is kept."""
        with self.world.db.read() as session:
            person = people.named(session, who)
        assert person is not None
        try:
            with self.world.db.write() as session:
                office = Office(session, self.world.words, self.world.station, self.world.now())
                what(office, actor_of(session, person.id), bulletins.get(session, self.bulletin_id))
        except Refusal:
            return False
        with self.world.db.read() as session:
            found = bulletins.get(session, self.bulletin_id).content_hash
        if found not in self.hashes:
            self.hashes.append(found)
        return True

    def _changed(self) -> None:
        """The model: whatever changes voids every yes and asks anew where it was asked before."""
        self.yeses, self.night, self.complete = {}, False, None
        if self.asked is not None:
            self.asked = self.world.now()

    def submit(self, who: str, at_once: bool) -> None:
        """Somebody presses 发送."""
        with self.world.db.read() as session:
            fresh = bulletins.get(session, self.bulletin_id).state is bulletins.BulletinState.DRAFT
        done = self._do(who, lambda office, actor, one: actions.submit(office, actor, one, at_once=at_once))
        assert not (done and who != self.author), "only the author sends"
        if done and fresh:
            self.yeses, self.asked, self.complete = {}, self.world.now(), None

    def approve(self, who: str, which: int, typed: bool) -> None:
        """Somebody presses a button of this or an earlier request, or types 批准."""
        seen = "" if typed else self.hashes[-1 - which % len(self.hashes)][:8]
        with self.world.db.read() as session:
            before = bulletins.get(session, self.bulletin_id)
            current = before.content_hash
            revision = before.revision
        done = self._do(who, lambda office, actor, one: closing.approve(office, actor, one, seen))
        assert not (done and (who == self.author or who not in OFFICERS)), f"{who} may not approve"
        bound = current.startswith(seen) if seen else revision == 1
        if (
            done
            and bound
            and self.asked is not None
            and self.world.now() <= self.asked + timedelta(minutes=30 if self._suspect else 720)
        ):
            self.yeses[who] = self.world.now()
            if self._enough() and self.complete is None:
                self.complete = self.world.now()

    def both_approve(self, first: str, second: str, between: str) -> None:
        """Two in a row press the newest button, with an edit or a while between them."""
        self.approve(first, 0, False)
        self.nothing_leaves_without_its_yeses()
        if between == "edit":
            self.edit(self.author)
        if between == "wait":
            self.wait(31)
        self.approve(second, 0, False)

    @property
    def _suspect(self) -> bool:
        return self.kind is BulletinKind.SUSPECT

    def _enough(self) -> bool:
        others = set(self.yeses) - {self.author}
        if self._suspect:
            return len(others) >= 2 and bool(others & set(CHIEFS))
        return len(others) >= 1 or not self.public

    def edit(self, who: str) -> None:
        """Somebody edits the words."""
        with self.world.db.read() as session:
            live = bulletins.get(session, self.bulletin_id).live_at is not None
        self.edits += 1
        words = MARKS[self.edits % len(MARKS)]
        if not live and self._do(who, lambda office, actor, one: closing.correct(office, actor, one, words)):
            assert who == self.author
            self._changed()

    def readdress(self, who: str, kinds: tuple[ChatKind, ...]) -> None:
        """Somebody changes the audience."""
        if self._do(who, lambda office, actor, one: actions.readdress(office, actor, one, None, kinds)):
            assert who == self.author
            self.public = ChatKind.RESIDENTS in kinds
            self._changed()

    def at_night(self, who: str) -> None:
        """Somebody says 夜间发送."""
        if self._do(who, lambda office, actor, one: actions.night(office, actor, one)):
            assert who in CHIEFS
            assert who != self.author
            self.night = True

    def recall(self, who: str) -> None:
        """Somebody takes it back."""
        if self._do(who, lambda office, actor, one: closing.recall(office, actor, one, "")):
            assert who in OFFICERS or who == "指挥室"
            self.recalled = True

    def again(self, author: str) -> None:
        """A new draft; the old one stays as it is."""
        self.edits += 1
        self.sent = 0
        self._draft(author)
        self.submit(author, False)

    def wait(self, minutes: int) -> None:
        """Time goes on, and the clock does what is due."""
        self.stage.clock.move(minutes=minutes)
        while tick(self.world):
            pass

    @rule(
        deed=st.sampled_from(DEEDS),
        who=st.sampled_from(OFFICERS),
        other=st.sampled_from(OFFICERS),
        anybody=st.sampled_from(PEOPLE),
        number=st.integers(0, 11),
    )
    def something_happens(self, deed: str, who: str, other: str, anybody: str, number: int) -> None:
        """One deed after the other; those that lead to a sending are the likeliest."""
        mostly_author = anybody if number % 4 == 0 else self.author
        {
            "approve": lambda: self.approve(who, 0, number % 3 == 0),
            "stale": lambda: self.approve(anybody, number, False),
            "both": lambda: self.both_approve(who, other, ("", "", "edit", "wait")[number % 4]),
            "submit": lambda: self.submit(mostly_author, number % 2 == 0),
            "edit": lambda: self.edit(mostly_author),
            "readdress": lambda: self.readdress(mostly_author, KINDS[number % 3]),
            "night": lambda: self.at_night(CHIEFS[number % 3] if number < 8 else anybody),
            "recall": lambda: self.recall(anybody),
            "again": lambda: self.again(AUTHORS[number % 3]),
            "wait": lambda: self.wait((1, 8, 11, 29, 31, 90, 500)[number % 7]),
        }[deed]()

    @invariant()
    def nothing_leaves_without_its_yeses(self) -> None:
        """A delivery exists only where the model has every yes in time, by day or with a chief's word."""
        if not hasattr(self, "world"):
            return
        with self.world.db.read() as session:
            one = bulletins.get(session, self.bulletin_id)
            count = len(deliveries.of_topic(session, one.topic))
            live_at = one.live_at.astimezone(self.world.station.zone) if one.live_at else None
        if count > self.sent:
            assert not self.recalled
            assert count == 1, "sent twice"
            assert self._enough(), f"sent with {set(self.yeses)} by {self.author}"
            assert live_at is not None
            quiet = live_at.time() >= time(22) or live_at.time() < time(7)
            if self._suspect:
                assert self.complete is not None
                assert live_at <= self.complete + timedelta(minutes=10)
                assert self.night or not quiet
            else:
                assert not quiet
            self.sent = count

    @invariant()
    def what_has_its_yeses_by_day_leaves(self) -> None:
        """The gate also opens: enough yeses by day, not recalled, and it is live."""
        if not hasattr(self, "world") or self.complete != self.world.now() or self.recalled:
            return
        clock = self.world.now().time()
        if time(7) <= clock < time(22):
            assert self.sent == 1


Approvals.TestCase.settings = settings(max_examples=HISTORIES, stateful_step_count=12, deadline=None)
TestApprovals = Approvals.TestCase


def test_a_suspect_notice_leaves_only_with_two_others_one_a_chief(tmp_path: Path) -> None:
    """The shortest history the model allows, told in words."""
    for stage in make_stage(tmp_path):
        with stage.world.db.write() as session:
            ids = {name: people.named(session, name) for name in OFFICERS}
            office = Office(session, stage.world.words, stage.world.station, stage.world.now())
            author, other, chief = (actor_of(session, ids[name].id) for name in ("民警甲", "民警乙", "所长"))  # type: ignore[union-attr]
            one = drafting.draft(office, author, BulletinKind.SUSPECT, facts={**FACTS, "marks": MARKS[0]})
            assert areas.get(session, one.area_id).name == "大侯村"
            actions.submit(office, author, one)
            closing.approve(office, other, one)
            assert not deliveries.of_topic(session, one.topic)
            closing.approve(office, chief, one)
            assert len(deliveries.of_topic(session, one.topic)) == 1


def _act(stage: Stage, who: str, what: Callable[[Office, Any], Any]) -> Any:  # noqa: ANN401 - what `what` gives
    with stage.world.db.write() as session:
        person = people.named(session, who)
        assert person is not None
        office = Office(session, stage.world.words, stage.world.station, stage.world.now())
        return what(office, actor_of(session, person.id))


def _asked(stage: Stage, kinds: tuple[ChatKind, ...] = ()) -> int:
    """A suspect notice that waits for its yeses."""

    def draft(office: Office, actor: Any) -> int:  # noqa: ANN401
        one = drafting.draft(office, actor, BulletinKind.SUSPECT, facts={**FACTS, "marks": MARKS[0]}, kinds=kinds)
        actions.submit(office, actor, one)
        return one.id

    number: int = _act(stage, "民警甲", draft)
    return number


def _approve(stage: Stage, number: int, *who: str, seen: str = "") -> None:
    for name in who:
        _act(stage, name, lambda office, actor: closing.approve(office, actor, _one(office, number), seen))


def _one(office: Office, number: int) -> bulletins.Bulletin:
    return bulletins.get(office.session, number)


def _state(stage: Stage, number: int) -> tuple[BulletinState, int]:
    """(its state, how many deliveries of it there ever were)."""
    with stage.world.db.read() as session:
        one = bulletins.get(session, number)
        return one.state, len(deliveries.of_topic(session, one.topic))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The sample county."""
    yield from make_stage(tmp_path)


@pytest.mark.parametrize(
    "who",
    [
        ("民警甲", "民警甲"),
        ("民警乙",),
        ("所长",),
        ("民警乙", "民警乙"),
        ("民警乙", "办案队甲"),
        ("民警乙", "民警丙", "办案队甲"),
    ],
)
def test_too_few_or_the_wrong_ones_send_nothing(stage: Stage, who: tuple[str, ...]) -> None:
    number = _asked(stage)
    for name in who:
        with contextlib.suppress(Refusal):
            _approve(stage, number, name)
    assert _state(stage, number) == (BulletinState.WAITING, 0)


@pytest.mark.parametrize("chief", CHIEFS)
@pytest.mark.parametrize("first", [True, False])
def test_two_others_one_of_them_a_chief_in_either_order(stage: Stage, chief: str, first: bool) -> None:
    number = _asked(stage)
    _approve(stage, number, *((chief, "民警乙") if first else ("民警乙", chief)))
    assert _state(stage, number) == (BulletinState.LIVE, 1)


def test_a_chief_who_wrote_it_counts_as_no_chief(stage: Stage) -> None:
    def draft(office: Office, actor: Any) -> int:  # noqa: ANN401
        one = drafting.draft(office, actor, BulletinKind.SUSPECT, facts={**FACTS, "marks": MARKS[0]})
        actions.submit(office, actor, one)
        return one.id

    number = _act(stage, "所长", draft)
    _approve(stage, number, "民警乙", "民警丙")
    assert _state(stage, number)[1] == 0
    _approve(stage, number, "副所长")
    assert _state(stage, number) == (BulletinState.LIVE, 1)


@pytest.mark.parametrize(("minutes", "state"), [(30, BulletinState.LIVE), (31, BulletinState.LAPSED)])
def test_the_yeses_are_complete_within_half_an_hour(stage: Stage, minutes: int, state: BulletinState) -> None:
    number = _asked(stage)
    _approve(stage, number, "民警乙")
    stage.clock.move(minutes=minutes)
    _approve(stage, number, "所长")
    assert _state(stage, number)[0] is state


def test_the_hash_covers_the_words_the_photo_the_case_and_the_groups(stage: Stage) -> None:
    number = _asked(stage)

    def hashed(office: Office, _actor: Any, change: Callable[[Any, dict[str, Any]], None]) -> str:  # noqa: ANN401
        one = _one(office, number)
        body = copy.deepcopy(bulletins.body_of(office.session, one))
        before = list(one.targets), one.revision
        change(one, body)
        found = views.content_hash(office, one, body)
        one.targets, one.revision = before
        return found

    def marks(_one: Any, body: dict[str, Any]) -> None:  # noqa: ANN401
        body["facts"]["marks"] = MARKS[1]

    def case(_one: Any, body: dict[str, Any]) -> None:  # noqa: ANN401
        body["facts"]["case"] = "别的案子 9999"

    def media(_one: Any, body: dict[str, Any]) -> None:  # noqa: ANN401
        body["media"] = [7]

    def groups(one: Any, _body: dict[str, Any]) -> None:  # noqa: ANN401
        one.targets = one.targets[:-1]

    def revision(one: Any, _body: dict[str, Any]) -> None:  # noqa: ANN401
        one.revision += 1

    changes = (lambda _one, _body: None, marks, case, media, groups, revision)
    found = [_act(stage, "民警甲", lambda office, actor, c=one: hashed(office, actor, c)) for one in changes]
    assert len(set(found)) == len(changes)
    with stage.world.db.read() as session:
        assert bulletins.get(session, number).content_hash == found[0]


def test_another_audience_voids_the_yes_given_before(stage: Stage) -> None:
    number = _asked(stage)
    _approve(stage, number, "民警乙")
    kinds = (ChatKind.WORKERS,)
    _act(stage, "民警甲", lambda office, actor: actions.readdress(office, actor, _one(office, number), None, kinds))
    with stage.world.db.read() as session:
        seen = bulletins.get(session, number).content_hash[:8]
    _approve(stage, number, "所长", seen=seen)
    assert _state(stage, number) == (BulletinState.WAITING, 0)
    _approve(stage, number, "民警乙", seen=seen)
    assert _state(stage, number) == (BulletinState.LIVE, 1)


def test_a_button_of_before_the_edit_is_no_yes(stage: Stage) -> None:
    number = _asked(stage)
    with stage.world.db.read() as session:
        old = bulletins.get(session, number).content_hash[:8]
    _act(stage, "民警甲", lambda office, actor: closing.correct(office, actor, _one(office, number), MARKS[1]))
    _approve(stage, number, "民警乙", "所长", seen=old)
    _approve(stage, number, "民警乙", "所长")
    assert _state(stage, number) == (BulletinState.WAITING, 0)


def test_an_edit_back_to_the_first_words_is_new_content(stage: Stage) -> None:
    number = _asked(stage)
    _approve(stage, number, "民警乙")
    for marks in (MARKS[1], MARKS[0]):
        _act(stage, "民警甲", lambda office, actor, m=marks: closing.correct(office, actor, _one(office, number), m))
    with stage.world.db.read() as session:
        seen = bulletins.get(session, number).content_hash[:8]
    _approve(stage, number, "所长", seen=seen)
    assert _state(stage, number) == (BulletinState.WAITING, 0)


def test_a_suspect_notice_is_never_scheduled(stage: Stage) -> None:
    number = _asked(stage)
    at = stage.world.now() + timedelta(hours=1)
    with pytest.raises(Refusal):
        _act(stage, "民警甲", lambda office, actor: actions.retime(office, actor, _one(office, number), at))
    with stage.world.db.read() as session:
        assert bulletins.get(session, number).send_at is None


def test_first_copies_within_ten_minutes_and_retries_of_the_same_hash_need_no_new_yes(stage: Stage) -> None:
    number = _asked(stage)
    stage.play.console.faults["商户群"] = NotNow("platform down")
    _approve(stage, number, "民警乙", "所长")
    groups = {one.chat for one in stage.play.pump() if "【协查】" in one.text}
    assert "大侯村居民群" in groups
    assert "商户群" not in groups
    stage.play.console.faults.clear()
    later = [one for _ in range(8) for one in stage.later(minutes=1)]
    assert any(one.chat == "商户群" and "【协查】" in one.text for one in later)
    assert _state(stage, number) == (BulletinState.LIVE, 1)


def test_nothing_left_within_ten_minutes_and_the_yeses_are_void(stage: Stage) -> None:
    number = _asked(stage)
    for one in ("大侯村居民群", "商户群", "义警群", "大侯村网格群"):
        stage.play.console.faults[one] = NotNow("platform down")
    _approve(stage, number, "民警乙", "所长")
    stage.play.pump()
    shown = [one for _ in range(10) for one in stage.later(minutes=1)]
    stage.play.console.faults.clear()
    shown += stage.later(minutes=1)
    assert not any("特征：" in one.text and one.chat.endswith("群") and one.what == "sent" for one in shown)
    assert _state(stage, number)[0] is BulletinState.EXPIRED


@pytest.mark.parametrize(("clock", "leaves"), [("21:59", True), ("22:00", False), ("06:59", False), ("07:00", True)])
def test_at_night_only_by_a_chiefs_word(stage: Stage, clock: str, leaves: bool) -> None:
    hour, minute = map(int, clock.split(":"))
    day = 19 if hour < 12 else 18
    stage.clock.moment = stage.clock.moment.replace(day=day, hour=hour, minute=minute)
    number = _asked(stage)
    _approve(stage, number, "民警乙", "所长")
    assert _state(stage, number)[1] == int(leaves)
    if not leaves:
        for who in ("民警甲", "民警乙"):
            with pytest.raises(Refusal):
                _act(stage, who, lambda office, actor: actions.night(office, actor, _one(office, number)))
        _act(stage, "教导员", lambda office, actor: actions.night(office, actor, _one(office, number)))
        assert _state(stage, number) == (BulletinState.LIVE, 1)


def test_a_bulletin_to_residents_or_to_many_groups_needs_one_other(stage: Stage) -> None:
    def draft(office: Office, actor: Any, kinds: tuple[ChatKind, ...], targets: int) -> tuple[int, int]:  # noqa: ANN401
        one = drafting.draft(office, actor, BulletinKind.FRAUD, words="不要转账给陌生人", kinds=kinds)
        one.targets = (one.targets * targets)[:targets]
        office.session.flush()
        actions.submit(office, actor, one, sure=targets)
        return one.id, len(deliveries.of_topic(office.session, one.topic))

    for kinds, targets, leaves in (
        ((ChatKind.RESIDENTS,), 1, 0),
        ((ChatKind.WORKERS,), 1, 1),
        ((ChatKind.WORKERS,), 5, 1),
        ((ChatKind.WORKERS,), 6, 0),
    ):
        number, sent = _act(stage, "民警甲", lambda office, actor, k=kinds, n=targets: draft(office, actor, k, n))
        assert sent == leaves
        if not leaves:
            _approve(stage, number, "民警乙")
            assert _state(stage, number) == (BulletinState.LIVE, 1)
