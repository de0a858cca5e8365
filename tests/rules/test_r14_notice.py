"""R14: no record without the notice before or with it; what nobody asked for comes only to whoever wants it.

Histories of people who come in by every way; the long form: RULES_HISTORIES=2000.
"""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.channels.console import ACCOUNT, Shown
from handlers.dialogue.scene import SAID
from storage import chats, contents, notices, people
from storage.chats import Chat, ChatKind
from storage.incidents import Incident
from storage.lanes import URGENT, Lane
from storage.outbox import CallKind, OutboxRow, OutboxState
from storage.people import Person
from storage.reminders import Reminder
from storage.searches import Search
from tests.support.stage import Stage, make_stage
from tests.support.strangers import Strangers

HISTORIES = int(os.environ.get("RULES_HISTORIES", "25"))
MARK = "您的权利"
WHO = ("stranger1", "stranger2", "居民丁")
GROUPS = ("大侯村居民群", "商户群", "没绑的群")
WORDS = {
    "帮助": "帮助",
    "隐患": "隐患 水头村村口路灯坏了",
    "求助": "求助 水头村3号楼着火了",
    "线索": "线索 大侯村小卖部半夜有人卸货",
    "寻人": "寻人",
    "提醒": "提醒 每天9点 量血压",
    "订阅": "订阅 大侯村",
    "退订": "退订",
    "我的数据": "我的数据",
    "退出": "退出 确定",
    "删除我": "删除我 确定",
    "不许": "协查",
    "乱说": "呵呵呵",
    "空": "",
}
REPORTS = ("隐患", "求助", "线索", "寻人", "提醒")
OTHERS = ("接单", "办结", "反诈", "明天", "后天")
says = st.tuples(st.sampled_from(WHO), st.sampled_from(sorted(WORDS)), st.sampled_from((None, None, *GROUPS)))
kinds = st.sampled_from(("message", "message", "message", "edited", "button", "opened", "joined", "left", "muted"))
STEPS = st.lists(st.one_of(st.tuples(says, kinds), st.sampled_from(OTHERS)), min_size=3, max_size=14)


class Trace:
    """What happened so far: who heard the notice, who wants messages, and what must never be."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.strangers = stage, Strangers(stage)
        self.heard: set[str] = {"大侯村居民群", "商户群"}
        self.wants: dict[str, bool] = {}
        self.told: set[str] = set()
        self.muted: set[str] = set()
        self.last = self.newest()
        with stage.world.db.write() as session:
            chats.add(session, ACCOUNT, "没绑的群", ChatKind.UNBOUND, stage.world.now(), title="没绑的群")
            person = people.named(session, "居民丁")
            assert person is not None
            person.notice_version = 0

    def newest(self) -> int:
        """The newest call."""
        with self.stage.world.db.read() as session:
            return session.scalar(select(func.max(OutboxRow.id))) or 0

    def records(self) -> list[int]:
        """How much is kept of people."""
        with self.stage.world.db.read() as session:
            kept = [select(func.count()).select_from(one) for one in (Person, Incident, Search, Reminder)]
            wanted = Chat.kind == ChatKind.PRIVATE, Chat.area_id.is_not(None)
            kept.append(select(func.count()).select_from(Chat).where(*wanted))
            return [session.scalar(one) or 0 for one in kept]

    def someone(self, who: str, word: str, chat: str | None, kind: str) -> None:
        """Somebody says something, presses something, or has to do with the bot's life in a chat."""
        before = self.records()
        text = WORDS[word]
        spoken = f"/{text}" if chat and text else text
        shown = self.strangers.says(who, spoken, chat, name="王大妈", kind=kind)  # type: ignore[arg-type]
        self.hear(shown)
        if chat and kind in ("muted", "joined", "left"):
            (self.muted.add if kind == "muted" else self.muted.discard)(chat)
        place = who if chat is None or (chat in self.muted and shown) else chat
        left = word in ("退出", "删除我") and kind in SAID and not self.known(who)
        if self.records() != before and not left:
            heard = {place, chat} & (self.heard | self.waiting())
            assert heard, f"{who} {spoken!r} ({kind}) in {place} was kept, and no notice heard: {shown}"
        self.note(who, word, chat, kind, left=left)
        self.look(who)

    def hear(self, shown: list[Shown]) -> None:
        """Where the notice was shown, whatever it came with."""
        self.heard |= {one.chat for one in shown if MARK in one.text}

    def known(self, who: str) -> bool:
        """Whether anybody the bot knows speaks by this id."""
        with self.stage.world.db.read() as session:
            return people.behind(session, ACCOUNT, who) is not None

    def waiting(self) -> set[str]:
        """Where the notice waits for the bot to be let speak again: help in a muted group is not kept waiting by it."""
        calls = select(Chat.platform_id, OutboxRow.content_id).join(Chat, Chat.id == OutboxRow.chat_id)
        with self.stage.world.db.read() as session:
            rows = session.execute(calls.where(OutboxRow.state == OutboxState.QUEUED)).all()
            said = {(chat, contents.payload_of(session, content) or b"") for chat, content in rows}
        return self.muted & {chat for chat, payload in said if MARK in payload.decode()}

    def note(self, who: str, word: str, chat: str | None, kind: str, *, left: bool) -> None:
        """What somebody wants from now on; what comes along with opening a talk is no order."""
        if kind not in SAID:
            return
        if left:
            self.wants.pop(who, None)
            self.told.discard(who)
            self.heard.discard(who)
        elif word in ("订阅", "退订") and chat is None:
            self.wants[who] = word == "订阅"
        elif word in REPORTS:
            self.told.add(who)

    def others(self, what: str) -> None:
        """The team does something, or time goes on."""
        match what:
            case "接单" | "办结":
                with self.stage.world.db.read() as session:
                    open_ = [one.code for one in session.scalars(select(Incident)) if one.text]
                shown = [told for code in open_[-2:] for told in self.stage.say("民警甲", f"{what} {code} 处理好了")]
            case "反诈":
                shown = self.stage.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
                code = next(one.text.split("编号 ")[1].split()[0] for one in shown if "编号 " in one.text)
                shown += self.stage.say("民警甲", f"发送 {code}")
                shown += self.stage.say("民警乙", f"批准 {code}")
            case "明天":
                shown = self.stage.later(hours=23)
            case _:
                shown = self.stage.later(hours=50)
        self.hear(shown)
        self.look(None)

    def look(self, asker: str | None) -> None:
        """What went to strangers privately since the last look, that they had not just asked for."""
        with self.stage.world.db.read() as session:
            rows = session.execute(
                select(OutboxRow.id, OutboxRow.lane, Chat.platform_id)
                .join(Chat, Chat.id == OutboxRow.chat_id)
                .where(OutboxRow.id > self.last, Chat.kind == ChatKind.PRIVATE, Chat.platform_id.in_(WHO))
                .where(OutboxRow.kind == CallKind.SEND)
            ).all()
        self.last = self.newest()
        for _, lane, who in rows:
            if who == asker or lane <= URGENT or lane is Lane.REMINDER:
                continue
            assert self.wants.get(who) is not False, f"{who} said 退订 and still got something (lane {lane})"
            asked = self.wants.get(who) or who in self.told
            assert asked, f"{who} asked for nothing and got something (lane {lane})"
            if lane is Lane.BULK:
                assert self.wants.get(who), f"{who} never wanted bulletins"


@settings(max_examples=HISTORIES, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(STEPS)
@example([(("stranger1", "隐患", None), "message"), (("stranger1", "退订", None), "message"), "办结"])
@example([(("stranger1", "空", "没绑的群"), "left"), (("stranger2", "空", "没绑的群"), "opened")])
@example([(("stranger1", "隐患", "没绑的群"), "edited"), "接单", (("stranger1", "隐患", None), "message")])
@example([(("stranger1", "退出", None), "opened"), (("stranger1", "线索", None), "button"), "办结"])
def test_whatever_happens_the_notice_comes_with_the_first_record(steps: list[object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for stage in make_stage(Path(folder)):
            trace = Trace(stage)
            for step in steps:
                if isinstance(step, str):
                    trace.others(step)
                else:
                    (who, word, chat), kind = step  # type: ignore[misc]
                    trace.someone(who, word, chat, kind)


def texts(shown: list[Shown], chat: str) -> list[str]:
    """What was said in a chat, in its order."""
    return [one.text for one in shown if one.chat == chat and one.what == "sent"]


def test_it_stands_above_the_first_answer_and_is_heard_once(stage: Stage) -> None:
    strangers = Strangers(stage)
    first = texts(strangers.says("stranger", "帮助"), "stranger")
    assert MARK in first[0]
    assert len(first) == 2
    for needed in ("做什么用", "谁来处理", "存多久", "您的权利"):
        assert needed in first[0]
    assert not any(MARK in one for one in texts(strangers.says("stranger", "帮助"), "stranger"))


@pytest.mark.parametrize("text", ["协查", "进度 隐99", ""])
def test_it_comes_with_a_refusal_too(stage: Stage, text: str) -> None:
    shown = texts(Strangers(stage).says("stranger", text), "stranger")
    assert MARK in shown[0]


@pytest.mark.parametrize("words", ["求助 水头村3号楼着火了，有人困在里面", "有人要跳楼，水头村3号楼，快来人"])
def test_help_comes_before_it(stage: Stage, words: str) -> None:
    """Nothing is asked first: the team hears at once, the advice stands above the notice."""
    shown = Strangers(stage).says("stranger", words)
    own = texts(shown, "stranger")
    assert "110" in own[0]
    assert MARK not in own[0]
    assert any(MARK in one for one in own)


def test_a_missing_person_is_not_kept_waiting_by_it(stage: Stage) -> None:
    own = texts(Strangers(stage).says("stranger", "寻人 我奶奶78岁，今天早上在水头村走丢了"), "stranger")
    assert "110" in own[0]
    assert any(MARK in one for one in own)


def test_a_group_nobody_bound_hears_it_with_the_first_answer(stage: Stage) -> None:
    with stage.world.db.write() as session:
        chats.add(session, ACCOUNT, "没绑的群", ChatKind.UNBOUND, stage.world.now(), title="没绑的群")
    strangers = Strangers(stage)
    assert any(MARK in one for one in texts(strangers.says("stranger", "/帮助", "没绑的群"), "没绑的群"))
    assert not any(MARK in one for one in texts(strangers.says("another", "/帮助", "没绑的群"), "没绑的群"))


def test_a_new_version_is_heard_once_more_and_kept_with_the_record(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers = Strangers(stage)
    strangers.says("stranger", "隐患 水头村村口路灯坏了")
    monkeypatch.setattr(notices, "VERSION", notices.VERSION + 1)
    for key in ("privacy.notice", "notice.group", "notice.unbound"):
        monkeypatch.setitem(stage.world.words.sentences, f"{key}_{notices.VERSION}", f"{MARK}：新的说明")
    told = [strangers.says("stranger", "隐患 水头村桥头井盖没了"), strangers.says("stranger", "提醒 明天9点 量血压")]
    assert [sum("新的说明" in one for one in texts(shown, "stranger")) for shown in told] == [1, 0]
    group = [strangers.says("another", "/隐患 水头村路边树倒了", GROUPS[0]) for _ in range(2)]
    assert [sum("新的说明" in one for one in texts(shown, GROUPS[0])) for shown in group] == [1, 0]
    strangers.says("stranger", "订阅 大侯村")
    strangers.says("stranger", "寻人")
    strangers.says("stranger", "我奶奶王秀英")
    with stage.world.db.read() as session:
        old, *new = [one.notice_version for one in session.scalars(select(Incident).order_by(Incident.id))]
        assert old == notices.VERSION - 1
        new += [one.notice_version for one in (*session.scalars(select(Reminder)), *session.scalars(select(Search)))]
        talk = chats.at(session, ACCOUNT, "stranger")
        assert talk is not None
        assert {*new, talk.notice_version} == {notices.VERSION}


def test_unsubscribing_stops_what_was_on_its_way(stage: Stage) -> None:
    """A warning approved before 退订 and not sent yet does not arrive any more; a search, an emergency, is not one."""
    strangers = Strangers(stage)
    strangers.says("stranger", "订阅 大侯村")
    shown = stage.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
    code = next(one.text.split("编号 ")[1].split()[0] for one in shown if "编号 " in one.text)
    stage.say("民警甲", f"改时间 {code} 明天上午10点")
    stage.say("民警甲", f"发送 {code}")
    stage.say("民警乙", f"批准 {code}")
    strangers.says("stranger", "退订")
    went = stage.later(days=1)
    assert any("冒充客服" in one.text for one in went if one.chat == GROUPS[0]), "it did go out"
    assert texts(went, "stranger") == []


def test_news_nobody_asked_for_ends_with_unsubscribing(stage: Stage) -> None:
    """Who wants no messages hears what became of a report when they ask; help and work are another matter."""
    strangers = Strangers(stage)
    for who, unsubscribes in (("wants", False), ("wants-not", True)):
        strangers.says(who, "隐患 水头村村口路灯坏了")
        strangers.says(who, "求助 水头村3号楼有人晕倒了")
        if unsubscribes:
            strangers.says(who, "退订")
    news = {"wants": 0, "wants-not": 0}
    for code in ("隐1", "隐2"):
        for words in (f"接单 {code}", f"办结 {code} 换了灯泡"):
            shown = stage.say("网格员甲", words)
            news = {who: count + len(texts(shown, who)) for who, count in news.items()}
    assert news == {"wants": 2, "wants-not": 0}
    assert any("已办结" in one for one in texts(strangers.says("wants-not", "进度 隐2"), "wants-not"))
    helped = [texts(stage.say("网格员甲", f"接单 {code}"), "wants-not") for code in ("求1", "求2")]
    assert [len(one) for one in helped] == [0, 1], "an emergency is told all the same"
    stage.say("网格员甲", "退订")
    strangers.says("another", "隐患 水头村桥头井盖没了")
    assert texts(stage.say("民警甲", "转派 隐3 网格员甲"), "网格员甲"), "work goes on until 退出"
