"""R13: opening an identity needs a keeper of secrets and a case officer, two people, a reason, and is told to auditors.

A model of who asked, who agreed and when runs beside the real thing through orders, replays, waiting, lost roles,
leaving and erasing. RULES_DISCLOSURES says how many histories are tried (15; 300 take some minutes).
"""

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from bot.channels.console import ACCOUNT, Shown
from handlers.dialogue.scene import actor_of
from handlers.disclosures import rules
from handlers.membership import actions as membership
from storage import areas, chats, contents, disclosures, incidents, keeping, people
from storage.audit import AuditEntry
from storage.chats import ChatState
from storage.contents import Content
from storage.disclosures import Disclosure, DisclosureState
from storage.incidents import IncidentKind
from storage.people import Role
from tests.support.stage import Stage, make_stage, texts

HISTORIES = int(os.environ.get("RULES_DISCLOSURES", "15"))
TELLER, PHONE, CODE = "居民甲", "19900000001", "线1"
REASON = "需要当面核实作案车辆"
CASE_OFFICERS, KEEPERS = ("民警甲", "所长", "办案队甲", "两职"), ("保密员", "保密员乙", "两职")
PEOPLE = (*CASE_OFFICERS, "保密员", "保密员乙", "民警丙", "审计员", "网格员甲", "管理员", "居民乙")


def cast(stage: Stage) -> None:
    """A second keeper of secrets, and somebody who is both: an officer and a keeper."""
    now = stage.world.now()
    with stage.world.db.write() as session:
        county = areas.named(session, "望河县")
        assert county is not None
        for name, roles in {"保密员乙": [Role.CUSTODIAN], "两职": [Role.CUSTODIAN, Role.CASE_TEAM]}.items():
            person = people.add(session, name, now)
            person.notice_version = 1
            people.identify(session, person, ACCOUNT, name, now)
            kind = chats.ChatKind.PRIVATE
            chats.add(session, ACCOUNT, name, kind, now, person_id=person.id, state=ChatState.OPEN)
            for role in roles:
                people.grant(session, person.id, role, county.id, now)


def person_id(stage: Stage, name: str) -> int:
    """The id of somebody in the county."""
    with stage.world.db.read() as session:
        found = people.named(session, name)
        assert found is not None
        return found.id


def reveals(shown: list[Shown]) -> list[Shown]:
    """What was shown that names the teller or their telephone."""
    return [one for one in shown if TELLER in one.text or PHONE in one.text]


def audited(stage: Stage) -> list[AuditEntry]:
    """The entries of the audit chain about disclosures."""
    with stage.world.db.read() as session:
        found = session.scalars(
            select(AuditEntry).where(AuditEntry.action.like("disclosure.%")).order_by(AuditEntry.id)
        )
        return list(found)


@pytest.fixture
def told(stage: Stage) -> Stage:
    """A county in which 居民甲 told a tip."""
    cast(stage)
    stage.say(TELLER, "线索 昨晚水头村3号楼车棚有人撬锁")
    return stage


def test_two_keys_open_and_one_does_not(told: Stage) -> None:
    for who in ("民警甲", "保密员", "两职"):
        for said in (f"同意查身份 {CODE}", f"查身份 {CODE} {REASON}", f"同意查身份 {CODE}", f"同意查身份 {CODE} 1"):
            assert not reveals(told.say(who, said)), who
        told.later(minutes=31)
    told.say("民警甲", f"查身份 {CODE} {REASON}")
    for who in ("所长", "办案队甲", "指挥室", "审计员", "管理员"):
        assert not reveals(told.say(who, f"同意查身份 {CODE}")), who
    shown = told.say("两职", f"同意查身份 {CODE}")
    assert [one.chat for one in reveals(shown)] == ["民警甲"]


def test_a_yes_opens_once_and_only_what_it_was_asked_for(told: Stage) -> None:
    asked = told.say("民警甲", f"查身份 {CODE} {REASON}")
    question = next(one for one in asked if one.chat == "保密员")
    assert reveals(told.press("保密员", question, "同意"))
    assert not reveals(told.press("保密员", question, "同意"))
    told.say("所长", f"查身份 {CODE} {REASON}")
    for press in (told.press("保密员", question, "同意"), told.press("保密员乙", question, "同意")):
        assert not reveals(press)
    assert [one.chat for one in reveals(told.say("保密员乙", f"同意查身份 {CODE}"))] == ["所长"]


def test_whoever_lost_the_right_is_shown_nothing(told: Stage) -> None:
    told.say("民警甲", f"查身份 {CODE} {REASON}")
    with told.world.db.write() as session:
        people.revoke_all(session, person_id(told, "民警甲"))
    shown = told.say("保密员", f"同意查身份 {CODE}")
    assert "不管这一片" in shown[0].text
    assert not reveals(shown)


def test_in_a_group_nothing_is_asked_or_answered(told: Stage) -> None:
    told.say("民警甲", f"查身份 {CODE} {REASON}")
    for who, said, group in (
        ("所长", f"/查身份 {CODE} {REASON}", "派出所警务群"),
        ("保密员", f"/同意查身份 {CODE}", "管理员群"),
        ("保密员", f"同意查身份 {CODE}", "管理员群"),
    ):
        shown = told.say(who, said, group)
        assert not reveals(shown)
        assert not any(CODE in one.text for one in shown)


def test_what_was_shown_is_kept_nowhere(told: Stage) -> None:
    told.say("民警甲", f"查身份 {CODE} {REASON}")
    shown = told.say("保密员", f"同意查身份 {CODE}")
    (seen,) = reveals(shown)
    with told.world.db.read() as session:
        said = [contents.payload_of(session, one) for one in session.scalars(select(Content.id))]
        assert not any(PHONE.encode() in one for one in said if one)
        assert not any("是这个人报的".encode() in one for one in said if one)
        details = [str(one.detail) for one in audited(told)]
        (row,) = session.scalars(select(Disclosure))
        assert row.state is DisclosureState.OPENED
        assert row.reason is not None
        assert REASON.encode() not in row.reason
    assert not any(word in one for one in details for word in (TELLER, PHONE, REASON))
    away = told.later(minutes=10)
    assert [(one.what, one.chat, one.message_id) for one in away] == [("edited", "民警甲", seen.message_id)]
    assert not any("不再显示" in one for one in texts(told.later(minutes=30)))


def test_without_an_auditor_the_admins_hear_that_there_was_something(told: Stage) -> None:
    with told.world.db.write() as session:
        people.revoke_all(session, person_id(told, "审计员"))
    shown = told.say("民警甲", f"查身份 {CODE} {REASON}")
    (line,) = texts(shown, "管理员群")
    assert not any(word in line for word in (CODE, REASON, "民警甲"))
    assert len(texts(told.say("保密员", f"同意查身份 {CODE}"), "管理员群")) == 1
    with told.world.db.write() as session:
        group = chats.at(session, ACCOUNT, "管理员群")
        assert group is not None
        chats.set_state(session, group.id, ChatState.GONE, told.world.now())
    assert "没有能联系上的审计员" in texts(told.say("民警甲", f"查身份 {CODE} {REASON}"))[0]


def test_an_auditor_who_is_a_party_watches_nothing(told: Stage) -> None:
    with told.world.db.write() as session:
        officer, county = people.named(session, "民警甲"), areas.named(session, "望河县")
        assert officer is not None
        assert county is not None
        people.revoke_all(session, person_id(told, "审计员"))
        people.grant(session, officer.id, Role.AUDITOR, county.id, told.world.now())
        people.grant(session, officer.id, Role.OFFICER, county.id, told.world.now())
    shown = told.say("民警甲", f"查身份 {CODE} {REASON}")
    assert texts(shown, "管理员群")


def test_one_person_with_two_accounts_is_one_key(told: Stage) -> None:
    with told.world.db.write() as session:
        for name in ("民警甲", "保密员"):
            found = people.named(session, name)
            assert found is not None
            people.describe(session, found, phone="19900009999")
    told.say("民警甲", f"查身份 {CODE} {REASON}")
    shown = told.say("保密员", f"同意查身份 {CODE}")
    assert "要由另一位保密员来定" in shown[0].text
    assert not reveals(shown)


def test_without_a_keeper_nothing_can_be_asked(told: Stage) -> None:
    with told.world.db.write() as session:
        for name in KEEPERS:
            people.revoke_all(session, person_id(told, name))
    assert "没有能联系上的保密员" in texts(told.say("民警甲", f"查身份 {CODE} {REASON}"))[0]
    assert audited(told) == []


def test_an_erased_tip_opens_nothing_and_keeps_no_reason(told: Stage) -> None:
    told.say("民警甲", f"查身份 {CODE} {REASON}")
    with told.world.db.write() as session:
        tip = incidents.numbered(session, IncidentKind.TIP, 1)
        assert tip is not None
        keeping.bury(session, tip)
        (row,) = session.scalars(select(Disclosure))
        session.refresh(row)
        assert (row.state, row.reason) == (DisclosureState.LAPSED, None)
        assert disclosures.reason_of(session, tip, row) == ""
    for who, said in (("保密员", f"同意查身份 {CODE}"), ("民警甲", f"查身份 {CODE} {REASON}")):
        assert "查不到这个编号" in told.say(who, said)[0].text
    assert not told.later(minutes=31)


@pytest.mark.parametrize(
    ("words", "good"),
    [(REASON, True), ("人命关天马上找", True), ("急急急急急急急急", False), ("12345678", False), ("想看看", False)],
)
def test_a_reason_is_words(words: str, good: bool) -> None:
    assert rules.is_reason(words) is good


class Keys(RuleBasedStateMachine):
    """One tip in the sample county, and what the model knows of the requests about it."""

    @initialize()
    def open(self) -> None:
        """A fresh county in which 居民甲 told a tip."""
        self.folder = Path(mkdtemp(prefix="wangge-keys-"))
        self.stage_maker = make_stage(self.folder)
        self.stage = next(self.stage_maker)
        cast(self.stage)
        self.stage.say(TELLER, "线索 昨晚水头村3号楼车棚有人撬锁")
        self.request: tuple[int, str, datetime] | None = None
        self.count, self.opened, self.questions = 0, 0, list[Shown]()
        self.lost: set[str] = set()
        self.left = self.buried = False

    def teardown(self) -> None:
        """Close the database."""
        next(self.stage_maker, None)
        shutil.rmtree(self.folder)

    def _waits(self) -> bool:
        if self.request is None or self.buried:
            return False
        return self.stage.world.now() < self.request[2] + timedelta(minutes=30)

    def _said(self, shown: list[Shown], to: str | None) -> None:
        """Nobody sees the teller but `to`, who does exactly once."""
        found = reveals([one for one in shown if one.chat != TELLER])
        assert [one.chat for one in found] == ([to] if to is not None else []), shown
        self.questions += [one for one in shown if any(label == "同意" for label, _ in one.buttons)]

    @rule(
        who=st.sampled_from((*PEOPLE, *CASE_OFFICERS)),
        reason=st.sampled_from((REASON, REASON, REASON, "急", "123456789", "")),
    )
    def ask(self, who: str, reason: str) -> None:
        """Somebody asks."""
        shown = self.stage.say(who, f"查身份 {CODE} {reason}")
        self._said(shown, None)
        asked = any("申请查" in one.text for one in shown)
        other_key = any(one != who and one not in self.lost for one in KEEPERS)
        may = who in CASE_OFFICERS and who not in self.lost and reason == REASON and other_key
        assert asked == (may and not self._waits() and not self.buried), (who, reason, texts(shown))
        if asked:
            self.count += 1
            self.request = (self.count, who, self.stage.world.now())
            assert any(one.chat == "审计员" for one in shown)

    @rule(who=st.sampled_from((*PEOPLE, *KEEPERS, *KEEPERS)))
    def agree(self, who: str) -> None:
        """Somebody types 同意查身份."""
        self._agree(who, lambda: self.stage.say(who, f"同意查身份 {CODE}"), self.count)

    @rule(who=st.sampled_from(KEEPERS), which=st.integers(0, 20))
    def press(self, who: str, which: int) -> None:
        """Somebody presses 同意 under this request's question, or an old one's, or one shown to another."""
        if self.questions:
            old = self.questions[which % len(self.questions)]
            does = next(does for label, does in old.buttons if label == "同意")
            self._agree(who, lambda: self.stage.play.say(who, does, kind="button"), int(does.split()[-1]))

    def _agree(self, who: str, say: Callable[[], list[Shown]], number: int) -> None:
        asker = self.request[1] if self.request else ""
        opens = (
            self._waits()
            and number == self.count
            and who in KEEPERS
            and who not in self.lost
            and who != asker
            and asker not in self.lost
        )
        shown = say()
        self._said(shown, asker if opens and not self.left else None)
        if opens:
            self.opened, self.request = self.opened + 1, None
            assert any(one.chat == "审计员" and "查看了" in one.text for one in shown)

    @rule(who=st.sampled_from((*PEOPLE, *KEEPERS)))
    def refuse(self, who: str) -> None:
        """Somebody types 不同意查身份."""
        shown = self.stage.say(who, f"不同意查身份 {CODE}")
        self._said(shown, None)
        if self._waits() and self.request and who in KEEPERS and who not in self.lost and who != self.request[1]:
            self.request = None

    @rule(minutes=st.sampled_from((1, 9, 10, 29, 30, 31, 90)))
    def wait(self, minutes: int) -> None:
        """Time goes on."""
        self._said(self.stage.later(minutes=minutes), None)

    @rule(who=st.sampled_from((*CASE_OFFICERS, *KEEPERS)))
    def lose(self, who: str) -> None:
        """Somebody loses all their roles."""
        if len(self.lost) < 2:
            with self.stage.world.db.write() as session:
                people.revoke_all(session, person_id(self.stage, who))
            self.lost.add(who)

    @rule(how=st.sampled_from(("leaves", "erased", "", "", "")))
    def ends(self, how: str) -> None:
        """The teller leaves, or the tip becomes a tombstone."""
        now = self.stage.world.now()
        if how == "leaves" and not self.left:
            with self.stage.world.db.write() as session:
                found = people.behind(session, ACCOUNT, TELLER)
                assert found is not None
                membership.leave(session, actor_of(session, found.id), now)
            self.left = True
        if how == "erased" and not self.buried:
            with self.stage.world.db.write() as session:
                tip = incidents.numbered(session, IncidentKind.TIP, 1)
                assert tip is not None
                keeping.bury(session, tip)
            self.buried = True

    @invariant()
    def the_chain_tells_all_of_it(self) -> None:
        """Each opening has a request and a consent of two people in the audit chain, and no request is used twice."""
        if not hasattr(self, "stage"):
            return
        entries = audited(self.stage)
        opened = [one for one in entries if one.action == "disclosure.open"]
        assert len(opened) == self.opened
        assert len({one.detail["request"] for one in opened}) == len(opened)
        for one in opened:
            same = [other for other in entries if other.detail["request"] == one.detail["request"]]
            asked = next(other for other in same if other.action == "disclosure.ask")
            agreed = next(other for other in same if other.action == "disclosure.agree")
            assert asked.actor_id == one.actor_id != agreed.actor_id == one.detail["agreed_by"]
            assert asked.id < agreed.id < one.id
            assert one.at - asked.at < timedelta(minutes=30)


Keys.TestCase.settings = settings(max_examples=HISTORIES, stateful_step_count=14, deadline=None)
TestKeys = Keys.TestCase
