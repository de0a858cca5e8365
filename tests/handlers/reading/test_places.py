"""Reading places: the phrases people use, on the sample county, and what no phrase may do."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer, Place, coarse
from tests.support.busy import seconds_of

SAMPLES = Path(__file__).parents[3] / "samples" / "areas.csv"
PHRASES = [
    line.split("\t")
    for line in (Path(__file__).parent / "data" / "places.tsv").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def _sample_county() -> Gazetteer:
    with SAMPLES.open(encoding="utf-8", newline="") as file:
        return Gazetteer(
            (row["name"], row["name"], row["aliases"].split(";"), row["parent"] or None) for row in csv.DictReader(file)
        )


COUNTY = _sample_county()


@pytest.mark.parametrize(("text", "area", "place", "cut"), PHRASES, ids=[row[0] for row in PHRASES])
def test_phrase(text: str, area: str, place: str, cut: str) -> None:
    found = COUNTY.find(text)
    if place == "-":
        assert found is None
        return
    assert found is not None
    assert (found.area or "-", found.place_text) == (area, place)
    assert (coarse(found).place_text or "-") == cut


def test_enough_phrases() -> None:
    assert len({row[0] for row in PHRASES}) >= 80


def test_same_name_is_decided_by_the_area_before_it_or_by_the_chat() -> None:
    gazetteer = Gazetteer(
        [
            ("county", "望河县", (), None),
            ("a", "甲村", (), "county"),
            ("b", "乙村", (), "county"),
            ("a1", "第一网格", (), "a"),
            ("b1", "第一网格", (), "b"),
        ]
    )
    written = gazetteer.find("乙村第一网格路灯坏了", near="a")
    assert written is not None
    assert (written.area, written.place_text, written.span) == ("b1", "第一网格", (0, 6))
    in_chat = gazetteer.find("第一网格路灯坏了", near="b")
    assert in_chat is not None
    assert in_chat.area == "b1"


def test_a_circle_of_parents_ends() -> None:
    found = Gazetteer([("a", "甲村", (), "b"), ("b", "乙村", (), "a")]).find("乙村村口")
    assert found is not None
    assert (found.area, found.detail) == ("b", "村口")


def test_without_any_area_details_are_still_read() -> None:
    found = Gazetteer(()).find("七号楼前有人")
    assert found == Place(None, "七号楼", (0, 3))


@given(
    st.lists(
        st.sampled_from(
            [*"大侯水头村口东路街巷号楼栋单元室层的在3 16０一二百-#A,到老哥\n", "大侯村", "幸福小区", "601"]
        ),
        max_size=30,
    ).map("".join)
    | st.text(max_size=60)
)
def test_span_is_inside_and_coarse_only_cuts(text: str) -> None:
    found = COUNTY.find(text)
    if found is None:
        return
    start, end = found.span
    assert 0 <= start < end <= len(text)
    assert found.place_text
    if found.detail:
        assert found.detail in fold(text)
    cut = coarse(found)
    assert cut.area == found.area
    assert "单元" not in (cut.detail or "")
    assert coarse(cut) == cut


@pytest.mark.parametrize("piece", ["大侯村", "3号楼2单元", "一二三四", "在中山路", "的,", "水头村口", "0"])
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        return seconds_of(lambda: COUNTY.find(text))

    assert seconds(16_000) < 8 * seconds(4_000) + 0.05
