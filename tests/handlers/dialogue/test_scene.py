"""Where the bot stands, as it learns it from what it hears."""

from storage import chats, people
from storage.chats import ChatState
from tests.support.stage import Stage, texts
from tests.support.strangers import Strangers

GROUP = "大侯村居民群"


def _state(stage: Stage, to: ChatState | None = None) -> ChatState:
    with stage.world.db.write() as session:
        chat = chats.at(session, "play", GROUP)
        assert chat is not None
        if to is not None:
            chats.set_state(session, chat.id, to, stage.world.now())
            session.refresh(chat)
        return chat.state


def test_a_group_the_bot_was_taken_for_thrown_out_of_is_back_when_it_is_heard(both_stages: Stage) -> None:
    _state(both_stages, ChatState.GONE)
    shown = both_stages.say("居民甲", "上报水头村村口路灯坏了", GROUP)
    assert any("已记下" in text for text in texts(shown, GROUP))
    assert _state(both_stages) is ChatState.OPEN


def test_whoever_opens_the_bot_in_such_a_group_is_answered_with_the_notice(stage: Stage) -> None:
    """They are kept for it, so they hear why (R14)."""
    _state(stage, ChatState.GONE)
    with stage.world.db.write() as session:
        group = chats.at(session, "play", GROUP)
        assert group is not None
        group.notice_version = 0
    shown = texts(Strangers(stage).says("stranger", "", GROUP, kind="opened"), GROUP)
    assert any("您的权利" in one for one in shown)
    assert _state(stage) is ChatState.OPEN


def test_a_group_that_silenced_the_bot_stays_silent_though_it_is_heard(both_stages: Stage) -> None:
    _state(both_stages, ChatState.MUTED)
    assert texts(both_stages.say("居民甲", "上报水头村村口路灯坏了", GROUP), GROUP) == []
    assert _state(both_stages) is ChatState.MUTED
    shown = both_stages.say("居民甲", "", GROUP, kind="unmuted")
    assert any("已记下" in text for text in texts(shown, GROUP)), "what waited goes out"


def test_being_put_out_is_not_being_heard(both_stages: Stage) -> None:
    both_stages.say("居民甲", "", GROUP, kind="left")
    assert _state(both_stages) is ChatState.GONE


def test_a_colleague_who_gave_no_name_is_called_by_what_they_are(both_stages: Stage) -> None:
    with both_stages.world.db.write() as session:
        for who in ("网格员甲", "民警乙"):
            known = people.known_behind(session, "play", who)
            assert known is not None
            people.get(session, known[0]).name_sealed = None
    both_stages.say("居民甲", "上报水头村村口路灯坏了", GROUP)
    shown = both_stages.say("网格员甲", "接单 报1")
    assert any("一位网格员 已接单，处理中" in one.text for one in shown if one.chat == "大侯村网格群")
    both_stages.say("民警甲", "反诈 冒充客服退款的电话又多了，不要转账")
    both_stages.say("民警甲", "发送 反1")
    told = texts(both_stages.say("民警乙", "批准 反1"), "民警甲")
    assert any("一位社区民警已批准" in text for text in told)
    assert any("批准：一位社区民警" in text for text in texts(both_stages.say("民警甲", "通报 反1"), "民警甲"))
