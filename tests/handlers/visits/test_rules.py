"""Doors as they are pasted, until when a round goes, numbers of doors."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.visits import rules
from tests.support.stage import START


@pytest.mark.parametrize(
    ("line", "door"),
    [
        ("水头村上街3号楼2单元402", "水头村上街3号楼2单元402"),
        ("1. 上街 12号", "上街 12号"),
        ("（2）", None),
        ("3、东巷西头第三户", "东巷西头第三户"),
        ("上街12号 张建国", None),
        ("张建国", None),
        ("上街12号，13800001111", None),
        ("上街12号 410122194803071221", None),
        ("上街12号 豫A12345", None),
        ("上街12号 独居", None),
        ("上街12号 租户三口人", None),
        ("上街12号 信访户", None),
        ("上街12号 回民族", None),
        ("你好", None),
        ("上街" * 30 + "12号", None),
    ],
)
def test_a_line_is_a_door_or_nothing(line: str, door: str | None) -> None:
    told = rules.read_doors(line)
    assert told.doors == ((door,) if door is not None else ())
    assert len(told.bad) == (door is None)


@pytest.mark.parametrize("heading", ["姓名", "户主", "身份证号", "联系电话", "性别", "民族", "人口数", "租客"])
def test_a_table_with_a_column_of_people_is_refused_whole(heading: str) -> None:
    told = rules.read_doors(f"地址,{heading}\n上街12号,\n上街13号,")
    assert told.table
    assert told.doors == ()


def test_of_a_table_the_places_are_read_once() -> None:
    told = rules.read_doors("序号\t地址\n1\t上街12号\n2\t上街13号\n3\t上街12号\n\n")
    assert told == rules.Doors(("上街12号", "上街13号"))


@pytest.mark.parametrize(
    ("words", "day", "hour"),
    [
        ("3天内", 21, 20),
        ("三天内", 21, 20),
        ("1周内", 25, 20),
        ("周五前", 20, 20),
        ("11月25日", 25, 20),
        ("后天下午3点", 20, 15),
    ],
)
def test_until_when(words: str, day: int, hour: int) -> None:
    due = rules.due_of(words, START)
    assert due is not None
    assert (due.day, due.hour) == (day, hour)


def test_hours_count_from_now_and_nothing_said_is_nothing() -> None:
    assert rules.due_of("24小时内", START) == START + timedelta(hours=24)
    assert rules.due_of("大侯村", START) is None
    assert rules.without_due("大侯村 3天内", START) == "大侯村"
    assert rules.without_due("大侯村 周五前", START) == "大侯村"


@pytest.mark.parametrize(
    ("words", "day", "hour"), [("1天", 26, 18), ("两天", 27, 18), ("3小时", 25, 21), ("到11月22日", 22, 20)]
)
def test_what_is_put_off_counts_from_its_end(words: str, day: int, hour: int) -> None:
    ends = START.replace(day=25, hour=18, minute=0)
    due = rules.later(words, ends, START)
    assert due is not None
    assert (due.day, due.hour) == (day, hour)


def test_a_round_past_its_day_is_put_off_from_today() -> None:
    assert rules.later("1天", START - timedelta(hours=2), START) == rules.due_of("1天", START)


@pytest.mark.parametrize(
    ("words", "receipt", "numbers", "more"),
    [
        ("3号要转移 老人卧床", "需转移", (3,), True),
        ("5号要转移 老人腿脚不便", "需转移", (5,), True),
        ("要转移，老人80岁", "需转移", (), True),
        ("4、5、6 已看", "已看", (4, 5, 6), False),
        ("1 2 已看", "已看", (1, 2), False),
        ("3-5 没人", "无人", (3, 4, 5), False),
        ("已看 3、4", "已看", (3, 4), False),
        ("3 不用转移", "", (), False),
        ("3", "", (), False),
    ],
)
def test_what_is_said_of_doors(words: str, receipt: str, numbers: tuple[int, ...], more: bool) -> None:
    told = rules.told_of(words)
    assert (told.receipt, told.numbers, told.more) == (receipt, numbers, more)


@pytest.mark.parametrize(
    ("words", "alone"),
    [
        ("要转移，老人腿脚不便", True),
        ("不对，刚才那户是要转移", True),
        ("敲门没人应", True),
        ("看过了，都好", True),
        ("3 没人", True),
        ("点错了", True),
        ("看过了，井盖还是坏的", False),
        ("没人，怎么办", False),
        ("不用转移", False),
        ("听说要转移", False),
        ("正常", False),
    ],
)
def test_what_is_about_a_door_without_the_word(words: str, alone: bool) -> None:
    assert rules.said_alone(words) is alone


MOMENTS = st.timedeltas(timedelta(0), timedelta(days=700)).map(lambda span: START + span)


@given(MOMENTS, st.timedeltas(timedelta(minutes=1), timedelta(days=60)))
def test_a_round_rings_after_now_and_not_after_its_day(now: datetime, span: timedelta) -> None:
    due = now + span
    rings = rules.rings_next(due, now)
    assert now < rings <= due
    assert rings == due or (rings.hour, rings.minute) == (9, 0)
    again = rules.comes_back(due, now)
    assert now < again <= now + rules.AGAIN


def test_numbers_of_doors() -> None:
    assert rules.numbers_in("只看 3 5，8-10 和 3") == [3, 5, 8, 9, 10]
    assert rules.numbers_in("１到3") == [1, 2, 3]
    assert rules.numbers_in("没有") == []
    assert len(rules.numbers_in("1-9999")) == rules.MOST_AT_ONCE + 1
