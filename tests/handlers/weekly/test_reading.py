"""How figures people tell are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.weekly.reading import MOST, asked, told
from handlers.weekly.tables import pasted, rows

KINDS, TOWNS = ("警情", "电诈", "纠纷类警情"), ("望河县", "柳溪镇", "石桥镇")


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("警情 812 来源 县局110台账", ("警情", 812, "县局110台账", "", "")),
        ("警情812起，来源：县局110台账", ("警情", 812, "县局110台账", "", "")),
        ("警情：１２，３４５起 根据县局台账", ("警情", 12345, "县局台账", "", "")),
        ("柳溪镇 上周 电诈 3 来源 日报", ("电诈", 3, "日报", "柳溪镇", "上周")),
        ("纠纷类警情 40 县局月报", ("纠纷类警情", 40, "县局月报", "", "")),
        ("11月第2周 警情 800 来源 台账", ("警情", 800, "台账", "", "11月第2周")),
        ("警情 0 来源 台账", ("警情", 0, "台账", "", "")),
        ("警情", ("警情", None, "", "", "")),
        ("警情 -5 来源 台账", ("警情", None, "", "", "")),
        ("警情 33.7% 来源 台账", ("警情", None, "", "", "")),
        ("警情 999999999 来源 台账", ("警情", None, "台账", "", "")),
        ("警情 八百一十二 来源 县局110台账", ("警情", 812, "县局110台账", "", "")),
        ("电诈 五起 来源96110平台", ("电诈", 5, "96110平台", "", "")),
        ("警情 共 812 起 来源 县局110台账", ("警情", 812, "县局110台账", "", "")),
        ("警情 来源 县局110台账", ("警情", None, "", "", "")),
        ("警情 没有 来源 110台账", ("警情", None, "", "", "")),
        ("警情 8 12 来源 台账", ("警情", None, "", "", "")),
        ("好多", ("", None, "", "", "")),
    ],
)
def test_a_figure(said: str, read: tuple[str, int | None, str, str, str]) -> None:
    one = told(said, KINDS, TOWNS)
    assert (one.kind, one.value, one.source, one.area, one.week) == read


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("", ("words", "", "")),
        ("图", ("picture", "", "")),
        ("上周图", ("picture", "", "上周")),
        ("柳溪镇 11月第2周 表格", ("sheet", "柳溪镇", "11月第2周")),
        ("看图 石桥镇", ("picture", "石桥镇", "")),
        ("上周 EXCEL", ("sheet", "", "上周")),
    ],
)
def test_what_is_asked_for(said: str, read: tuple[str, str, str]) -> None:
    one = asked(said, TOWNS)
    assert (one.shape, one.area, one.week) == read


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_not(said: str) -> None:
    one = told(said, KINDS, TOWNS)
    assert one.value is None or 0 <= one.value <= MOST
    assert asked(said, TOWNS).shape in ("words", "picture", "sheet")
    pasted(said, KINDS, TOWNS)
    rows(said, KINDS, TOWNS)
