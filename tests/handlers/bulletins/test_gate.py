"""The gate of suspect notices, against a table of notices."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.bulletins import gate

NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
NOTICES = tomllib.loads((Path(__file__).parent / "notices.toml").read_text(encoding="utf-8"))["notice"]
GOOD = {"case": "柳公立字〔2026〕123号", "when": "昨天", "place": "水头村村口", "adult": "成年"}


@pytest.mark.parametrize("notice", NOTICES, ids=[one["why"] for one in NOTICES])
def test_notice(notice: dict[str, Any]) -> None:
    facts = {name: notice[name] for name in ("case", "when", "place", "marks", "adult")}
    assert gate.lacks(facts, NOW) == notice["lacks"]


def test_the_table_is_long_enough_and_has_both_sides() -> None:
    assert len(NOTICES) >= 60
    assert sum(not one["lacks"] for one in NOTICES) >= 20
    assert {lack for one in NOTICES for lack in one["lacks"]} == set(gate.Lack)


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
