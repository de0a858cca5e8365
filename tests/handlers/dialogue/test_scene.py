"""Where the bot stands, as it learns it from what it hears."""

from storage import chats
from storage.chats import ChatState
from tests.support.stage import Stage, texts

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


def test_a_group_that_silenced_the_bot_stays_silent_though_it_is_heard(both_stages: Stage) -> None:
    _state(both_stages, ChatState.MUTED)
    assert texts(both_stages.say("居民甲", "上报水头村村口路灯坏了", GROUP), GROUP) == []
    assert _state(both_stages) is ChatState.MUTED
    shown = both_stages.say("居民甲", "", GROUP, kind="unmuted")
    assert any("已记下" in text for text in texts(shown, GROUP)), "what waited goes out"


def test_being_put_out_is_not_being_heard(both_stages: Stage) -> None:
    both_stages.say("居民甲", "", GROUP, kind="left")
    assert _state(both_stages) is ChatState.GONE
