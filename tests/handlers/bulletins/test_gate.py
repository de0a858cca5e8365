"""The gate of suspect notices part by part; tests/rules/test_r07_gate.py holds it against a table of notices."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.bulletins import gate
from handlers.bulletins.gate import Lack

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZONE)
GOOD = {
    "case": "柳公立字〔2026〕123号",
    "when": "昨天下午3点",
    "place": "水头村村口",
    "marks": "黑色外套、骑红色电动车",
    "adult": "成年",
}


def lacks(**changed: str) -> list[Lack]:
    """What a good notice lacks once this is changed."""
    return gate.lacks({**GOOD, **changed}, NOW)


def test_values_are_the_ends_of_their_sentences_keys() -> None:
    assert [str(one) for one in Lack] == [
        *("case", "time", "future", "place", "marks", "ethnicity", "native", "faith", "illness", "minor"),
    ]


def test_nothing_at_all_lacks_everything_once_and_in_order() -> None:
    assert gate.lacks({}, NOW) == [Lack.CASE, Lack.TIME, Lack.PLACE, Lack.MARKS, Lack.MINOR]
    assert lacks() == []


@pytest.mark.parametrize(
    ("words", "fine"),
    [
        ("1234", True),
        ("123", False),
        ("案123", False),
        ("A1234", True),
        ("〔2026〕12", True),
        ("13912345678", False),
        ("电话13912345678", False),
        ("案号13912345678", True),
        ("立字 13912345678", True),
        ("第13912345678", True),
        ("LA13912345678", True),
        ("110101199003074514", False),
        ("", False),
        ("没有", False),
        ("1" * 4 + "字" * 36, True),
        ("1" * 4 + "字" * 37, False),
        (f"  {'1' * 4}{'字' * 36}  ", True),
        ("１２３４号", True),
    ],
)
def test_case_numbers(words: str, fine: bool) -> None:
    assert gate.has_case(words) is fine
    assert (Lack.CASE not in lacks(case=words)) is fine


@pytest.mark.parametrize(
    ("words", "lack"),
    [
        ("昨天", []),
        ("今天", []),
        ("11月16日下午3点", []),
        ("今天10点25分", []),
        ("今天10点26分", [Lack.FUTURE]),
        ("今天晚上8点", [Lack.FUTURE]),
        ("明天", [Lack.FUTURE]),
        ("每天下午3点", [Lack.TIME]),
        ("不记得了", [Lack.TIME]),
        ("", [Lack.TIME]),
    ],
)
def test_times(words: str, lack: list[Lack]) -> None:
    assert gate.time_lack(words, NOW) == lack


@pytest.mark.parametrize(
    ("words", "fine"),
    [
        ("村口", False),
        ("村口边", True),
        ("水头村", True),
        ("附近", False),
        ("附近这边", False),
        ("不知道", False),
        ("某处路上", False),
        ("路上的桥", True),
        ("  桥头。 ", False),
        ("", False),
    ],
)
def test_places(words: str, fine: bool) -> None:
    assert gate.has_place(words) is fine
    assert (Lack.PLACE not in lacks(place=words)) is fine


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("黑色外套", 1),
        ("黑色外套、外套", 1),
        ("外套、裤子", 2),
        ("一瘸一拐、染黄发", 2),
        ("骑电动三轮车", 1),
        ("SUV", 1),
        ("suv、双肩包", 2),
        ("光头", 1),
        ("光头、光头", 1),
        ("个子高", 0),
        ("", 0),
    ],
)
def test_marks(words: str, count: int) -> None:
    assert len(gate.marks_in(words)) == count
    assert (Lack.MARKS in lacks(marks=words)) is (count < 2)


def test_what_is_worn_comes_before_how_the_hair_is() -> None:
    assert gate.marks_in("光头、黑色外套") == ["外套", "光头"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("回族", [Lack.ETHNICITY]),
        ("黑人", [Lack.ETHNICITY]),
        ("黑人字拖", []),
        ("越南口音", [Lack.ETHNICITY, Lack.NATIVE]),
        ("河南人", [Lack.NATIVE]),
        ("河南人民路", []),
        ("外地口音", [Lack.NATIVE]),
        ("本地人民", []),
        ("穆斯林", [Lack.FAITH]),
        ("清真寺", []),
        ("精神病", [Lack.ILLNESS]),
        ("hiv", [Lack.ILLNESS]),
        ("初中生", [Lack.MINOR]),
        ("大学生", []),
        ("学生", [Lack.MINOR]),
        ("回族，河南人，信教，残疾，少年", [Lack.ETHNICITY, Lack.NATIVE, Lack.FAITH, Lack.ILLNESS, Lack.MINOR]),
        ("", []),
    ],
)
def test_what_describes_nobody(words: str, found: list[Lack]) -> None:
    assert gate.forbidden(words, NOW) == found


@pytest.mark.parametrize("field", ["case", "when", "marks", "extra"])
def test_it_is_found_wherever_it_stands(field: str) -> None:
    assert Lack.FAITH in gate.lacks({**GOOD, field: f"{GOOD.get(field, '')}，穆斯林"}, NOW)


def test_a_place_may_be_called_after_peoples_but_says_nothing_of_the_person() -> None:
    assert lacks(place="民族路清真寺门口") == []
    assert lacks(place="村口，河南口音") == [Lack.NATIVE]
    assert lacks(place="村口，外地人") == [Lack.NATIVE]


@pytest.mark.parametrize(
    ("words", "minor"),
    [
        ("17岁", True),
        ("18岁", False),
        ("十七岁", True),
        ("十八岁", False),
        ("十八九岁", False),
        ("十七八岁", True),
        ("十周岁", True),
        ("八岁", True),
        ("七八岁", True),
        ("二十七八岁", False),
        ("三十岁", False),
        ("16-20岁", True),
        ("18-20岁", False),
        ("20到16岁", True),
        ("年龄17", True),
        ("年龄大约25", False),
        ("2010年出生", True),
        ("2008年生", True),
        ("2007年出生", False),
        ("2009年生产的车", False),
        ("1990年生", False),
        ("未满18", True),
        ("已满18岁", False),
        ("没有说", False),
        ("100岁", False),
    ],
)
def test_ages(words: str, minor: bool) -> None:
    assert (Lack.MINOR in gate.forbidden(words, NOW)) is minor


def test_a_birthday_is_taken_for_the_youngest_it_allows() -> None:
    for year in (NOW.year - 18, NOW.year - 17):
        assert Lack.MINOR in gate.forbidden(f"{year}年出生", NOW)
    assert gate.forbidden(f"{NOW.year - 19}年出生", NOW) == []
    later = NOW + timedelta(days=365)
    assert gate.forbidden(f"{NOW.year - 18}年出生", later) == []


@pytest.mark.parametrize(
    ("words", "adult"),
    [
        ("成年", True),
        (" 成年 ", True),
        ("是", True),
        ("是的", True),
        ("已成年", True),
        ("确定成年", True),
        ("已满18", True),
        ("满十八", True),
        ("年满18周岁", True),
        ("是不是", False),
        ("未成年", False),
        ("不是", False),
        ("不确定", False),
        ("可能成年", False),
        ("", False),
    ],
)
def test_the_authors_word(words: str, adult: bool) -> None:
    assert gate.says_adult(words) is adult
    assert (lacks(adult=words) == []) is adult


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("昨天下午3点", "11月17日 15:00 前后"),
        ("昨天", "11月17日"),
        ("11月2日早上8点05分", "11月2日 08:05 前后"),
        ("不知道", ""),
        ("", ""),
    ],
)
def test_times_as_shown(words: str, shown: str) -> None:
    assert gate.when_shown(words, NOW) == shown


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("名叫王小明", ""),
        ("外套，名叫王小明，帽子", "外套，帽子"),
        ("姓名：王小明、外套", "外套"),
        ("外套；绰号刀疤；帽子", "外套，帽子"),
        ("望河技校的人，外套", "外套"),
        ("、外套，", "外套"),
        ("", ""),
    ],
)
def test_bare_words(words: str, left: str) -> None:
    assert gate.without_name_and_school(words) == left


@given(
    age=st.integers(1, 17), before=st.sampled_from(["", "约", "大概", "看着像"]), after=st.sampled_from(["", "左右"])
)
def test_no_age_under_18_passes(age: int, before: str, after: str) -> None:
    spelt = f"{before}{age}{after}岁，黑色外套、牛仔裤"
    assert gate.Lack.MINOR in gate.lacks({**GOOD, "marks": spelt}, NOW)


@given(age=st.integers(18, 99))
def test_ages_from_18_on_pass(age: int) -> None:
    assert gate.lacks({**GOOD, "marks": f"{age}岁左右，黑色外套、牛仔裤"}, NOW) == []


@given(st.text(max_size=300))
def test_it_reads_anything(words: str) -> None:
    found = gate.lacks({"case": words, "when": words, "place": words, "marks": words, "adult": words}, NOW)
    assert all(isinstance(lack, gate.Lack) for lack in found)


def test_the_time_stays_true_tomorrow() -> None:
    shown = gate.when_shown("昨天下午3点", NOW)
    assert shown == "11月17日 15:00 前后"
    assert gate.when_shown(shown, NOW + timedelta(days=1)) == shown
    assert gate.when_shown("昨天", NOW) == "11月17日"
    assert gate.when_shown("不知道", NOW) == ""


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("名叫王小明，黑色外套", "黑色外套"),
        ("黑色外套，望河职业技术学院的人，戴帽子", "黑色外套，戴帽子"),
        ("黑色外套、骑红色电动车", "黑色外套、骑红色电动车"),
        ("外号刀疤、戴墨镜", "戴墨镜"),
    ],
)
def test_bare_words_have_no_name_and_no_school(words: str, left: str) -> None:
    assert gate.without_name_and_school(words) == left


@pytest.mark.parametrize(
    ("words", "doubt"),
    [
        ("不确定", True),
        ("未成年", True),
        ("十七岁", True),
        ("17", True),
        ("大侯村", False),
        ("1天", False),
        ("收到", False),
    ],
)
def test_what_tells_nothing_of_the_age_is_asked_again(words: str, doubt: bool) -> None:
    assert gate.says_no_adult(words) is doubt
