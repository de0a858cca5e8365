"""The pure rules: whose yes, which hour, which words."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.bulletins import fraud, rules
from handlers.bulletins.rules import Yes
from handlers.reading import intent
from handlers.reading.intent import Heard
from handlers.reading.normal import fold

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZONE)
NIGHT, MORNING = time(22), time(7)


@pytest.mark.parametrize(
    ("yeses", "enough"),
    [
        ([], False),
        ([Yes(2, False)], False),
        ([Yes(2, True)], False),
        ([Yes(2, False), Yes(3, False)], False),
        ([Yes(2, False), Yes(3, True)], True),
        ([Yes(2, True), Yes(2, True)], False),
        ([Yes(1, True), Yes(2, False)], False),
        ([Yes(1, True), Yes(2, True)], False),
        ([Yes(1, True), Yes(2, False), Yes(3, False)], False),
        ([Yes(1, True), Yes(2, False), Yes(3, True)], True),
    ],
)
def test_a_suspect_notice_needs_two_others_one_a_chief(yeses: list[Yes], enough: bool) -> None:
    assert rules.complete("协", 1, yeses, True) is enough
    assert rules.complete("协", 1, yeses, False) is enough


def test_a_bulletin_needs_one_other_where_it_has_to_be_confirmed() -> None:
    assert not rules.complete("反", 1, [Yes(1, True)], True)
    assert rules.complete("反", 1, [Yes(2, False)], True)
    assert rules.complete("预", 1, [], False)


@pytest.mark.parametrize(
    ("kinds", "groups", "inside", "needs"),
    [
        (["workers"], 1, True, False),
        (["workers", "officers", "desk"], 5, True, False),
        (["workers"], 6, True, True),
        (["workers"], 1, False, True),
        (["residents"], 1, True, True),
        (["merchants"], 1, True, True),
        (["volunteers", "workers"], 2, True, True),
        (["unbound"], 1, True, True),
    ],
)
def test_what_has_to_be_confirmed(kinds: list[str], groups: int, inside: bool, needs: bool) -> None:
    assert rules.needs_confirm(kinds, groups, 5, inside) is needs


@given(minutes=st.integers(0, 3 * 24 * 60))
def test_nothing_is_moved_into_or_left_in_the_quiet_hours(minutes: int) -> None:
    moment = NOW + timedelta(minutes=minutes)
    after = rules.after_quiet(moment, NIGHT, MORNING)
    assert not rules.is_quiet(after, NIGHT, MORNING)
    assert moment <= after <= moment + timedelta(hours=9)
    assert after == moment or after.time() == MORNING


@pytest.mark.parametrize(
    ("clock", "quiet"), [("21:59", False), ("22:00", True), ("00:00", True), ("06:59", True), ("07:00", False)]
)
def test_quiet_hours_pass_midnight(clock: str, quiet: bool) -> None:
    moment = datetime.combine(NOW.date(), time.fromisoformat(clock), ZONE)
    assert rules.is_quiet(moment, NIGHT, MORNING) is quiet
    assert rules.is_quiet(moment, time(1), time(5)) is (time(1) <= moment.time() < time(5))


@pytest.mark.parametrize(
    ("words", "left", "days"),
    [
        ("刷单是诈骗，三天内有效", "刷单是诈骗", 3),
        ("刷单是诈骗 2周有效", "刷单是诈骗", 14),
        ("刷单是诈骗，12小时内有效", "刷单是诈骗", 0.5),
        ("刷单是诈骗，100天有效", "刷单是诈骗", 30),
    ],
)
def test_how_long_it_counts(words: str, left: str, days: float) -> None:
    assert rules.lasting(words) == (left, timedelta(days=days))


@pytest.mark.parametrize("words", ["三天内办完", "有效防范诈骗", "0天内有效", ""])
def test_ordinary_words_are_no_span(words: str) -> None:
    assert rules.lasting(words) == (words, None)


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("夜里有人撬锁偷电动车", "防盗"),
        ("楼道里电动车不要充电", "防火"),
        ("暴雨，河边的人撤离", "防汛"),
        ("大风降温", "天气"),
        ("前方封路请绕行", "交通"),
        ("发现罂粟请报告", "禁毒"),
        ("刷单返利", "防骗"),
        ("大家晚上关好门", "安全"),
    ],
)
def test_the_category_is_read_from_the_words(words: str, category: str) -> None:
    assert rules.category_of(words) == category


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("全镇 居民群", ["residents"]),
        ("居民群和工作群", ["residents", "workers"]),
        ("公众", ["residents", "merchants", "volunteers"]),
        ("全部", ["residents", "merchants", "volunteers", "workers"]),
        ("义警", ["volunteers"]),
        ("全镇", []),
    ],
)
def test_kinds_of_group(words: str, kinds: list[str]) -> None:
    assert rules.audience_kinds(words) == kinds


def test_numbers_and_doors_are_hidden_and_links_stay() -> None:
    words = "打 13800138000 或 96110，看 https://example.org/a/1234567890123，住中山路18号的注意"
    shown = rules.masked(words, (), True)
    assert "13800138000" not in shown
    assert "18号" not in shown
    assert "96110" in shown
    assert "https://example.org/a/1234567890123" in shown
    assert "18号" in rules.masked(words, (), False)
    assert "13800138000" not in rules.masked("https://example.org/13800138000", (), True)


def test_control_and_invisible_characters_go() -> None:
    assert rules.cleaned(" 不要\u200b转账\x07\n\n\n\n谢谢\u202e ") == "不要转账\n\n谢谢"


@pytest.mark.parametrize("words", ["认错人", "搞错人了", "不是他", "与案件无关", "误认"])
def test_words_that_clear_a_name(words: str) -> None:
    assert rules.clears_a_name(words)
    assert not rules.clears_a_name("人已经抓到了")


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    assert rules.content_hash({"a": 1, "b": [2, "反"]}) == rules.content_hash({"b": [2, "反"], "a": 1})
    assert rules.content_hash({"a": 1}) != rules.content_hash({"a": 2})


@pytest.mark.parametrize(
    ("words", "left", "hour"),
    [
        ("明天9点 刷单是诈骗", "刷单是诈骗", 9),
        ("明天上午10点发：刷单是诈骗", "刷单是诈骗", 10),
        ("今晚8点推送 刷单是诈骗", "刷单是诈骗", 20),
    ],
)
def test_a_leading_moment_says_when_to_send(words: str, left: str, hour: int) -> None:
    found, moment = fraud.leading_time(words, NOW)
    assert found == left
    assert moment is not None
    assert moment.hour == hour


@pytest.mark.parametrize(
    "words",
    ["昨天9点 有人被骗", "刷单是诈骗，明天9点开会", "每天9点 巡查", "明天 开会", "明天9点开会", "现在 骗子很多"],
)
def test_a_moment_of_the_story_does_not(words: str) -> None:
    assert fraud.leading_time(words, NOW) == (words, None)


@pytest.mark.parametrize(
    "rest",
    [
        "讲座几点开始",
        "宣传今晚七点在村委会，请大家不要迟到",
        "app大家都要下载，不要被骗",
        "中心打来的电话是真的，别挂",
        "工作做得好，骗子少了",
        "视频谁有，发一个，不要转账那个",
        "群里别发别的",
        "",
    ],
)
def test_talk_about_it_is_no_warning(rest: str) -> None:
    assert not intent.fraud(Heard(fold(rest), chat="officers", team=True))


@pytest.mark.parametrize(
    "rest", ["冒充客服退款诈骗高发，不要转账", "上游泄洪，河边的人请马上撤离", "刷单都是骗局，千万别信"]
)
def test_a_warning_is_one(rest: str) -> None:
    assert intent.fraud(Heard(fold(rest), chat="officers", team=True))
    assert intent.warning(Heard(fold(f" {rest}"), chat="workers", team=True))
    assert not intent.warning(Heard(fold(rest), chat="residents", team=True))
