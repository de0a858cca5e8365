"""What words without a command seem to be about; thanks and greetings."""

import pytest

from handlers.help import rules


@pytest.mark.parametrize(
    ("said", "done", "called_for"),
    [
        ("灯泡换好了", True, ()),
        ("已经处理了", True, ()),
        ("还没修好，明天再来", False, ()),
        ("修好了吗", False, ()),
        ("邻居又跟我吵架", False, ("纠纷",)),
        ("欠我的工钱拖着不给", False, ("纠纷",)),
        ("我妈不见了", False, ("寻人",)),
        ("今天天气不错", False, ()),
    ],
)
def test_what_words_call_for(said: str, done: bool, called_for: tuple[str, ...]) -> None:
    assert rules.tells_of_done(said) is done
    assert rules.told_by_words(said) == called_for


@pytest.mark.parametrize(("said", "thanks"), [("好", True), ("谢谢大家", True), ("您好", False), ("大家好", False)])
def test_thanks_are_no_greeting(said: str, thanks: bool) -> None:
    assert rules.is_thanks(said) is thanks
