"""The day named, the verdict said, the closed lists."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.hazards import rules
from storage.hazards import Fault, Premises

ZONE = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("周五", datetime(2026, 11, 20, 18, tzinfo=ZONE)),
        ("３天", datetime(2026, 11, 21, 18, tzinfo=ZONE)),
        ("7天内", datetime(2026, 11, 25, 18, tzinfo=ZONE)),
        ("两处没改，1周内", datetime(2026, 11, 25, 18, tzinfo=ZONE)),
        ("明天下午5点", datetime(2026, 11, 19, 17, tzinfo=ZONE)),
        ("11月30日", datetime(2026, 11, 30, 18, tzinfo=ZONE)),
        ("后门还有一堆", None),
        ("", None),
    ],
)
def test_a_day_is_read(words: str, day: datetime | None) -> None:
    assert rules.day_of(words, NOW) == day


@pytest.mark.parametrize(
    ("words", "passed", "rest"),
    [
        ("通过", True, ""),
        ("已整改到位，照片在后面", True, "照片在后面"),
        ("不通过 下周三", False, "下周三"),
        ("没改好，还有一堆", False, "还有一堆"),
        ("通过不了，后天再看", False, "后天再看"),
        ("没有通过，后天", False, "后天"),
        ("不行 下周三", False, "下周三"),
        ("通过吗", None, "通过吗"),
        ("通过没有", None, "通过没有"),
        ("", None, ""),
        ("再看看", None, "再看看"),
    ],
)
def test_a_verdict_is_read(words: str, passed: bool | None, rest: str) -> None:
    assert rules.verdict(words) == (passed, rest)


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=rules.MOST_DAYS)))
def test_the_reminder_comes_before_the_day(span: timedelta) -> None:
    assert NOW < rules.remind_at(NOW + span, NOW) < NOW + span
    assert rules.fits(NOW + span, NOW)


def test_the_lists_are_those_that_are_kept() -> None:
    assert set(rules.PREMISES) == set(Premises)
    assert {*rules.FAULTS, Fault.OTHER} == set(Fault)


@pytest.mark.parametrize(
    ("words", "premises", "fault"),
    [
        ("上街小餐馆灭火器过期", "小餐饮", "灭火器缺失过期"),
        ("幼儿园安全出口锁着", "小学校", "安全出口锁闭"),
        ("便利店二楼有人住宿", "小商店", "违规住人"),
        ("KTV 通道堆着纸箱", "小歌舞娱乐", "疏散通道堵塞"),
        ("路灯坏了", None, None),
    ],
)
def test_sorts_are_read(words: str, premises: str | None, fault: str | None) -> None:
    assert (rules.one_of(rules.PREMISES, words), rules.one_of(rules.FAULTS, words)) == (premises, fault)
