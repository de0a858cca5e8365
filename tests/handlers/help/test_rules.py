"""What words without a command seem to be about; thanks and greetings."""

import pytest

from handlers.help import rules
from handlers.reading.normal import fold


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


@pytest.mark.parametrize(
    ("said", "only"),
    [
        ("在水头村上街", True),
        ("就在村口", True),
        ("大侯村3号楼2单元门口", True),
        ("昨天晚上10点", True),
        ("水头村上街，小卖部旁边", True),
        ("村东头老王家", True),
        ("3号楼停电", False),
        ("路灯坏在村口", False),
        ("电动车在楼道里", False),
        ("修好了", False),
        ("明天9点去开会", False),
        ("谢谢", False),
        ("村" * 29 + "!", False),
    ],
)
def test_what_is_only_where_or_when(said: str, only: bool) -> None:
    assert rules.only_where_or_when(fold(said)) is only
