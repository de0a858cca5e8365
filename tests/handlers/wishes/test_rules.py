"""What may be shown of a wish, of which kind it is, and what is said behind its code."""

import pytest

from handlers.wishes import rules


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("王大爷家的灯坏了，3号楼2单元402", "一位居民的灯坏了，3号楼"),
        ("想学用手机，电话13800001111", "想学用手机"),
        ("我叫李建国，想要一把轮椅", "一位居民，想要一把轮椅"),
        ("老刘家水管漏水", "一位居民水管漏水"),
        ("独居的王奶奶想有人陪", ""),
        ("家里有瘫痪病人，想借个轮椅", ""),
        ("没钱交电费", ""),
        ("上街没有路灯", "上街没有路灯"),
    ],
)
def test_what_is_shown_names_nobody_and_no_trouble(words: str, shown: str) -> None:
    assert rules.shown(words) == shown


def test_what_is_shown_is_short() -> None:
    assert len(rules.shown("想修路灯" * 100)) == rules.MOST_SHOWN + 1


@pytest.mark.parametrize(
    ("words", "want"),
    [
        ("上街没有路灯", "公共设施"),
        ("厨房的灯坏了", "修修补补"),
        ("帮忙代买药", "跑腿代办"),
        ("想有人陪着聊天", "陪伴照看"),
        ("想学用手机", "学点本领"),
        ("想要一个书包", "缺件东西"),
        ("盼着过年", "别的事"),
    ],
)
def test_what_kind_of_help(words: str, want: str) -> None:
    assert rules.want_of(words) == want


@pytest.mark.parametrize(
    ("words", "does", "more"),
    [
        ("做好了 灯换好了", "done", "灯换好了"),
        ("没办好 又灭了", "no", "又灭了"),
        ("办好了", "yes", ""),
        ("退回", "back", ""),
        ("转给 义警甲", "hand", "义警甲"),
        ("什么时候来", "", "什么时候来"),
        ("换好了灯泡", "done", "换好了灯泡"),
        ("换了灯座，修好了", "done", "换了灯座，修好了"),
        ("修好了告诉您", "", "修好了告诉您"),
        ("修好了吗", "", "修好了吗"),
        ("没修好，一拧就掉", "no", "一拧就掉"),
        ("不用了。", "off", ""),
        ("不用了新灯", "", "不用了新灯"),
        ("", "", ""),
    ],
)
def test_what_is_said_behind_a_code(words: str, does: str, more: str) -> None:
    assert rules.said_of(words) == (does, more)
