"""Long texts lose nothing but blanks when they are cut, and are cut where a reader pauses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.splitting import Unit, cut, length, split

TEXTS = st.text(alphabet=st.sampled_from("寻人启事。，！\n\n \t老a1😀👨‍👩‍👧️🏽́"), max_size=300)
UNITS: tuple[Unit, ...] = ("utf16", "bytes")


@given(TEXTS, st.integers(4, 60), st.sampled_from(UNITS))
def test_parts_fit_and_hold_everything(text: str, most: int, unit: Unit) -> None:
    parts = split(text, most, unit)
    assert all(part and length(part, unit) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(st.text(max_size=200), st.integers(12, 80))
def test_cut_fits(text: str, most: int) -> None:
    shown = cut(text, most)
    assert length(shown) <= most
    assert shown == text or shown.endswith("……") or not shown


def test_length_counts_as_the_platform_does() -> None:
    assert length("老人😀") == 4
    assert length("老人😀", "bytes") == 10
    assert length("\ud83d", "bytes") == 3


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("", 10, []),
        ("  \n ", 10, []),
        ("一二三", 3, ["一二三"]),
        ("一二三四五\n六七八", 8, ["一二三四五", "六七八"]),
        ("一二三四。五六七八", 7, ["一二三四。", "五六七八"]),
        ("一二三四，五六七八", 7, ["一二三四，", "五六七八"]),
        ("一二三四五六七八", 5, ["一二三四五", "六七八"]),
        ("一二三四\n\n五\n六七", 8, ["一二三四", "五\n六七"]),
        ("😀😀😀", 5, ["😀😀", "😀"]),
        ("甲乙e\u0301丙", 3, ["甲乙", "e\u0301丙"]),
    ],
)
def test_where_it_cuts(text: str, most: int, parts: list[str]) -> None:
    assert split(text, most) == parts


def test_a_room_too_small_for_one_character_is_an_error() -> None:
    with pytest.raises(ValueError, match="not even one"):
        split("😀", 1)
