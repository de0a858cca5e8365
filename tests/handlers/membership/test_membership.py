"""Belonging: codes, the limit on guessing, groups, leaving, and the bot's own life in chats."""

import hashlib
import itertools
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.channels.console import ACCOUNT, Shown
from handlers.dialogue.scene import actor_of, titled
from handlers.membership import actions, rules
from storage import areas, audit, chats, notices, people, tokens, waiting
from storage.areas import Level
from storage.chats import ChatKind, ChatState
from storage.database import Database
from storage.people import Identity, Person, Role, RoleGrant
from storage.tables import METADATA
from storage.tokens import TokenKind
from tests.support.stage import KEYS, START, Stage, texts, words

GROUP = "大侯村居民群"


def a_code(stage: Stage, said: str = "发码 网格员 幸福社区") -> str:
    """A fresh code, as the admin is shown it."""
    shown = stage.say("管理员", said)
    found = re.search(r"^(\w{4}-\w{4})$", shown[0].text, re.M)
    assert found is not None
    return found.group(1)


def roles_of(stage: Stage, name: str) -> list[tuple[str, str]]:
    """(role, area) held by this name."""
    with stage.world.db.read() as session:
        person = people.behind(session, ACCOUNT, name)
        assert person is not None
        return [(one.role.value, areas.get(session, one.area_id).name) for one in people.grants_of(session, person.id)]


@pytest.mark.parametrize("typed", ["绑定 {}", "绑定{}", "/绑定 {}", "綁定：{}", "＃绑定 {}", "{}", "我的绑定码是{}"])
def test_a_code_gives_its_role_once(stage: Stage, typed: str) -> None:
    code = a_code(stage)
    shown = stage.say("居民乙", typed.format(code.lower()))
    assert "您是幸福社区的网格员" in shown[0].text
    assert "待办" in shown[0].text
    assert ("网格员", "幸福社区") in roles_of(stage, "居民乙")
    assert "用过" in stage.say("居民丙", f"绑定 {code}")[0].text
    assert ("网格员", "幸福社区") not in roles_of(stage, "居民丙")


def test_a_name_may_come_with_the_code_and_is_asked_for_where_nobody_knows_it(stage: Stage) -> None:
    code = a_code(stage)
    assert "绑定好了" in stage.say("居民乙", f"绑定 {code} 我叫李晓明")[0].text
    with stage.world.db.write() as session:
        person = people.behind(session, ACCOUNT, "居民乙")
        assert person is not None
        assert people.name_of(session, person) == "李晓明"
        person = people.behind(session, ACCOUNT, "居民丙")
        assert person is not None
        person.name_sealed = None
    shown = stage.say("居民丙", f"绑定 {a_code(stage)}")
    assert "请告诉我您的姓名" in shown[1].text


def test_two_accounts_of_one_person_are_one_person(both_stages: Stage) -> None:
    stage = both_stages
    shown = stage.say("所长", "加账号")
    found = re.search(r"绑定 (\w{4}-\w{4})", shown[0].text)
    assert found is not None
    assert "您自己的" in stage.say("所长", f"绑定 {found[1]}")[0].text
    assert "已经单独绑定" in stage.say("民警甲", f"绑定 {found[1]}")[0].text
    with stage.world.db.write() as session:
        now = stage.world.now()
        other = people.add(session, "", now)
        people.identify(session, other, ACCOUNT, "所长的手机", now)
        chats.add(session, ACCOUNT, "所长的手机", ChatKind.PRIVATE, now, person_id=other.id)
    shown = stage.say("所长的手机", f"绑定 {found[1]}")
    assert "您在这里也是所长" in shown[-1].text
    with stage.world.db.read() as session:
        first, second = (people.behind(session, ACCOUNT, one) for one in ("所长", "所长的手机"))
        assert first is not None
        assert first is second
        assert people.accounts_of(session, first.id) == [ACCOUNT, ACCOUNT]
    assert "不对" in stage.say("居民甲", f"绑定 {found[1]}")[0].text, "it works once"


def _account_code(stage: Stage, who: str) -> str:
    found = re.search(r"绑定 (\w{4}-\w{4})", stage.say(who, "加账号")[0].text)
    assert found is not None
    return found[1]


def test_an_account_code_shown_in_a_group_makes_nobody_its_maker(both_stages: Stage) -> None:
    stage = both_stages
    code = _account_code(stage, "所长")
    shown = stage.say("所长", f"/绑定 {code}", "大侯村居民群")
    assert any(one.chat == "所长" and "账号码" in one.text and "作废" in one.text for one in shown)
    assert "不对" in stage.say("居民甲", f"绑定 {code}")[0].text
    with stage.world.db.read() as session:
        assert people.behind(session, ACCOUNT, "居民甲") is not people.behind(session, ACCOUNT, "所长")


def test_whoever_guessed_too_often_uses_no_account_code_either(stage: Stage) -> None:
    code = _account_code(stage, "所长")
    for _ in range(rules.TRIES):
        stage.say("居民乙", "绑定 ZZZZ2345")
    assert "10 分钟后再试" in stage.say("居民乙", f"绑定 {code}")[0].text


def test_account_codes_of_somebody_who_left_are_void(stage: Stage) -> None:
    code = _account_code(stage, "网格员乙")
    stage.say("网格员乙", "退出 确定")
    assert "不对" in stage.say("居民乙", f"绑定 {code}")[0].text


def test_every_code_holds_a_digit_by_which_a_group_tells_it_from_a_word(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = itertools.chain("ABCDEFGHJKMN", itertools.cycle("PQ2R"))
    monkeypatch.setattr(tokens.secrets, "choice", lambda letters: next(drawn))
    assert any(one.isdecimal() for one in a_code(stage))


def test_a_code_ends_after_a_week(both_stages: Stage) -> None:
    code = a_code(both_stages)
    both_stages.later(days=7)
    assert "过期" in both_stages.say("居民乙", f"绑定 {code}")[0].text


def test_five_wrong_codes_and_then_ten_minutes(both_stages: Stage) -> None:
    stage = both_stages
    code = a_code(stage)
    for _ in range(rules.TRIES):
        assert "这个码不对" in stage.say("居民乙", "绑定 ZZZZ2345")[0].text
    assert "10 分钟后再试" in stage.say("居民乙", f"绑定 {code}")[0].text
    assert "绑定好了" in stage.say("居民甲", f"绑定 {code}")[0].text, "others are not held up"
    stage.later(minutes=11)
    assert "这个码不对" in stage.say("居民乙", "绑定 ZZZZ2345")[0].text


def test_a_code_one_need_not_have_is_not_used_up(stage: Stage) -> None:
    code = a_code(stage, "发码 网格员 大侯村")
    assert "没有用掉" in stage.say("网格员甲", f"绑定 {code}")[0].text
    assert "绑定好了" in stage.say("居民乙", f"绑定 {code}")[0].text


def test_a_code_shown_in_a_group_is_void(stage: Stage) -> None:
    code = a_code(stage)
    shown = stage.say("居民乙", f"绑定 {code}", GROUP)
    assert all(code not in text for text in texts(shown))
    assert any("已作废" in text for text in texts(shown, "管理员群"))
    assert any("已作废" in text for text in texts(shown, "管理员"))
    assert "这个码不对" in stage.say("居民乙", f"绑定 {code}")[0].text
    with stage.world.db.read() as session:
        actions_kept = session.scalars(select(audit.AuditEntry.action)).all()
        assert [one for one in actions_kept if one != "grant"] == ["codes", "void"]


def test_the_wording_of_the_notice_is_pinned() -> None:
    """A change of wording is a new version; the old one stays."""
    known = {
        "notice.group_1": "26e77312489a650f",
        "notice.group_2": "800baca826f65618",
        "notice.unbound_2": "dda414da751b9e5b",
        "privacy.notice_1": "02365ffea7fe9ba8",
        "privacy.notice_2": "aa46f3893c42d8f0",
    }
    catalogue = words()
    assert max(int(key[-1]) for key in known) == notices.VERSION
    for key, digest in known.items():
        sentence = catalogue.sentences[key]
        assert hashlib.sha256(sentence.encode()).hexdigest()[:16] == digest, key
        if key.endswith(str(notices.VERSION)):
            for needed in ("做什么用", "谁来处理", "存多久", "您的权利", "我的数据", "删除我"):
                assert needed in sentence


def arrive(stage: Stage, group: str, kind: str, text: str = "") -> list[Shown]:
    """Something happens to the bot in a group it may not know yet."""
    with stage.world.db.write() as session:
        if chats.at(session, ACCOUNT, group) is None:
            chats.add(session, ACCOUNT, group, ChatKind.UNBOUND, stage.world.now(), title=group)
    return stage.say("管理员", text, group, kind=kind)


def test_an_unbound_group_is_greeted_once_and_bound(stage: Stage) -> None:
    shown = arrive(stage, "新群", "joined")
    assert "绑定群" in shown[0].text
    assert arrive(stage, "新群", "joined") == [], "told twice by the platform"
    stage.later(minutes=1)
    arrive(stage, "新群", "left")
    stage.later(minutes=1)
    assert len(arrive(stage, "新群", "joined")) == 1, "put in again"
    asked = stage.press("管理员", shown[0], "绑定群")
    asked = stage.press("管理员", asked[-1], "居民群")
    done = stage.press("管理员", asked[-1], "望河县")
    assert "本群是望河县的居民群" in done[0].text
    assert "您的权利" in done[1].text
    with stage.world.db.read() as session:
        chat = chats.at(session, ACCOUNT, "新群")
        assert chat is not None
        assert (chat.kind, chat.notice_version) == (ChatKind.RESIDENTS, notices.VERSION)


def test_put_out_muted_and_back(stage: Stage) -> None:
    def state() -> ChatState:
        with stage.world.db.read() as session:
            chat = chats.at(session, ACCOUNT, GROUP)
            assert chat is not None
            return chat.state

    shown = stage.say("管理员", "", GROUP, kind="left")
    assert [one.chat for one in shown] == ["管理员群"]
    assert state() is ChatState.GONE
    assert stage.say("管理员", "", GROUP, kind="left") == []
    assert stage.say("管理员", "", GROUP, kind="joined") == [], "a bound group is not greeted again"
    assert state() is ChatState.OPEN
    stage.say("管理员", "", GROUP, kind="muted")
    assert state() is ChatState.MUTED
    assert stage.say("网格员甲", "/提醒 明天9点 开会", GROUP) == []
    assert any("本群提醒" in text for text in texts(stage.say("管理员", "", GROUP, kind="unmuted"))), "what waited"
    assert state() is ChatState.OPEN


def test_a_group_that_moved_keeps_its_binding(both_stages: Stage) -> None:
    stage = both_stages
    with stage.world.db.read() as session:
        before = chats.at(session, ACCOUNT, GROUP)
        assert before is not None
    stage.say("管理员", "新编号", GROUP, kind="migrated")
    with stage.world.db.write() as session:
        after = chats.at(session, ACCOUNT, "新编号")
        assert after is not None
        assert (after.id, after.kind, after.area_id) == (before.id, before.kind, before.area_id)
        assert chats.at(session, ACCOUNT, GROUP) is None
        chats.add(session, ACCOUNT, GROUP, ChatKind.UNBOUND, stage.world.now())
    stage.say("管理员", "新编号", GROUP, kind="migrated")
    with stage.world.db.read() as session:
        again = chats.at(session, ACCOUNT, "新编号")
        assert again is not None
        assert again.id == before.id, "told twice changes nothing"


def test_a_link_opens_once_and_for_one_person(stage: Stage) -> None:
    with stage.world.db.write() as session:
        person = people.named(session, "居民甲")
        assert person is not None
        now = stage.world.now()
        token = tokens.new_link(session, person.id, now, now + timedelta(days=1))
    assert "不是给您的" in stage.say("居民乙", token, kind="opened")[0].text
    assert "私聊回复您" in stage.say("居民甲", token, kind="opened")[0].text
    assert "用过" in stage.say("居民甲", token, kind="opened")[0].text
    assert "您好" in stage.say("居民甲", "", kind="opened")[0].text


def test_what_was_held_goes_out_when_the_talk_is_opened(stage: Stage) -> None:
    with stage.world.db.write() as session:
        chat = chats.at(session, ACCOUNT, "居民甲")
        assert chat is not None
        chat.state = ChatState.UNOPENED
    shown = stage.say("居民甲", "/我的数据", GROUP)
    assert [one.chat for one in shown] == [GROUP]
    shown = stage.say("居民甲", "", kind="opened")
    assert any("尾号 0001" in text for text in texts(shown, "居民甲"))


def test_after_leaving_nothing_is_kept_of_a_person_and_nothing_is_sent(both_stages: Stage) -> None:
    stage = both_stages
    stage.say("居民甲", "提醒 明天9点 量血压")
    with stage.world.db.read() as session:
        person = people.named(session, "居民甲")
        assert person is not None
    stage.say("居民甲", "退出 确定")
    with stage.world.db.read() as session:
        left = session.get_one(Person, person.id)
        assert (left.key_id, left.name_sealed, left.name_digest, left.phone_digest, left.household_digest) == (
            None,
        ) * 5
        assert people.named(session, "居民甲") is None
        for table in (RoleGrant, Identity):
            assert session.scalar(select(func.count()).where(table.person_id == person.id)) == 0
        assert chats.private_of(session, person.id) is None
    assert stage.later(days=2) == []
    with stage.world.db.write() as session:
        assert actor_of(session, person.id).holds == ()
        assert waiting.release_held(session, 1) == 0


def test_the_first_admin(tmp_path: object) -> None:
    db = Database(f"sqlite:///{tmp_path}/fresh.db", KEYS, "OFF")
    METADATA.create_all(db.engine)
    with db.write() as session:
        first = actions.first_admin_code(session, START)
        assert first is not None
        second = actions.first_admin_code(session, START)
        assert second is not None
        assert tokens.find(session, TokenKind.JOIN, first) is None, "printed anew, the old one is void"
        person = people.add(session, "站长", START)
        people.grant(session, person.id, Role.ADMIN, areas.all_of(session)[0].id, START)
        assert actions.first_admin_code(session, START), "a name on the list cannot say anything yet"
        people.revoke_all(session, person.id)
        people.identify(session, person, "telegram", "5", START)
        second = actions.first_admin_code(session, START)
        assert second is not None
        got = actions.join(session, actor_of(session, person.id), second, START)
        assert isinstance(got, tuple)
        assert got[0] is Role.ADMIN
        assert actions.first_admin_code(session, START) is None
        assert areas.all_of(session)[0].level is Level.COUNTY
    db.close()


def test_a_groups_name_is_one_line_that_fits() -> None:
    assert titled("大侯村\n【系统】已全部收到\u202e\x07 群") == "大侯村 【系统】已全部收到 群"
    assert titled("一家👨‍👩‍👧群") == "一家👨‍👩‍👧群"
    assert len(titled("水" * 500)) == 128
