"""The sample county: whole, consistent, and good enough for every flow to have somewhere to go."""

import csv
import re
from pathlib import Path

import pytest

from handlers.reading.identifiers import mask
from handlers.reading.places import Gazetteer

SAMPLES = Path(__file__).parents[3] / "samples"
ROLES = frozenset(
    "居民 商户 网格员 辅警 社区民警 办案队 所长 指挥室 平安办 调解员 保安 义警 保密员 审计员 管理员".split()
)
ABOVE = {"county": "", "town": "county", "community": "town", "grid": "community", "micro": "grid"}
KINDS = frozenset(("residents", "merchants", "volunteers", "workers", "officers", "desk", "admins"))


def _read(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


AREAS = {row["name"]: row for row in _read("areas.csv")}
PEOPLE = {row["name"]: row for row in _read("people.csv")}
CHATS = {row["name"]: row for row in _read("chats.csv")}


def test_areas_form_one_tree_with_parents_first() -> None:
    seen: set[str] = set()
    for name, row in AREAS.items():
        parent = AREAS.get(row["parent"])
        assert (parent["level"] if parent else "") == ABOVE[row["level"]], name
        assert not row["parent"] or row["parent"] in seen, name
        seen.add(name)


@pytest.mark.parametrize(("level", "count"), [("county", 1), ("town", 2), ("community", 4), ("grid", 12)])
def test_area_counts(level: str, count: int) -> None:
    assert sum(row["level"] == level for row in AREAS.values()) == count


def test_each_grid_has_one_to_three_micro_grids() -> None:
    for name, row in AREAS.items():
        if row["level"] == "grid":
            assert 1 <= sum(one["parent"] == name for one in AREAS.values()) <= 3


def test_names_and_aliases_point_to_one_area_each() -> None:
    words = [word for name, row in AREAS.items() for word in (name, *row["aliases"].split(";")) if word]
    assert len(words) == len(set(words))
    assert not any(set(word) & set(",;@ ") for word in words)
    assert len(_read("areas.csv")) == len(AREAS)


def test_people_have_known_roles_in_known_areas_and_unreal_phones() -> None:
    assert len(_read("people.csv")) == len(PEOPLE)
    for row in PEOPLE.values():
        for pair in row["roles"].split(";"):
            role, area = pair.split("@")
            assert role in ROLES
            assert area in AREAS
        assert re.fullmatch(r"1990000\d{4}", row["phone"])
        assert mask(row["phone"]) == "〔电话〕"
    assert {pair.split("@")[0] for row in PEOPLE.values() for pair in row["roles"].split(";")} == ROLES
    assert len({row["phone"] for row in PEOPLE.values()}) == len(PEOPLE)


def test_chiefs_share_the_role_and_differ_by_title() -> None:
    chiefs = {row["title"] for row in PEOPLE.values() if row["roles"].startswith("所长@")}
    assert chiefs == {"所长", "副所长", "教导员"}


def test_chats_hold_known_people_and_each_community_has_both_groups() -> None:
    assert len(_read("chats.csv")) == len(CHATS)
    for row in CHATS.values():
        assert row["kind"] in KINDS
        assert row["area"] in AREAS
        members = row["members"].split(";")
        assert len(members) == len(set(members)) > 1
        assert set(members) <= PEOPLE.keys()
    bound = {(row["kind"], row["area"]) for row in CHATS.values()}
    for name, row in AREAS.items():
        if row["level"] == "community":
            assert {("residents", name), ("workers", name)} <= bound
    assert {row["kind"] for row in CHATS.values()} == KINDS


def test_a_report_from_the_residents_group_reaches_the_same_team() -> None:
    gazetteer = Gazetteer((n, n, r["aliases"].split(";"), r["parent"] or None) for n, r in AREAS.items())
    place = gazetteer.find("上报水头村村口路灯坏了")
    assert place is not None
    area = place.area
    above = set()
    while area:
        above.add(area)
        area = AREAS[area]["parent"]
    assert CHATS["大侯村居民群"]["area"] in above
    team = CHATS["大侯村网格群"]
    assert team["area"] in above
    assert {"网格员甲", "民警甲"} <= set(team["members"].split(";"))


def test_readme_explains_every_column() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for name in ("areas.csv", "people.csv", "chats.csv"):
        assert f"## {name}" in readme
        for column in _read(name)[0]:
            assert f"| `{column}` |" in readme
    for role in ROLES:
        assert role in readme
