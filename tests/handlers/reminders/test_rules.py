"""What a reminder says and when it rings, read from what people type."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading import intent
from handlers.reading.normal import fold
from handlers.reminders import repeating, rules

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZONE)
"""A Wednesday."""


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZONE)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("said", "moment", "chosen", "text"),
    [
        ("明天9点 走访7号楼", at(2026, 11, 19, 9), False, "走访7号楼"),
        ("走访7号楼 明天9点", at(2026, 11, 19, 9), False, "走访7号楼"),
        ("明天 走访7号楼 9点", at(2026, 11, 19, 9), False, "走访7号楼"),
        ("30分钟后 关水", at(2026, 11, 18, 10, 50), False, "关水"),
        ("我今晚六点半关煤气", at(2026, 11, 18, 18, 30), False, "关煤气"),
        ("我妈今晚8点吃药", at(2026, 11, 18, 20), False, "我妈 吃药"),
        ("大家 后天上午10点 社区二楼体检", at(2026, 11, 20, 10), False, "社区二楼体检"),
        ("明天交表", at(2026, 11, 19, 9), True, "交表"),
        ("今天交表", at(2026, 11, 18, 12), True, "交表"),
        ("下周二之前 交台账", at(2026, 11, 24, 9), True, "交台账"),
        ("明天傍晚 关闸", at(2026, 11, 19, 18), True, "关闸"),
    ],
)
def test_said_once(said: str, moment: datetime, chosen: bool, text: str) -> None:
    wish = rules.read(said, NOW)
    assert wish.when is not None
    assert rules.first_moment(wish.when, NOW) == (moment, chosen)
    assert wish.text == text


def test_no_time_is_no_time() -> None:
    assert rules.read("给7号楼的陈奶奶送药", NOW) == rules.Wish(None, "给7号楼的陈奶奶送药")


@pytest.mark.parametrize(
    ("said", "words", "moments"),
    [
        ("每周五下午4点 报周报", "每周五 16:00", [at(2026, 11, 20, 16), at(2026, 11, 27, 16)]),
        ("每天早上8点 吃药", "每天 08:00", [at(2026, 11, 19, 8), at(2026, 11, 20, 8)]),
        ("隔天早上8点 浇花", "每2天 08:00", [at(2026, 11, 20, 8), at(2026, 11, 22, 8)]),
        ("工作日9点 打卡", "每个工作日 09:00", [at(2026, 11, 19, 9), at(2026, 11, 20, 9), at(2026, 11, 23, 9)]),
        ("每周一三五晚上7点 巡逻", "每周一、三、五 19:00", [at(2026, 11, 18, 19), at(2026, 11, 20, 19)]),
        ("每月31号早上8点 盘点", "每月31号 08:00", [at(2026, 11, 30, 8), at(2026, 12, 31, 8)]),
        ("每月25号 报台账", "每月25号 09:00", [at(2026, 11, 25, 9), at(2026, 12, 25, 9)]),
        ("每季度1号 报表", "每3个月1号 09:00", [at(2027, 1, 1, 9), at(2027, 4, 1, 9)]),
        ("每年3月5日 学雷锋", "每年3月5号 09:00", [at(2027, 3, 5, 9), at(2028, 3, 5, 9)]),
        ("每小时 喝水", "每小时", [at(2026, 11, 18, 11, 20), at(2026, 11, 18, 12, 20)]),
        ("每半小时 看锅", "每30分钟", [at(2026, 11, 18, 10, 50), at(2026, 11, 18, 11, 20)]),
        ("从明天起每天8点 吃药", "每天 08:00", [at(2026, 11, 19, 8), at(2026, 11, 20, 8)]),
    ],
)
def test_said_for_again_and_again(said: str, words: str, moments: list[datetime]) -> None:
    when = rules.read(said, NOW).when
    assert when is not None
    repeat, _chosen = rules.repetition(when, NOW)
    assert rules.repeat_words(repeat) == words
    moment, found = NOW, []
    for _ in moments:
        following = repeating.next_after(repeat, moment)
        assert following is not None
        moment = following
        found.append(moment)
    assert found == moments


def test_every_second_week_keeps_its_rhythm() -> None:
    repeat = {"every": "week", "interval": 2, "weekdays": ["一", "五"], "at": "14:00", "from": NOW.isoformat()}
    moments, moment = [], NOW
    for _ in range(4):
        moment = repeating.next_after(repeat, moment) or NOW
        moments.append(moment)
    assert moments == [at(2026, 11, 20, 14), at(2026, 11, 30, 14), at(2026, 12, 4, 14), at(2026, 12, 14, 14)]


def test_the_29th_of_february_rings_every_year() -> None:
    repeat = {"every": "year", "month": 2, "days": [29], "at": "09:00", "from": NOW.isoformat()}
    first = repeating.next_after(repeat, NOW)
    assert first == at(2027, 2, 28, 9)
    assert repeating.next_after(repeat, at(2028, 1, 1)) == at(2028, 2, 29, 9)


def test_it_ends() -> None:
    repeat = {"every": "day", "at": "09:00", "from": NOW.isoformat(), "until": "2026-11-19"}
    assert repeating.next_after(repeat, NOW) == at(2026, 11, 19, 9)
    assert repeating.next_after(repeat, at(2026, 11, 19, 9)) is None
    assert rules.repeat_words(repeat) == "每天 09:00，到11月19日为止"


repeats = st.one_of(
    st.fixed_dictionaries({"every": st.sampled_from(["day", "week", "month", "year"]), "at": st.just("23:30")}),
    st.fixed_dictionaries(
        {"every": st.just("month"), "days": st.lists(st.integers(1, 31), min_size=1, max_size=3, unique=True)}
    ),
    st.fixed_dictionaries({"every": st.sampled_from(["hour", "minute"]), "interval": st.integers(1, 90)}),
    st.fixed_dictionaries(
        {
            "every": st.just("week"),
            "interval": st.integers(1, 6),
            "weekdays": st.lists(st.sampled_from("一二三四五六日"), min_size=1, unique=True),
        }
    ),
)


@given(repeat=repeats, minutes=st.integers(0, 60 * 24 * 400), missed=st.integers(0, 60 * 24 * 90))
def test_the_next_moment_lies_ahead_and_missing_some_changes_no_later_one(
    repeat: dict[str, Any], minutes: int, missed: int
) -> None:
    start = NOW + timedelta(minutes=minutes)
    kept = {"at": "09:00", **repeat, "from": start.isoformat()}
    after = start + timedelta(minutes=missed)
    following = repeating.next_after(kept, after)
    assert following is not None
    assert following > after
    assert repeating.next_after(kept, following - timedelta(microseconds=1)) == following


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("30分钟后提醒我关水", "30分钟后 关水"),
        ("明早8点提醒我带钥匙", "明早8点 带钥匙"),
        ("每天晚上9点提醒大家关灯", "每天晚上9点 关灯"),
        ("谢谢提醒，我这就去", None),
        ("你提醒得及时", None),
        ("昨天提醒过了", None),
        ("明天社区要提醒大家戴口罩", None),
        ("明天上午提醒大家开会吗", None),
        ("下周二上午九点半的时候提醒我去镇里开会", "下周二上午九点半 去镇里开会"),
        ("晚上8点提醒了他", None),
    ],
)
def test_the_time_first(text: str, turned: str | None) -> None:
    found = intent.reminder_turned(fold(text))
    assert (found.rest if found else None) == turned


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [(at(2026, 11, 18, 22), True), (at(2026, 11, 19, 6, 59), True), (at(2026, 11, 19, 7), False)],
)
def test_quiet_hours_go_over_midnight(moment: datetime, quiet: bool) -> None:
    night = at(2026, 1, 1, 22).timetz().replace(tzinfo=None)
    morning = at(2026, 1, 1, 7).timetz().replace(tzinfo=None)
    assert rules.is_quiet(moment, night, morning) is quiet
    assert rules.is_quiet(moment, morning, night) is not quiet


def test_a_term_that_ends_at_midnight_ends_on_the_day_before() -> None:
    assert rules.due_words(at(2026, 12, 12, 0), NOW) == "星期五 12月11日 24:00"
    assert rules.due_words(at(2026, 12, 11, 10), NOW) == "星期五 12月11日 10:00"


def test_another_year_is_named() -> None:
    assert rules.moment_words(at(2027, 1, 4, 9), NOW) == "星期一 2027年1月4日 09:00"
