"""What the crowd found, held for good."""

from sqlalchemy import select

from storage.inbox import InboxRow, InboxState
from tests.support.stage import Stage, texts


def aside(stage: Stage) -> list[int]:
    """Messages that were not answered."""
    with stage.world.db.read() as session:
        return list(session.scalars(select(InboxRow.id).where(InboxRow.state != InboxState.DONE)))


def test_whoever_left_may_speak_in_the_group_again(both_stages: Stage) -> None:
    stage = both_stages
    stage.say("居民甲", "退出 确定")
    shown = stage.say("居民甲", "/上报 3号楼地下室进水了", "大侯村居民群")
    assert not aside(stage)
    assert any("报1" in text for text in texts(shown, "大侯村居民群"))
    tip = stage.say("居民甲", "/线索 光头男子在撬车", "大侯村居民群")
    assert any("线1" in text for text in texts(tip, "居民甲"))


def test_an_erased_report_is_no_longer_worked_on(stage: Stage) -> None:
    card = stage.say("居民甲", "/线索 光头男子在撬车", "大侯村居民群")
    stage.later(days=120)
    stage.later(minutes=11)
    for words in ("办结 线1 白跑一趟", "接单 线1", "转派 线1 民警甲", "补充 线1 又来了", "进度 线1", "待办"):
        shown = stage.say("民警甲", words)
        assert shown, words
        assert not aside(stage), words
    hidden = next(one for one in card if one.chat == "大侯村网格群" and one.buttons)
    assert stage.press("民警甲", hidden, "接单")
    assert not aside(stage)


def test_what_is_not_understood_is_not_echoed_unmasked(stage: Stage) -> None:
    stage.say("居民甲", "/上报 3号楼地下室进水了", "大侯村居民群")
    for who, words, chat in (
        ("网格员甲", "/转派 报1 13812345678", "大侯村网格群"),
        ("民警甲", "/绑定群 居民群 13812345678", "大侯村居民群"),
    ):
        shown = stage.say(who, words, chat)
        assert texts(shown, chat)
        assert not any("13812345678" in text for text in texts(shown)), words
