"""The gate, names and clocks of searches, case by case."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.searches import reading, rules
from handlers.searches.rules import Lack
from tests.support.stage import START

OLD = {"years": 78, "group": "old"}
CHILD = {"years": 9, "group": "child"}
ADULT = {"years": 35, "group": "adult"}
FULL = {"who": "我奶奶", "age": OLD, "clothes": "蓝棉袄黑裤子", "consent": "yes"}

GATE: list[tuple[str, dict[str, Any], dict[str, bool], set[Lack]]] = [
    ("elder, all said", FULL, {}, set()),
    ("nobody confirmed", FULL, {"confirmed": False}, {Lack.OFFICER}),
    ("child, all said", {**FULL, "who": "我儿子", "age": CHILD}, {}, set()),
    ("just under 18", {**FULL, "age": {"years": 17, "group": "child"}}, {}, set()),
    ("just 18 and well", {**FULL, "age": {"years": 18, "group": "adult"}}, {}, {Lack.RISK}),
    ("59 and well", {**FULL, "age": {"years": 59, "group": "adult"}}, {}, {Lack.RISK}),
    ("60 and well", {**FULL, "age": {"years": 60, "group": "old"}}, {}, set()),
    ("adult and well", {**FULL, "age": ADULT}, {}, {Lack.RISK}),
    ("adult with dementia", {**FULL, "age": ADULT, "health": "早发老年痴呆"}, {}, set()),
    ("adult, despair", {**FULL, "age": ADULT, "health": "留了遗书，想不开"}, {}, set()),
    ("adult, despair told at first", {**FULL, "age": ADULT, "note": "我弟说要轻生"}, {}, set()),
    ("adult, illness denied", {**FULL, "age": ADULT, "health": "没有什么病"}, {}, {Lack.RISK}),
    ("adult, healthy", {**FULL, "age": ADULT, "health": "身体很好"}, {}, {Lack.RISK}),
    ("adult, danger denied", {**FULL, "age": ADULT, "health": "没有喝醉"}, {}, {Lack.RISK}),
    ("adult, officer sees danger", {**FULL, "age": ADULT}, {"danger": True}, set()),
    ("age unknown and well", {**FULL, "age": None}, {}, {Lack.RISK}),
    ("age unknown, epilepsy", {**FULL, "age": None, "health": "癫痫"}, {}, set()),
    ("only a group", {**FULL, "age": {"years": None, "group": "old"}, "clothes": None}, {}, set()),
    ("age alone", {**FULL, "who": "亲戚", "clothes": None}, {}, {Lack.DESCRIPTION}),
    ("age and photo", {**FULL, "who": "亲戚", "clothes": None}, {"photo": True}, set()),
    ("clothes alone", {**FULL, "who": "亲戚", "age": None, "health": "痴呆"}, {}, {Lack.DESCRIPTION}),
    ("clothes and looks", {**FULL, "who": "亲戚", "age": None, "health": "痴呆", "clothes": "红衣服，驼背"}, {}, set()),
    ("nonsense clothes", {**FULL, "who": "亲戚", "clothes": "不晓得呢"}, {}, {Lack.DESCRIPTION}),
    ("described by an officer", {**FULL, "who": "亲戚", "clothes": None, "correction": "穿红棉袄"}, {}, set()),
    ("nothing but a photo", {"photo": 1, "consent": "yes"}, {"photo": True}, {Lack.RISK, Lack.DESCRIPTION}),
    ("consent refused", {**FULL, "consent": "no"}, {}, {Lack.CONSENT}),
    ("consent not asked yet", {**FULL, "consent": None}, {}, {Lack.CONSENT}),
    ("consent that may stay", {**FULL, "consent": "stay"}, {}, set()),
    ("by law without consent", {**FULL, "consent": None}, {"by_law": True}, set()),
    ("by law against refusal", {**FULL, "consent": "no"}, {"by_law": True}, set()),
    ("by law mends nothing else", {**FULL, "age": ADULT, "consent": "no"}, {"by_law": True}, {Lack.RISK}),
    ("nothing known", {}, {}, {Lack.RISK, Lack.DESCRIPTION, Lack.CONSENT}),
    ("nothing at all", {}, {"confirmed": False}, set(Lack)),
]


@pytest.mark.parametrize(("facts", "officer", "lacks"), [case[1:] for case in GATE], ids=[case[0] for case in GATE])
def test_gate(facts: dict[str, Any], officer: dict[str, bool], lacks: set[Lack]) -> None:
    case = rules.case_of(facts, **{"confirmed": True, **officer})
    assert set(rules.lacking(case)) == lacks


@given(
    st.sampled_from([None, "yes", "stay", "no"]),
    st.booleans(),
    st.sampled_from([None, CHILD, ADULT, OLD]),
    st.sampled_from([None, "蓝棉袄", "驼背", "随便"]),
)
def test_never_without_an_officer_and_consent(
    consent: str | None, confirmed: bool, age: dict[str, Any] | None, clothes: str | None
) -> None:
    case = rules.case_of({"age": age, "clothes": clothes, "consent": consent}, confirmed=confirmed, danger=True)
    if not rules.lacking(case):
        assert confirmed
        assert consent in ("yes", "stay")


@pytest.mark.parametrize(
    ("facts", "stays"),
    [
        ({**FULL, "consent": "stay"}, True),
        ({**FULL, "consent": "yes"}, False),
        ({**FULL, "age": CHILD, "consent": "stay"}, False),
        ({**FULL, "age": None, "health": "痴呆", "consent": "stay"}, False),
        ({**FULL, "age": ADULT, "consent": "stay"}, False),
        ({**FULL, "age": ADULT, "health": "痴呆", "consent": "stay"}, True),
    ],
)
def test_photo_stays_only_for_an_adult_at_risk_with_that_consent(facts: dict[str, Any], stays: bool) -> None:
    assert rules.photo_can_stay(rules.case_of(facts, confirmed=True)) is stays


@pytest.mark.parametrize(
    ("who", "age", "key", "family"),
    [
        ("我奶奶王秀英", OLD, "elder_female", "王"),
        ("我奶奶，王秀英", None, "family", "王"),
        ("王奶奶", OLD, "elder", "王"),
        ("姓张的老大爷", OLD, "elder_male", "张"),
        ("我儿子 李小明", CHILD, "family", "李"),
        ("我儿子", CHILD, "child_male", None),
        ("我孙女", CHILD, "child_female", None),
        ("我老伴", OLD, "old_any", None),
        ("我妈黄头发", ADULT, "adult_female", None),
        ("高个子小伙", None, "unknown_any", None),
    ],
)
def test_public_name(who: str, age: dict[str, Any] | None, key: str, family: str | None) -> None:
    found, gaps = rules.public_name({"who": who, "age": age})
    assert (found, gaps.get("family")) == (f"search.name.{key}", family)


@pytest.mark.parametrize(
    ("said", "years", "group"),
    [
        ("78岁", 78, "old"),
        ("七十八", 78, "old"),
        ("七十多岁", 70, "old"),
        ("８岁", 8, "child"),
        ("大概80左右", 80, "old"),
        ("8个月", 0, "child"),
        ("儿童（18岁以下）", None, "child"),
        ("60岁以上", None, "old"),
        ("成年", None, "adult"),
        ("18", 18, "adult"),
        ("17", 17, "child"),
    ],
)
def test_age(said: str, years: int | None, group: str) -> None:
    assert reading.read_age(said) == reading.Age(years, group)


@pytest.mark.parametrize("said", ["", "200岁", "不关你事", "13912345678", "？", "🙂", "昨天"])
def test_no_age(said: str) -> None:
    assert reading.read_age(said) is None


@given(st.text(max_size=60))
def test_reading_never_fails(said: str) -> None:
    reading.read_age(said)
    reading.full_name(said)
    reading.told_at_once(said)
    assert isinstance(reading.for_public(said, minor=True), str)


@pytest.mark.parametrize(
    ("said", "lacks", "keeps"),
    [
        ("蓝棉袄，有老年痴呆", "痴呆", "蓝棉袄"),
        ("在大侯小学三年级2班上学，红书包", "大侯小学", "红书包"),
        ("从第一中学门口走的", "第一中学", "门口"),
        ("王秀英穿黑裤子", "王秀英", "黑裤子"),
        ("菜市场门口，电话13912345678", "13912345678", "菜市场门口"),
        ("大侯村58号门口，3号楼2单元601", "601", "门口"),
        ("想不开，往桥头去了，红衣服", "想不开", "红衣服"),
    ],
)
def test_for_public(said: str, lacks: str, keeps: str) -> None:
    shown = reading.for_public(said, names=("王秀英",), minor=True)
    assert lacks not in shown
    assert keeps in shown


def test_first_words_hold_answers() -> None:
    found = reading.told_at_once("我奶奶78岁下午3点从菜市场走失穿蓝棉袄")
    assert found == {"who": "我奶奶", "age": "78岁", "clothes": "蓝棉袄"}


def test_the_clothes_end_where_an_illness_begins() -> None:
    assert reading.told_at_once("78岁穿蓝棉袄有老年痴呆")["clothes"] == "蓝棉袄"
    assert reading.told_at_once("穿有口袋的蓝棉袄，戴帽子")["clothes"] == "有口袋的蓝棉袄"


@pytest.mark.parametrize(("said", "more"), [("78岁", False), ("60岁以上", False), ("78岁有老年痴呆", True)])
def test_an_age_with_more_beside_it(said: str, more: bool) -> None:
    assert reading.more_than_age(said) is more


def test_ladder_goes_desk_chiefs_desk() -> None:
    verify = timedelta(minutes=10)
    assert [rules.unverified(stage, verify).tells for stage in range(4)] == ["desk", "chiefs", "desk", "desk"]
    assert rules.unverified(0, verify).then == timedelta(minutes=20)
    assert rules.unverified(2, verify).then == timedelta(hours=6)


def test_nothing_lives_longer_than_seven_days() -> None:
    assert rules.expiry(START, timedelta(days=30)) - START == timedelta(days=7)
    assert rules.expiry(START, timedelta(days=2)) - START == timedelta(days=2)
