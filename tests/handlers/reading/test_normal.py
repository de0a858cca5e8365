"""Folding: one reading form for each character, and an index that never moves."""

import sys
import unicodedata

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading.normal import fold
from handlers.reading.normal_table import SIMPLIFIED, TRADITIONAL


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("／上報　１２號樓＃３＠網格員：，", "/上报 12号楼#3@网格员:,"),
        ("我媽不見了快幫幫我", "我妈不见了快帮帮我"),
        ("1\ufe0f\u20e33\ufe0f\u20e3", "1  3  "),
        ("隐\u200b12\x00", "隐 12 "),
        ("第一行\r\n第二行\t尾", "第一行 \n第二行 尾"),
        ("𝟏𝟑𝟖①❷٣", "138123"),
        ("138–0013−8000", "138-0013-8000"),
        ("⑴㈠…", "1㈠…"),
        ("1̶3̶8̶", "1 3 8 "),
        ("", ""),
        ("普通的话，不变。", "普通的话,不变。"),
        ("\ud800坏", " 坏"),
    ],
)
def test_folds(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_every_code_point_keeps_its_length_and_folds_once() -> None:
    assigned = (*range(0x33480), *range(0xE0000, 0xE01F0), *range(0xF0000, sys.maxunicode + 1, 997))
    every = "".join(map(chr, assigned))
    once = fold(every)
    assert len(once) == len(every)
    assert fold(once) == once


@given(st.text(max_size=200))
def test_length_and_idempotence(text: str) -> None:
    once = fold(text)
    assert len(once) == len(text)
    assert fold(once) == once


def test_ascii_letters_and_simplified_characters_stay() -> None:
    text = "abcXYZ 0123456789 大侯村水头村村口路灯坏了"
    assert fold(text) == text


def test_table_is_what_opencc_says() -> None:
    converter = opencc.OpenCC("t2s")
    for traditional, simplified in zip(TRADITIONAL, SIMPLIFIED, strict=True):
        expected = converter.convert(converter.convert(traditional))
        assert expected == simplified, f"{traditional} ({unicodedata.name(traditional)})"
