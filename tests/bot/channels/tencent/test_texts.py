"""Texts show as they were typed and never act; quotas and places are counted and shifted rightly."""

import copy
import math
from xml.sax.saxutils import unescape

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.tencent import texts
from bot.channels.tencent.places import from_gcj, to_gcj
from bot.channels.tencent.quota import Members, Rolling

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(st.text(max_size=200))
def test_a_cdata_section_holds_whatever_is_said(words: str) -> None:
    document = f"<xml><a>{texts.cdata(words)}</a><b>1</b></xml>"
    found = xmltodict.parse(document, disable_entities=True, strip_whitespace=False)["xml"]
    assert found["b"] == "1"
    assert (found["a"] or "") == texts.clean(words)


def test_the_section_cannot_be_ended_from_within() -> None:
    assert xmltodict.parse(f"<a>{texts.cdata('x]]><b>PWNED</b><![CDATA[')}</a>") == {"a": "x]]><b>PWNED</b><![CDATA["}
    assert texts.clean("a\x0bb\r\nc\rd\ud800") == "ab\nc\nd"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<@all> 看", "＜@all> 看"),
        ('<font color="warning">红</font>', '＜font color="warning">红＜/font>'),
        ("[点我](http://x)", "［点我］(http://x)"),
        ("**重要** `码` ~~删~~ a|b", "＊＊重要＊＊ ｀码｀ ～～删～～ a｜b"),
        ("# 题\n> 引\n- 项\n3. 三", "\u200b# 题\n\u200b> 引\n\u200b- 项\n\u200b3. 三"),
        ("_斜_ 但 wang_wei 不变", "＿斜＿ 但 wang_wei 不变"),
        ("&lt;b&gt;", "＆lt;b＆gt;"),
        ("3号楼2单元 #12 5-6点 A&B", "3号楼2单元 #12 5-6点 A&B"),
    ],
)
def test_words_for_markdown_show_literally(typed: str, shown: str) -> None:
    assert texts.markdown(typed) == shown


@given(st.text("<>@[]()*_`~#&;-+=1. \n\\|abc", max_size=60))
def test_nothing_typed_opens_anything_in_markdown(typed: str) -> None:
    shown = texts.markdown(typed)
    assert not set(shown) & set("<[]*`~|\\")
    assert all(not line.lstrip(" ").startswith(("#", ">", "-", "+", "=")) for line in shown.split("\n"))


def test_plain_words_hold_no_tag_and_no_mention() -> None:
    assert texts.plain('<a href="http://x">y</a> <@zhang> 3<5') == '＜a href="http://x">y＜/a> ＜@zhang> 3<5'


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("通告.pdf", "file.pdf"),
        ("大侯村 notice 1.PDF", "notice_1.PDF"),
        ('a"\r\nX: y.txt', "a_X_y.txt"),
        ("", "file"),
        ("../../etc/passwd", "file.etcpassw"),
        ("图", "file"),
    ],
)
def test_a_files_name_is_plain_ascii(name: str, sent: str) -> None:
    assert texts.ascii_name(name) == sent


def test_a_mark_is_invisible_short_and_differs() -> None:
    marks = {texts.mark(f"call:{number}") for number in range(300)}
    assert len(marks) == 300
    assert all(len(one.encode()) == texts.MARK_BYTES for one in marks)
    assert set("".join(marks)) == {"\u200b", "\u200c"}
    assert unescape(texts.mark("a")) == texts.mark("a")


def test_a_place_comes_back_within_a_metre() -> None:
    for latitude, longitude in ((37.68, 112.73), (39.9087, 116.3975), (22.5, 113.9), (45.8, 126.5)):
        shifted = to_gcj(latitude, longitude)
        assert math.hypot(shifted[0] - latitude, shifted[1] - longitude) > 0.001
        back = from_gcj(*shifted)
        assert back == pytest.approx((latitude, longitude), abs=1e-7)
    # Tiananmen, known on both grids.
    assert to_gcj(39.907333, 116.391083) == pytest.approx((39.908735, 116.397327), abs=2e-5)
    assert from_gcj(51.5, -0.12) == (51.5, -0.12)


@given(st.lists(st.floats(0, 30), max_size=80), st.integers(1, 5))
def test_no_window_ever_holds_more_than_it_may(gaps: list[float], most: int) -> None:
    book, now, taken = Rolling(most, 60.0), 1000.0, list[float]()
    for gap in gaps:
        now += gap
        wait = book.wait(now)
        assert wait <= 62.0
        if wait == 0:
            book.add(now)
            taken.append(now)
        else:
            assert copy.deepcopy(book).wait(now + wait + 1e-6) == 0
    for end in taken:
        assert sum(end - 60.0 < at <= end for at in taken) <= most


def test_members_are_counted_each_and_together() -> None:
    quota = Members(((2, 60.0),), ((5, 60.0),))
    quota.add(["a", "b"], 0.0)
    quota.add(["a", "c"], 1.0)
    assert quota.wait(["b"], 2.0) == 0
    assert 59 <= quota.wait(["a"], 2.0) <= 61
    assert quota.wait(["b", "c"], 2.0) > 0, "five together"
    assert quota.wait(["a", "b", "c", "d", "e", "f"], 2.0) == math.inf
    assert quota.wait(["a", "b"], 200.0) == 0


def test_members_who_got_nothing_lately_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Members, "MOST_KNOWN", 10)
    quota = Members(((2, 60.0),), ())
    for number in range(50):
        quota.add([f"m{number}"], number * 100.0)
    assert len(quota._members) <= 11
