"""The case the gate of a search looks at, its names and its ladder, field by field."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from handlers.searches import reading, rules
from handlers.searches.rules import Case

FACTS = {
    "who": "我奶奶王秀英",
    "age": {"years": 78, "group": reading.OLD},
    "seen": {"where": "水头村菜市场"},
    "clothes": "蓝棉袄",
    "correction": "白头发",
    "health": "老年痴呆",
    "note": "走路慢",
    "consent": "yes",
    "danger": True,
}
CASE = Case(
    years=78,
    group=reading.OLD,
    sex="女",
    looks="蓝棉袄，白头发",
    health="老年痴呆",
    story="走路慢，水头村菜市场，我奶奶王秀英",
    consent="yes",
    danger=True,
)


def test_a_case_is_made_of_what_is_known() -> None:
    assert rules.case_of(FACTS) == CASE
    assert rules.case_of({}) == Case()


def test_what_the_officer_says_counts_as_it_is_said() -> None:
    assert rules.case_of(FACTS, confirmed=True, photo=True, by_law=True) == replace(
        CASE, confirmed=True, photo=True, by_law=True
    )
    quiet = {name: value for name, value in FACTS.items() if name != "danger"}
    assert rules.case_of(quiet).danger is False
    assert rules.case_of(quiet, danger=True).danger is True


def test_the_sex_is_told_by_either() -> None:
    assert rules.sex_of({"note": "是个老太太"}) == "女"
    assert rules.sex_of({"who": "我爷爷"}) == "男"
    assert rules.sex_of({"who": "一个人", "note": "是我爷爷"}) == "男"
    assert rules.sex_of({}) is None


@pytest.mark.parametrize(
    ("group", "minor"), [(reading.ADULT, False), (reading.OLD, False), (reading.CHILD, True), (None, True)]
)
def test_whose_age_nobody_knows_is_shielded_like_a_minor(group: str | None, minor: bool) -> None:
    assert rules.is_minor(Case(group=group)) is minor


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"who": "王大爷"}, ("search.name.elder", {"family": "王", "title": "大爷"})),
        ({"who": "王建国", "note": "男", "age": {"group": reading.OLD}}, ("search.name.elder_male", {"family": "王"})),
        ({"who": "王建国", "age": {"group": reading.OLD}}, ("search.name.family", {"family": "王"})),
        ({}, ("search.name.unknown_any", {})),
        ({"note": "是个小男孩", "age": {"group": reading.CHILD}}, (f"search.name.{reading.CHILD}_male", {})),
    ],
)
def test_by_which_name_the_public_hears(facts: dict[str, object], name: tuple[str, dict[str, str]]) -> None:
    assert rules.public_name(facts) == name


def test_the_ladder_of_what_nobody_verified() -> None:
    ten = timedelta(minutes=10)
    assert rules.unverified(0, ten) == rules.Step("desk", timedelta(minutes=20))
    assert rules.unverified(1, ten) == rules.Step("chiefs", timedelta(hours=1))
    assert rules.unverified(2, ten) == rules.unverified(3, ten) == rules.Step("desk", timedelta(hours=6))


def test_when_the_officer_is_asked_to_widen() -> None:
    assert [rules.asks_to_widen(*one) for one in ((False, False), (True, False), (False, True), (True, True))] == [
        True,
        False,
        False,
        False,
    ]


def test_when_the_photo_goes() -> None:
    closed = datetime(2026, 11, 18, tzinfo=UTC)
    assert rules.photo_goes_at(closed, timedelta(days=3)) == datetime(2026, 11, 21, tzinfo=UTC)


def test_a_second_look_is_waited_for_to_the_stroke() -> None:
    verified = datetime(2026, 11, 18, 10, 20, tzinfo=UTC)
    end = verified + rules.REVIEW_WITHIN
    assert rules.waits_for_review(verified, False, end)
    assert not rules.waits_for_review(verified, False, end - timedelta(microseconds=1))
    assert not rules.waits_for_review(verified, True, end)
    assert not rules.waits_for_review(verified, True, end + timedelta(hours=1))
