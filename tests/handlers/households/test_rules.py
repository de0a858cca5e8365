"""What 十户 means by what follows it, and what is too much."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from handlers.households import rules
from handlers.households.rules import Said, Wish

NOW = datetime(2026, 11, 18, 10, 20, tzinfo=UTC)

OWN = {
    "报警": Said(Wish.ALARM),
    "一键报警": Said(Wish.ALARM),
    "收到 联3": Said(Wish.KNOW, (3,)),
    "收到了": Said(Wish.KNOW),
    "知道了。": Said(Wish.KNOW),
    "解除联12": Said(Wish.CLEAR, (12,)),
    "没事了": Said(Wish.CLEAR),
    "误报 联３": Said(Wish.FALSE, (3,)),
    "按错了": Said(Wish.FALSE),
    "看": Said(Wish.SHOW),
    "看 2": Said(Wish.SHOW, (2,)),
    "移出 3 2": Said(Wish.REMOVE, (3, 2)),
    "退出": Said(Wish.LEAVE),
    "加入": Said(Wish.JOIN),
    "加入 ab2c-3d4e 李记面馆": Said(Wish.JOIN, words="AB2C3D4E 李记面馆"),
    "加入ＡＢ２Ｃ３Ｄ４Ｅ": Said(Wish.JOIN, words="AB2C3D4E"),
    "新建 和平街东段": Said(Wish.FOUND, words="和平街东段"),
    "怎么用": Said(Wish.HOW),
    "联防是什么？": Said(Wish.HOW),
    "我要建一个组": Said(Wish.FOUND),
    "加入 ABCDEF 店": Said(Wish.JOIN, words="ABCDEF"),
    "加入 UEBB-JD7P1 店": Said(Wish.JOIN, words="UEBBJD7P1"),
    "我要加入": Said(Wish.JOIN),
    "退出吧": Said(Wish.LEAVE),
    "退出了": Said(Wish.LEAVE),
    "我要退出": Said(Wish.LEAVE),
    "电话多少": Said(Wish.HOW),
    "我们组一共多少户？": Said(Wish.HOW),
    "要收费吗": Said(Wish.HOW),
    "怎么才能退出": Said(Wish.HOW),
    "对不起，我按错了": Said(Wish.FALSE),
    "是误报，不好意思": Said(Wish.FALSE),
    "不小心按到了": Said(Wish.FALSE),
    "没事了没事了": Said(Wish.CLEAR),
    "现在没事了，谢谢大家": Said(Wish.CLEAR),
}
ALARMS = (
    "有人砸门",
    "收到一封恐吓信",
    "退出去的人又回来了",
    "看见有人翻墙",
    "解除不了，锁被撬了",
    "误报了吗？不是，真有人",
    "有人进店抢东西怎么办",
    "新建的楼着火了",
    "加入我们店的人打起来了",
    "移出来的货被偷了",
    "救命",
    "着火了怎么办",
    "报警器响了怎么办",
    "新建路有人打架",
    "新建路口",
    "新建北路3号楼",
    "新建设路口出事",
    "不小心点了",
    "新建小区门口快来",
    "加入abcd有人砸门",
    "他要退出去打人",
    "要钱的",
    "那是什么东西",
    "外面怎么有动静",
    "有人在门口吗",
    "家里没人吗，冒烟了",
    "他说没事了，人还躺着",
    "我没事，他还在砸",
    "没事吧",
    "电话打不通了怎么办",
)


@pytest.mark.parametrize(("said", "meant"), OWN.items())
def test_its_own_words_and_nothing_else(said: str, meant: Said) -> None:
    assert rules.read(said) == meant


@pytest.mark.parametrize("said", ALARMS)
def test_whatever_else_is_said_is_an_alarm(said: str) -> None:
    assert rules.read(said) == Said(Wish.ALARM, words=said)


@pytest.mark.parametrize("said", ["新建和平街东段", "新建大侯村老街", "新建李记面馆那一排"])
def test_whoever_founds_units_needs_no_gap(said: str) -> None:
    assert rules.read(said, founder=True) == Said(Wish.FOUND, words=said.removeprefix("新建"))
    assert rules.read(said) == Said(Wish.ALARM, words=said)


@pytest.mark.parametrize("said", ALARMS)
def test_of_whoever_founds_units_it_is_an_alarm_as_well(said: str) -> None:
    assert rules.read(said, founder=True) == Said(Wish.ALARM, words=said)


@given(some.text(max_size=40))
def test_nothing_that_is_said_is_lost(said: str) -> None:
    meant = rules.read(said)
    assert meant.wish is not Wish.ALARM or meant.words == said.strip() or not meant.words


@given(some.lists(some.integers(min_value=0, max_value=7200), max_size=8))
def test_the_first_alarm_is_never_braked(ages: list[int]) -> None:
    earlier = [NOW - timedelta(seconds=age) for age in ages]
    lately = sum(age < 3600 for age in ages)
    assert rules.braked(earlier, NOW) is (lately >= rules.MOST_ALARMS)
    assert not rules.braked([], NOW)


@pytest.mark.parametrize("words", ["", "13800000001", "李记面馆13800000001", "好" * 17])
def test_what_is_no_name_of_a_household(words: str) -> None:
    assert rules.named(words) == ""


def test_the_clock_ends() -> None:
    moments = [rules.strikes_at(NOW, stage) for stage in range(4)]
    assert moments == [NOW + span for span in rules.CLOCK] + [None]
