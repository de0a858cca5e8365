"""What must not be said aloud is masked in every way of writing it; ordinary lines stay as they are."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading.identifiers import MASKS, OFFICIAL_LINES, codes, find, mask
from handlers.reading.normal import fold
from tests.support.busy import seconds_of

DATA = Path(__file__).parent / "data"


def _rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


MASKED = _rows("identifiers.tsv")
HARMLESS = [row[0] for row in _rows("harmless.txt")]
CODES = _rows("codes.tsv")
FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
SPELT = str.maketrans("0123456789", "零一二三四五六七八九")
MILITARY = str.maketrans("0123456789", "洞幺两三四五六拐八勾")
FINANCIAL = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
CIRCLED = str.maketrans("123456789", "①②③④⑤⑥⑦⑧⑨")
WRITINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda number: number,
    "full-width": lambda number: number.translate(FULL_WIDTH),
    "spelt": lambda number: number.translate(SPELT),
    "military": lambda number: number.translate(MILITARY),
    "financial": lambda number: number.translate(FINANCIAL),
    "circled": lambda number: number.translate(CIRCLED),
    "spaced": " ".join,
    "dashed": "-".join,
    "dotted": ".".join,
    "zero-width": "\u200b".join,
    "keycaps": lambda number: "".join(digit + "\ufe0f\u20e3" for digit in number),
}
CARRIERS = ["{}", "电话{}谢谢", "他说 {} ，快点", "（{}）", "统一回复:{}。", "9点打{}，不行打110"]


@pytest.mark.parametrize(("text", "public", "team"), MASKED, ids=[row[0] for row in MASKED])
def test_masked(text: str, public: str, team: str) -> None:
    assert mask(text) == public
    assert mask(text, doors=False) == (public if team == "=" else team)


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless(text: str) -> None:
    assert mask(text) == text


def test_enough_rows() -> None:
    assert len({row[0] for row in MASKED}) + len(set(HARMLESS)) >= 100
    assert len(set(HARMLESS)) >= 40


@pytest.mark.parametrize(("text", "expected"), CODES, ids=[row[0] for row in CODES])
def test_codes(text: str, expected: str) -> None:
    found = codes(text)
    assert (" ".join(map(str, found)) or "-") == expected
    for code in found:
        assert fold(text)[code.span[0]] == code.prefix


@pytest.mark.parametrize("written", ["0355-8812345", "（0355）881 2345", "０３５５８８１２３４５"])
def test_own_lines_stay(written: str) -> None:
    text = f"值班电话{written}，找老王13800138000"
    assert mask(text, keep=["0355-8812345"]) == f"值班电话{written}，找老王〔电话〕"


def test_kept_plate_stays() -> None:
    assert mask("警车晋E1234警，另一辆晋E12345", keep=["晋E1234警"]) == "警车晋E1234警，另一辆〔车牌〕"


def test_long_code_numbers_never_raise() -> None:
    assert codes("隐" + "9" * 5000) == []
    assert codes("隐" + "九" * 5000) == []


MOBILE = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
IDENTITY = st.builds(
    "{}{}{:02}{:02}{}{}".format,
    st.sampled_from(["110105", "140428", "330102", "650103"]),
    st.integers(1930, 2020),
    st.integers(1, 12),
    st.integers(1, 28),
    st.from_regex(r"[0-9]{3}", fullmatch=True),
    st.sampled_from("0123456789X"),
)
CARD = st.from_regex(r"62[0-9]{14,17}", fullmatch=True)


@given(MOBILE | IDENTITY | CARD, st.sampled_from(sorted(WRITINGS)), st.sampled_from(CARRIERS))
def test_no_number_leaks_however_it_is_written(number: str, writing: str, carrier: str) -> None:
    written = WRITINGS[writing](number)
    masked = mask(carrier.format(written))
    before, after = carrier.split("{}")
    assert masked.startswith(before)
    assert masked.endswith(after)
    middle = masked[len(before) : len(masked) - len(after)]
    assert middle in MASKS.values()


@given(
    st.lists(
        st.sampled_from(
            [
                *"0123456789零一三八十 -.X#晋京E号楼室村路组隐报线,:\n\u200b",
                "13800138000",
                "2单元",
                "大侯村18号",
                "110",
            ]
        ),
        max_size=40,
    ).map("".join)
    | st.text(max_size=80)
)
def test_spans_are_apart_and_nothing_raises(text: str) -> None:
    position = 0
    for one in find(text):
        assert position <= one.span[0] < one.span[1] <= len(text)
        assert one.kind in MASKS
        position = one.span[1]
    for code in codes(text):
        assert code.number > 0


@given(st.permutations(sorted(OFFICIAL_LINES)), st.sampled_from(["、", " ", "，", "/", "-", "和"]))
def test_official_lines_stay_in_any_order(lines: list[str], joint: str) -> None:
    text = "请拨打" + joint.join(lines)
    assert mask(text) == text


@pytest.mark.parametrize(
    "piece",
    ["1", "13 ", "一", "晋E1", "3号楼", "大侯村1", "隐1", "2单元", "1-2-", "电话 12", "1.2345,", "路 "],
)
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        return seconds_of(lambda: (mask(text), codes(text)))

    assert seconds(16_000) < 8 * seconds(4_000) + 0.05


@pytest.mark.parametrize(
    "said", ["要报 {}", "批准 反4 {}", "27/27 已处理：删 27。审计 {}。", "第 812 条：{}", "812:{}"]
)
@given(seed=st.integers(0, 2**32))
def test_checksums_the_bot_says_stay_whole(said: str, seed: int) -> None:
    whole = hashlib.sha256(str(seed).encode()).hexdigest()
    for shown in (whole, whole[:8]):
        assert mask(said.format(shown)) == said.format(shown)


@pytest.mark.parametrize("said", ["住12f1203a", "电话 13812345678a", "call 1381234f 13812345678", "12F1203室"])
def test_what_only_looks_like_a_checksum_is_masked(said: str) -> None:
    assert mask(said) != said
