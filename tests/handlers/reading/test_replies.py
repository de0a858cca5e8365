"""Answers in people's own words: well done or not, in doubt neither; what a label and an answer have in common."""

import pytest

from handlers.reading.normal import fold
from handlers.reading.replies import asks_how, core, hedges, meant, names_it, satisfied, says_no_more

WELL = [
    "满意",
    "没有不满意",
    "没什么不满意的",
    "满意，谢谢小伙子",
    "很满意！",
    "都挺好的",
    "修好了，谢谢",
    "办好了谢谢",
    "解决了！真快",
    "不错",
]
NOT_WELL = [
    "不满意",
    "没修好",
    "还是不亮，没修好",
    "没解决",
    "又坏了",
    "没弄好啊怎么办",
    "不好",
    "还没好",
    "根本没人来",
    "我就是不满意",
    "有不满意的地方",
]
NEITHER = [
    "收到",
    "好的",
    "谢谢",
    "修好了吗",
    "满意不满意",
    "水头村路灯又坏了",
    "3号楼的水管还是漏",
    "又停电了",
    "我还没做饭",
    "修好了隔壁的门",
    "今天天气不错",
    "没人管的狗在村口",
]


@pytest.mark.parametrize(
    ("said", "well"),
    [*((one, True) for one in WELL), *((one, False) for one in NOT_WELL), *((one, None) for one in NEITHER)],
)
def test_whether_it_was_done_well(said: str, well: bool | None) -> None:
    assert satisfied(fold(said)) is well


@pytest.mark.parametrize(
    "said", ["怎么样了", "现在怎么样", "什么时候能修好？", "有人管吗", "办好了没有", "到哪一步了", "有消息吗"]
)
def test_how_it_stands_is_asked(said: str) -> None:
    assert asks_how(fold(said))


@pytest.mark.parametrize("said", ["办好了", "灯修好了吗，我急用", "谁来修", "怎么样才能退", "", "有人来偷东西吗"])
def test_what_is_more_than_that(said: str) -> None:
    assert not asks_how(fold(said))


@pytest.mark.parametrize(
    ("said", "label"),
    [("领到了，谢谢", "已领到"), ("星期三", "星期三 11月25日 15:00"), ("我来不了了", "来不了，改时间")],
)
def test_an_answer_is_the_label_it_means(said: str, label: str) -> None:
    assert core(fold(said)) == core(fold(label)) != ""


@pytest.mark.parametrize("said", ["好", "1 心愿", "了"])
def test_one_character_means_no_label(said: str) -> None:
    assert core(fold(said)) == ""


@pytest.mark.parametrize(
    "said", ["同意", "同意，谢谢", "满意，谢谢小伙子", "满意，太好了", "满意 满意", "来不了，没空"]
)
def test_thanks_take_nothing_back(said: str) -> None:
    assert meant(fold(said)) == core(fold(said)) != ""


@pytest.mark.parametrize(
    "said",
    [
        "同意，但是要先问问他",
        "同意，麻烦改一下名字",
        "同意，等我回来",
        "满意，才怪",
        "满意，就是灯还是不亮",
        "满意，太慢了",
    ],
)
def test_a_yes_that_is_half_taken_back_is_none(said: str) -> None:
    assert meant(fold(said)) == ""


@pytest.mark.parametrize(
    ("rest", "no_more"), [("", True), ("刚才报的那条", True), ("刚才那个提醒", False), ("路灯", False)]
)
def test_what_names_nothing(rest: str, no_more: bool) -> None:
    assert says_no_more(fold(rest)) is no_more


@pytest.mark.parametrize(("said", "names"), [("没修好", True), ("很满意", True), ("不行", False), ("挺好", False)])
def test_whether_an_answer_speaks_of_work(said: str, names: bool) -> None:
    assert names_it(fold(said)) is names


@pytest.mark.parametrize(
    ("said", "so"),
    [
        ("还行吧", True),
        ("一般般", True),
        ("嗯嗯", True),
        ("好", True),
        ("马马虎虎吧", True),
        ("挺好", False),
        ("不好", False),
        ("好像又坏了", False),
    ],
)
def test_answers_that_say_neither(said: str, so: bool) -> None:
    assert hedges(fold(said)) is so
