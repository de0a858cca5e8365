"""Understanding stays quick: 2 ms a line, and no text of 10,000 characters, however made, holds the bot up."""

from collections.abc import Callable

import pytest

from handlers.dialogue import address
from handlers.reading import intent, lazy
from handlers.reading.normal import fold
from tests.support import phrases
from tests.support.busy import seconds_of

LONG = 10_000
SEEDS = [
    "哈", "3号楼", "隐12 ", "有人", "着火", "水", "他又动手了，", "@", "\n", "， ", "1", "别", "的孩子没", "麻烦我要",
    "上报", "车撞了人", "明天8点提醒我", "路路路", "我妈", "烟往外",
]  # fmt: skip
READERS: list[Callable[[str], object]] = [
    intent.danger,
    lambda text: intent.report(intent.Heard(text)),
    lambda text: intent.help_call(intent.Heard(text)),
    lambda text: intent.tip(intent.Heard(text)),
    lambda text: intent.warning(intent.Heard(text, "officers", team=True)),
    intent.turned_round,
    intent.word_behind,
    intent.seen_by_code,
    intent.misspelt,
    intent.reminder_turned,
    intent.tells_something,
    address.address,
    address.framed_words,
]


def _milliseconds(read: Callable[[str], object], text: str) -> float:
    return seconds_of(lambda: read(text)) * 1000


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_thousand_characters_take_less_than_fifty_milliseconds(seed: str) -> None:
    text = fold((seed * LONG)[:LONG])
    for read in READERS:
        assert _milliseconds(read, text) < 50


def test_a_typical_line_takes_less_than_two_milliseconds() -> None:
    said = [fold(line.text) for line in phrases.lines("ordinary_blind2.tsv")]
    for read in (intent.danger, intent.turned_round, lambda text: intent.report(intent.Heard(text))):
        read(said[0])
        took = sorted(_milliseconds(read, text) for text in said)
        assert took[len(took) // 2] < 1
        assert took[len(took) * 95 // 100] < 2


def test_a_pattern_is_compiled_when_it_is_first_asked_for() -> None:
    pattern = lazy.Lazy(lambda: "隐[患]")
    assert "compiled" not in vars(pattern)
    assert pattern.search("有隐患")
    assert not pattern.search("无")
    assert "compiled" in vars(pattern)
