"""R7: what may be shown to thousands, against tables of notices; and the second look at what one officer published."""

import os
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.bulletins import gate
from handlers.dialogue.wording import text
from handlers.searches import reading, rules
from storage import searches
from tests.support.stage import texts, words
from tests.support.street import Street, make_street

NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
TEXTS = int(os.environ.get("RULES_TEXTS", "200"))
"""Generated notices; 20000 take a minute."""
HANDLERS = Path(__file__).parents[1] / "handlers"
FIELDS = ("case", "when", "place", "marks", "adult")
GOOD = {
    "case": "柳公立字〔2026〕123号",
    "when": "昨天下午3点",
    "place": "水头村村口",
    "marks": "黑色外套、骑红色电动车",
    "adult": "成年",
}


def table(room: str) -> list[dict[str, Any]]:
    """The notices of a table, each with what it lacks."""
    path = HANDLERS / room / "notices.toml"
    found: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["notice"]
    return found


SUSPECTS, MISSING = table("bulletins"), table("searches")


@pytest.mark.parametrize("notice", SUSPECTS, ids=[one["why"] for one in SUSPECTS])
def test_a_suspect_notice(notice: dict[str, Any]) -> None:
    assert gate.lacks({name: notice[name] for name in FIELDS}, NOW) == notice["lacks"]


def case_of(notice: dict[str, Any]) -> rules.Case:
    """A search as the gate sees it, from words as the family types them."""
    age = reading.read_age(notice["age"])
    facts = {
        "who": notice["who"],
        "age": {"years": age.years, "group": age.group} if age is not None else None,
        "clothes": notice["clothes"],
        "health": notice["health"],
        "note": notice["note"],
        "consent": notice["consent"] or None,
    }
    said = {name: notice[name] for name in ("confirmed", "danger", "by_law", "photo")}
    return rules.case_of(facts, **said)


@pytest.mark.parametrize("notice", MISSING, ids=[one["why"] for one in MISSING])
def test_a_search(notice: dict[str, Any]) -> None:
    assert list(rules.lacking(case_of(notice))) == notice["lacks"]


def test_the_tables_are_long_enough_and_have_both_sides() -> None:
    assert len(SUSPECTS) >= 60
    assert len(MISSING) >= 40
    assert sum(not one["lacks"] for one in SUSPECTS) >= 20
    assert sum(not one["lacks"] for one in MISSING) >= 15
    assert {lack for one in SUSPECTS for lack in one["lacks"]} == set(gate.Lack)
    assert {lack for one in MISSING for lack in one["lacks"]} == set(rules.Lack)
    for notices in (SUSPECTS, MISSING):
        assert len({str({**one, "why": ""}) for one in notices}) == len(notices), "each is another one"


@pytest.mark.parametrize("missing", FIELDS)
def test_whatever_is_left_out_is_named(missing: str) -> None:
    assert len(gate.lacks({**GOOD, missing: ""}, NOW)) == 1
    assert gate.lacks(GOOD, NOW) == []


def test_every_refusal_says_how_to_mend_it() -> None:
    catalogue = words()
    for lack in gate.Lack:
        said = catalogue.render(text(f"bulletins.lack.{lack}"))
        assert any(word in said for word in ("请写", "请去掉", "请直接"))
    for one in rules.Lack:
        said = catalogue.render(text(f"search.lack.{one}", code="寻3"))
        assert "寻3" in said
        assert "请" in said


@settings(max_examples=TEXTS, deadline=None)
@given(
    group=st.sampled_from(["回族", "藏族", "维吾尔", "少数民族", "黑人", "外国人"]),
    region=st.sampled_from(["河南人", "东北口音", "外地人", "四川籍", "新疆来的"]),
    faith=st.sampled_from(["穆斯林", "信教", "基督徒", "和尚"]),
    illness=st.sampled_from(["精神病", "残疾", "聋哑", "艾滋"]),
    place=st.integers(0, 3),
    gap=st.sampled_from(["，", "、", " ", "\n", "，像", "，可能是"]),
)
def test_whatever_somebody_is_never_describes_them(
    group: str, region: str, faith: str, illness: str, place: int, gap: str
) -> None:
    what = (group, region, faith, illness)[place]
    lack = (gate.Lack.ETHNICITY, gate.Lack.NATIVE, gate.Lack.FAITH, gate.Lack.ILLNESS)[place]
    assert lack in gate.lacks({**GOOD, "marks": f"{GOOD['marks']}{gap}{what}"}, NOW)
    assert lack in gate.lacks({**GOOD, "marks": f"{what}{gap}{GOOD['marks']}"}, NOW)


@settings(max_examples=TEXTS, deadline=None)
@given(
    confirmed=st.booleans(),
    danger=st.booleans(),
    by_law=st.booleans(),
    consent=st.sampled_from([None, "yes", "stay", "no"]),
    photo=st.booleans(),
    years=st.one_of(st.none(), st.integers(0, 100)),
    sex=st.sampled_from([None, "男", "女"]),
)
def test_the_gate_of_a_search_is_the_rules_own_sentence(
    confirmed: bool,
    danger: bool,
    by_law: bool,
    consent: str | None,
    photo: bool,
    years: int | None,
    sex: str | None,
) -> None:
    group = reading.age_group(years) if years is not None else None
    case = rules.Case(years, group, sex, "", "", "", photo, consent, confirmed, danger, by_law)
    expected = {
        "officer": not confirmed,
        "risk": not (danger or (years is not None and (years < 18 or years >= 60))),
        "description": (years is not None) + (sex is not None) + photo < 2,
        "consent": consent not in ("yes", "stay") and not by_law,
    }
    assert list(rules.lacking(case)) == [name for name, lacks in expected.items() if lacks]


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """The county."""
    yield from make_street(tmp_path)


def reach(street: Street) -> set[str]:
    """Where the search stands."""
    return {one.chat for one in street.standing("【寻人")}


def test_one_officer_may_publish_and_a_second_look_is_asked_for(street: Street) -> None:
    street.missing()
    asked = [one.shown for one in street.walk.history if "30 分钟内复核" in one.shown.text]
    assert {one.chat for one in asked} >= {"所长", "副所长", "教导员"}
    assert all([label for label, _ in one.buttons] == ["复核无误", "撤回"] for one in asked)
    assert "大侯村居民群" in reach(street)
    street.say("民警甲", "扩圈 寻1")
    assert "幸福社区居民群" in reach(street), "within the half hour nothing is held up"


def test_without_a_second_look_desk_and_chiefs_hear_and_widening_rests(street: Street) -> None:
    street.missing()
    began = street.now
    street.later(29 * 60, 60)
    assert not street.since(began, "sent", "没有第二人复核")
    street.later(60, 20)
    told = {one.shown.chat for one in street.since(began, "sent", "没有第二人复核")}
    assert told >= {"指挥室", "综合指挥室群", "所长", "副所长", "教导员", "民警甲"}
    before = reach(street)
    said = texts(street.say("民警甲", "扩圈 寻1"), "民警甲")
    assert any("复核 寻1" in one for one in said)
    assert reach(street) == before, "what stands stays, nothing widens"
    street.later(3 * 3600, 600)
    assert not street.since(began, "sent", "要扩大到")
    assert len([one for one in street.since(began, "sent", "没有第二人复核") if one.shown.chat == "所长"]) == 1
    street.say("副所长", "复核 寻1")
    street.say("民警甲", "扩圈 寻1")
    assert "幸福社区居民群" in reach(street)


@pytest.mark.parametrize("who", ["民警甲", "居民甲", "指挥室", "网格员甲", "民警丙"])
def test_the_second_look_is_another_officers(street: Street, who: str) -> None:
    street.missing()
    street.say(who, "复核 寻1")
    with street.stage.world.db.read() as session:
        found = searches.numbered(session, 1)
        assert found is not None
        assert found.reviewed_by is None


def test_a_renewal_is_looked_at_anew(street: Street) -> None:
    street.missing()
    street.say("所长", "复核 寻1")
    street.stage.clock.move(days=7)
    street.walk.pump()
    street.say("民警甲", "核实 寻1")
    with street.stage.world.db.read() as session:
        found = searches.numbered(session, 1)
        assert found is not None
        assert found.reviewed_by is None
        assert found.review_at == street.now + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("minutes", "reviewed", "waits"), [(0, False, False), (29, False, False), (30, False, True), (99, True, False)]
)
def test_when_widening_rests(minutes: int, reviewed: bool, waits: bool) -> None:
    assert rules.waits_for_review(NOW, reviewed, NOW + timedelta(minutes=minutes)) is waits
