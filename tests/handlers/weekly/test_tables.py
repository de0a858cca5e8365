"""Tables of figures: lines pasted, and files as spreadsheets write them."""

import pytest

from handlers.weekly.tables import Row, pasted, rows

KINDS, TOWNS = ("警情", "电诈", "纠纷类警情"), ("望河县", "柳溪镇", "石桥镇")


def read(found: list[Row]) -> list[tuple[int, str, int | None, str, str, str]]:
    """What was read: line, kind, figure, source, area, week."""
    return [(one.line, one.told.kind, one.told.value, one.told.source, one.told.area, one.told.week) for one in found]


def test_lines_with_and_without_a_heading() -> None:
    said = "项目,数,来源,地区,周\n警情,812,县局台账\n电诈\t3\t日报\t柳溪镇\t上周\n警情 5 来源 台账\n打架,2,听说"
    assert read(pasted(said, KINDS, TOWNS)) == [
        (2, "警情", 812, "县局台账", "", ""),
        (3, "电诈", 3, "日报", "柳溪镇", "上周"),
        (4, "警情", 5, "台账", "", ""),
        (5, "", 2, "听说", "", ""),
    ]
    assert pasted("警情,812,台账", KINDS, TOWNS) == []
    assert rows("警情,1,台账,月亮镇", KINDS, TOWNS)[0].told.problem == "area"


def test_a_heading_in_another_order_below_a_title() -> None:
    said = "望河县外来数\n\n序号\t乡镇\t指标\t数量\t数据来源\t备注\n"
    said += "1\t柳溪镇\t警情\t１，２３４\t县局台账\t\n\n2\t\t电诈\t7.0\t日报\t已核"
    assert read(rows(said, KINDS, TOWNS)) == [
        (4, "警情", 1234, "县局台账", "柳溪镇", ""),
        (6, "电诈", 7, "日报", "", ""),
    ]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("812", 812),
        ("812起", 812),
        ("８１２", 812),
        ("1,234", 1234),
        ("812.00", 812),
        ("3.5", None),
        ("-5", None),
        ("9" * 5000, None),
    ],
)
def test_a_number_of_a_spreadsheet(cell: str, value: int | None) -> None:
    assert rows(f"警情\t{cell}\t台账", KINDS, TOWNS)[0].told.value == value


def test_a_number_with_a_comma_stands_in_quotes() -> None:
    assert rows('警情,"1,234",台账', KINDS, TOWNS)[0].told.value == 1234


def test_a_day_as_spreadsheets_count_it() -> None:
    assert rows("警情\t812\t台账\t\t46339", KINDS, TOWNS)[0].told.week == "2026年11月13日"


@pytest.mark.parametrize("line", [f"警情 {'9' * 5000} 台账", "x" * 200_000])
def test_a_line_as_long_as_nobody_writes_is_no_figure(line: str) -> None:
    assert rows(line, KINDS, TOWNS)[0].told.value is None
