"""What is a tip, what is urgent, what is masked, when silence climbs."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.incidents import rules
from handlers.incidents.words import after_codes
from handlers.reading.codes import codes

NOW = datetime(2026, 11, 18, 2, 20, tzinfo=UTC)

DESCRIBES = (
    "村口有个可疑男子在拉车门",
    "有人鬼鬼祟祟在车棚",
    "一个穿黑色外套的在撬锁",
    "戴着鸭舌帽骑电动车跑了",
    "那个男的一米七五左右，平头",
    "小偷又来了",
    "有個光頭男人砸門",
    "陌生女人敲门推销",
    "两个人外地口音",
)
DESCRIBES_NOT = (
    "水头村村口路灯坏了",
    "3号楼楼道堆满电动车",
    "车棚电瓶被偷了",
    "老人摔倒了在3号楼门口",
    "楼下有人打架",
    "线路穿过墙体，外皮破了",
    "井盖被戴维路的车压坏了",
    "孩子在电梯里出不来",
)


@pytest.mark.parametrize("words", DESCRIBES)
def test_words_about_a_person_are_a_tip(words: str) -> None:
    assert rules.describes_person(words)


@pytest.mark.parametrize("words", DESCRIBES_NOT)
def test_words_about_a_thing_are_no_tip(words: str) -> None:
    assert not rules.describes_person(words)


@pytest.mark.parametrize("words", ["楼下着火了", "有人要跳楼", "他晕倒了", "在打人", "有人掉河里", "燃气漏了", "救命"])
def test_danger_is_urgent(words: str) -> None:
    assert rules.urgent(words)


@pytest.mark.parametrize("words", ["路灯坏了", "楼道堆满电动车", "门禁坏了", "井盖松了"])
def test_an_everyday_matter_is_not_urgent(words: str) -> None:
    assert not rules.urgent(words)


def test_somebody_missing_is_heard() -> None:
    assert rules.tells_of_missing("我妈不见了快帮帮我")
    assert rules.tells_of_missing("老人走丢了")
    assert not rules.tells_of_missing("井盖不见了")


def test_what_is_private_is_split_from_what_is_said() -> None:
    split = rules.split_private("3号楼2单元402漏水，电话13800001111，车牌晋E12345，身份证110101199003070038")
    assert "13800001111" not in split.masked
    assert "402" not in split.masked
    assert "晋E12345" not in split.masked
    assert split.private["phone"] == ["13800001111"]
    assert split.private["plate"] == ["晋E12345"]
    assert "402" in "".join(split.private["door"])
    assert "13800001111" in split.private["words"]
    assert "110101199003070038" not in str(split.private)


def test_the_stations_own_lines_stay() -> None:
    assert "0356-2223344" in rules.split_private("请打0356-2223344", ["0356-2223344"]).masked


def test_control_and_invisible_characters_go_and_lines_stay() -> None:
    assert rules.clean("  路灯\x00坏\u200b了\u202e\r\n村口\x1b ") == "路灯坏了\n村口"


@given(st.text())
def test_cleaning_ends_and_is_stable(text: str) -> None:
    once = rules.clean(text)
    assert rules.clean(once) == once
    assert not any(ord(letter) < 32 and letter != "\n" for letter in once)


@given(st.text(max_size=200))
def test_reading_a_report_never_fails(text: str) -> None:
    rules.describes_person(text)
    rules.urgent(text)
    rules.tells_of_missing(text)
    rules.split_private(text)


def test_a_call_for_help_climbs_faster() -> None:
    spans = (timedelta(minutes=15), timedelta(minutes=60), timedelta(minutes=2), timedelta(minutes=5))
    assert rules.ladder("求", spans) == (timedelta(minutes=2), timedelta(minutes=5))
    assert {rules.ladder(kind, spans) for kind in "报隐线"} == {(timedelta(minutes=15), timedelta(minutes=60))}


def test_a_tip_is_no_kin_of_a_report() -> None:
    assert rules.kin("线") == {"线"}
    assert rules.kin("隐") == rules.kin("报") == rules.kin("求") == {"报", "隐", "求"}
    assert rules.alike_since("求", NOW) == NOW - timedelta(hours=2)
    assert rules.alike_since("隐", NOW) == NOW - timedelta(hours=24)


def test_ten_minutes_are_ten_minutes() -> None:
    ten = timedelta(minutes=10)
    assert rules.withdrawable(NOW, NOW + ten, ten)
    assert not rules.withdrawable(NOW, NOW + ten + timedelta(seconds=1), ten)
    assert rules.minutes_since(NOW, NOW + timedelta(seconds=119)) == 1
    assert rules.minutes_since(NOW, NOW - timedelta(seconds=5)) == 0


@pytest.mark.parametrize(
    ("rest", "left"),
    [
        ("隐12 已换灯泡", "已换灯泡"),
        ("隐12：已换灯泡", "已换灯泡"),
        ("隐12", ""),
        ("已换灯泡", "已换灯泡"),
        ("见隐12的说明", "见隐12的说明"),
        ("", ""),
    ],
)
def test_the_words_behind_the_code(rest: str, left: str) -> None:
    assert after_codes(rest, codes(rest)) == left
