"""Receipt numbers as people type them, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading.receipts import alone, asked, at_head, grouped, numbers_in, shown_in

DIGITS = "1234567890123456"
SPELT = str.maketrans("0123456789", "零一二三四五六七八九")
FORMAL = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
FULL = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1234 5678 9012 3456", ""),
        ("1234567890123456", ""),
        ("1234-5678-9012-3456 那人又来了", "那人又来了"),
        ("1234－5678－9012－3456，3号楼", "3号楼"),
        ("１２３４　５６７８　９０１２　３４５６", ""),
        (": 1234 5678 9012 3456", ""),
        ("号是：1234 5678 9012 3456\n又来了", "又来了"),
        ("号码1234 5678 9012 3456。", ""),
        ("回执 1234 5678 9012 3456", ""),
        ("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6", ""),
        ("一二三四 五六七八 九零一二 三四五六", ""),
        ("一二三四五六七八九零一二三四五六一个男的", "一个男的"),
        ("幺二三四五六拐八九洞幺两三四五六", ""),
        ("一2三4五6七8九0一2三4五6 红色", "红色"),
    ],
)
def test_what_is_typed_is_read(typed: str, words: str) -> None:
    assert at_head(typed) == (DIGITS, words)
    assert asked(f"回执 {typed}" if "回执" not in typed else typed) is not None


@pytest.mark.parametrize(
    "typed",
    [
        "", "给我发一下", "1234", "123456789012345", "12345678901234567", "线3 车是什么颜色",
        "一二三四", "我是1234 5678 9012 3456的人",
    ],
)  # fmt: skip
def test_what_is_no_number_is_none(typed: str) -> None:
    assert at_head(typed) is None


def test_in_a_group_a_number_counts_where_a_receipt_is_spoken_of() -> None:
    assert shown_in("谁丢的回执号 1234 5678 9012 3456")
    assert shown_in("1234567890123456这个回执是谁的")
    assert not shown_in("隐患整改通知书谁去送达的，回执给我")
    assert not shown_in("卡号 1234 5678 9012 3456")
    assert numbers_in("回执1234 5678 9012 3456和6543 2109 8765 4321") == [DIGITS, DIGITS[::-1]]


def test_a_number_alone_is_a_receipt_and_a_sentence_is_not() -> None:
    assert alone(DIGITS)
    assert not alone(f"{DIGITS} 又来了")
    assert not alone(f"回执 {DIGITS}")
    assert asked(f"提醒我明天交回执 {DIGITS}") == 9
    assert asked(f"线索 昨晚车棚有人撬锁，我的回执 {DIGITS}") is None


@given(st.text("0123456789", min_size=16, max_size=16), st.sampled_from((SPELT, FORMAL, FULL, {})), st.booleans())
def test_any_receipt_is_read_in_any_writing(digits: str, writing: dict[int, str], spaced: bool) -> None:
    shown = (grouped(digits) if spaced else digits).translate(writing)
    assert at_head(f"{shown} 又来了") == (digits, "又来了")
    text = f"回执{shown}"
    found = asked(text)
    assert found is not None
    assert at_head(text[found:]) == (digits, "")
