"""The clock of a patrol, and car doors as they are told."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.patrols import rules
from handlers.patrols.rules import Door, Times

START = datetime(2026, 11, 18, 20, tzinfo=timezone(timedelta(hours=8)))


@settings(max_examples=100)
@given(st.sampled_from(["planned", "going", "done", "cancelled"]), st.integers(-600, 3000))
def test_a_clock_goes_on_to_its_end(state: str, minute: int) -> None:
    """Stepped from any moment it strikes a few times, each later than the last, and then is still."""
    times = Times(START, START, START)
    now, struck = START + timedelta(minutes=minute), []
    while (following := rules.next_at(state, times, now)) is not None:
        assert following > now
        now = following
        struck.append(rules.struck(state, times, now))
    assert struck == list(rules.marks(state, times))[len(rules.marks(state, times)) - len(struck) :]


def test_what_was_missed_is_not_made_up_for() -> None:
    times = Times(START)
    assert rules.struck("planned", times, START - timedelta(hours=2)) is None
    assert rules.struck("planned", times, START + timedelta(hours=3)) is rules.Mark.LAPSE
    assert rules.marks("going", times) == {}


@pytest.mark.parametrize(
    ("words", "plate", "rest"),
    [
        ("晋E12345 水头村村口", "晋E12345", "水头村村口"),
        ("水头村村口 晋E·12345 没锁", "晋E12345", "水头村村口 没锁"),
        ("晋ＥＤ１２３４５ 幸福社区", "晋ED12345", "幸福社区"),
        ("12345 水头村", "12345", "水头村"),
        ("车牌是E12345，小卖部旁边", "E12345", "小卖部旁边"),
        ("水头村小卖部旁边", "", "水头村小卖部旁边"),
        ("", "", ""),
    ],
)
def test_a_door_is_read(words: str, plate: str, rest: str) -> None:
    assert rules.door(words) == Door(plate, rest)


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ("联系上了", "已联系"),
        ("联系上车主了", "已联系"),
        ("车主联系上了。", "已联系"),
        ("已联系", "已联系"),
        ("打通了", "已联系"),
        ("打通电话了", "已联系"),
        ("打不通", "联系不上"),
        ("电话打不通", "联系不上"),
        ("联系不上车主", "联系不上"),
        ("没人接", "联系不上"),
        ("车主关机了", "联系不上"),
        ("联系", ""),
        ("联系上了王大毛家", ""),
        ("打不通怎么办", ""),
        ("已经联系上老人家属", ""),
        ("没人", ""),
        ("晋E12345 水头村", ""),
    ],
)
def test_what_is_said_of_a_call(said: str, step: str) -> None:
    assert rules.called(said) == step
