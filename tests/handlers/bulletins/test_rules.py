"""The pure rules: whose yes, which hour, which words."""

import hashlib
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


def test_numbers_and_doors_are_hidden_and_links_stay() -> None:
    words = "打 13800138000 或 96110，看 https://example.org/a/1234567890123，住中山路18号的注意"
    shown = rules.masked(words, (), True)
    assert "13800138000" not in shown
    assert "18号" not in shown
    assert "96110" in shown
    assert "https://example.org/a/1234567890123" in shown
    assert "18号" in rules.masked(words, (), False)
    assert "13800138000" not in rules.masked("https://example.org/13800138000", (), True)


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


def test_how_many_others() -> None:
    assert rules.wants("协", False) == rules.wants("协", True) == 2
    assert rules.wants("反", True) == rules.wants("预", True) == 1
    assert rules.wants("反", False) == rules.wants("预", False) == 0


@pytest.mark.parametrize("kind", ["反", "预"])
def test_other_bulletins_need_one_other_where_any(kind: str) -> None:
    assert rules.complete(kind, 1, [], False)
    assert not rules.complete(kind, 1, [], True)
    assert not rules.complete(kind, 1, [Yes(1, True)], True)
    assert rules.complete(kind, 1, [Yes(2, False)], True)


def test_a_person_counts_once_and_as_what_they_said_last() -> None:
    assert not rules.complete("协", 1, [Yes(2, True), Yes(2, False), Yes(3, False)], True)
    assert rules.complete("协", 1, [Yes(2, False), Yes(2, True), Yes(3, False)], True)
    assert rules.complete("协", 1, [Yes(2, True), Yes(3, True), Yes(4, True)], True)


def test_spans() -> None:
    assert rules.ROUTINE_APPROVAL == timedelta(hours=12)
    assert rules.DRAFT_LIVES == timedelta(hours=24)
    assert rules.LONGEST == timedelta(days=30)
    assert rules.LONGEST_SUSPECT == timedelta(hours=72)
    assert rules.CLEARED_LEAVES == timedelta(days=7)
    assert rules.approval_window("协", timedelta(minutes=30)) == timedelta(minutes=30)
    assert rules.approval_window("反", timedelta(minutes=30)) == timedelta(hours=12)


@pytest.mark.parametrize("kind", ["workers", "officers", "desk", "admins"])
def test_the_teams_own_groups(kind: str) -> None:
    assert not rules.needs_confirm([kind], 5, 5, True)
    assert rules.needs_confirm([kind], 6, 5, True)
    assert rules.needs_confirm([kind], 5, 5, False)
    assert rules.needs_confirm([kind, "residents"], 2, 5, True)
    assert not rules.needs_confirm([], 0, 5, True)


def test_the_hash_is_what_anybody_can_compute_again() -> None:
    canonical = '{"a":[1],"b":"反诈"}'
    assert rules.content_hash({"b": "反诈", "a": [1]}) == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize(
    ("clock", "start", "end", "quiet"),
    [
        ("22:00", NIGHT, MORNING, True),
        ("21:59", NIGHT, MORNING, False),
        ("06:59", NIGHT, MORNING, True),
        ("07:00", NIGHT, MORNING, False),
        ("12:59", time(13), time(15), False),
        ("13:00", time(13), time(15), True),
        ("14:59", time(13), time(15), True),
        ("15:00", time(13), time(15), False),
        ("09:00", time(9), time(9), False),
    ],
)
def test_quiet_hours(clock: str, start: time, end: time, quiet: bool) -> None:
    moment = datetime.combine(NOW.date(), time.fromisoformat(clock), ZONE)
    assert rules.is_quiet(moment, start, end) is quiet


@pytest.mark.parametrize(
    ("at", "then"),
    [
        (datetime(2026, 11, 18, 23, 10, 9, 7, ZONE), datetime(2026, 11, 19, 7, tzinfo=ZONE)),
        (datetime(2026, 11, 19, 2, 10, 9, 7, ZONE), datetime(2026, 11, 19, 7, tzinfo=ZONE)),
        (datetime(2026, 11, 18, 22, tzinfo=ZONE), datetime(2026, 11, 19, 7, tzinfo=ZONE)),
        (NOW, NOW),
    ],
)
def test_the_end_of_the_night(at: datetime, then: datetime) -> None:
    assert rules.after_quiet(at, NIGHT, MORNING) == then
    assert rules.after_quiet(at.replace(hour=13), time(13), time(15, 30)) == at.replace(
        hour=15, minute=30, second=0, microsecond=0
    )


@pytest.mark.parametrize("name", [*rules.CATEGORIES])
def test_every_category_is_known_by_each_of_its_words(name: str) -> None:
    plain = [word for word in rules.CATEGORIES[name].split("|") if "." not in word]
    assert plain
    assert all(rules.category_of(f"注意{word}") in rules.CATEGORIES for word in plain)
    assert any(rules.category_of(word) == name for word in plain)


def test_what_may_go_at_night_and_what_is_no_danger() -> None:
    assert {"防火", "防汛", "天气"} == rules.DANGERS
    assert rules.category_of("夜里电动车在楼道充电") == "防火"
    assert rules.category_of("大家好") == "安全"


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("全部", ["residents", "merchants", "volunteers", "workers"]),
        ("所有群", ["residents", "merchants", "volunteers", "workers"]),
        ("都发", ["residents", "merchants", "volunteers", "workers"]),
        ("公众", ["residents", "merchants", "volunteers"]),
        ("群众", ["residents", "merchants", "volunteers"]),
        ("商户群和居民群", ["residents", "merchants"]),
        ("志愿者", ["volunteers"]),
        ("义警、志愿", ["volunteers"]),
        ("网格群 工作群", ["workers"]),
        ("警务群", ["officers"]),
        ("本村", []),
    ],
)
def test_audiences(words: str, kinds: list[str]) -> None:
    assert rules.audience_kinds(words) == kinds


@pytest.mark.parametrize(
    ("words", "left", "span"),
    [
        ("注意防火，半天有效", "注意防火", timedelta(hours=12)),
        ("注意防火，两周有效", "注意防火", timedelta(days=14)),
        ("注意防火，3个小时之内有效", "注意防火", timedelta(hours=3)),
        ("注意防火 2个星期内有效。", "注意防火。", timedelta(days=14)),
        ("五日有效，注意防火", "，注意防火", timedelta(days=5)),
        ("注意防火，30天有效", "注意防火", timedelta(days=30)),
        ("注意防火，31天有效", "注意防火", timedelta(days=30)),
        ("0小时有效", "0小时有效", None),
        ("一直有效", "一直有效", None),
    ],
)
def test_how_long(words: str, left: str, span: timedelta | None) -> None:
    assert rules.lasting(words) == (left, span)


@pytest.mark.parametrize(
    ("words", "clean"),
    [
        ("a\nb", "a\nb"),
        ("a\n\nb", "a\n\nb"),
        ("a\n\n\nb", "a\n\nb"),
        (" a\t", "a"),
        ("a\u2028b\u2029c\u200bd\ud800", "abcd"),
        ("", ""),
    ],
)
def test_what_may_be_shown(words: str, clean: str) -> None:
    assert rules.cleaned(words) == clean


def test_links_stay_unless_they_hold_somebodys_number() -> None:
    link = "https://example.org/a?b=1"
    assert rules.masked(f"看{link}，谢谢", (), True) == f"看{link}，谢谢"
    assert rules.masked(f"{link}", (), True) == link
    shown = rules.masked("https://example.org/13912345678 打 13912345678", (), True)
    assert "13912345678" not in shown
    own = rules.masked("打 13912345678", ("13912345678",), True)
    assert own == "打 13912345678"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("柳公立字〔2026〕123号", "柳公立字[2026] 123 号", True),
        ("A-12-34", "a1234", True),
        ("A1234", "A1235", False),
        ("１２３４", "1234", True),
        ("", "1234", False),
    ],
)
def test_one_case_however_it_is_typed(one: str, other: str, same: bool) -> None:
    assert rules.same_case(one, other) is same


@pytest.mark.parametrize(
    "words",
    ["认错人了", "误认", "弄错", "冤枉", "不是本人", "不是她", "不是这个人", "与案件无关", "与案无关", "无辜", "错人"],
)
def test_words_that_clear_a_name_in_a_sentence(words: str) -> None:
    assert rules.clears_a_name(f"因为{words}，撤回")
    assert not rules.clears_a_name("")
    assert not rules.clears_a_name("案子破了")


@pytest.mark.parametrize(("wanted", "hours"), [(None, 48), (1, 1), (48, 48), (72, 48), (100, 48)])
def test_when_a_suspect_notice_ends(wanted: int | None, hours: int) -> None:
    span = timedelta(hours=wanted) if wanted is not None else None
    assert rules.suspect_ends(NOW, span, timedelta(hours=48)) == NOW + timedelta(hours=hours)
    assert rules.suspect_ends(NOW, span, timedelta(hours=200)) <= NOW + timedelta(hours=72)
