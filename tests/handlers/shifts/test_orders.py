"""Orders as officers type them: zones, hours, people and the last day."""

from datetime import date

import pytest

from handlers.shifts import orders
from handlers.shifts.orders import Order, Orders, Unread

TODAY = date(2026, 11, 18)
NIGHT, DAY = (22 * 60, 8 * 60), (8 * 60, 10 * 60)


def one(words: str) -> Order:
    """The only line of an order."""
    found = orders.read(words, TODAY)
    assert isinstance(found, Orders), found
    assert len(found.lines) == 1
    return found.lines[0]


@pytest.mark.parametrize(
    ("words", "names", "days", "hours", "needed"),
    [
        ("8个片 夜间22点到6点 每片2人", 8, "1234567", NIGHT, 2),
        ("８个片夜间２２点到６点每片２人", 8, "1234567", NIGHT, 2),
        ("八个片区 22:00-06:00 每片两人", 8, "1234567", NIGHT, 2),
        ("3处 工作日 8点到18点 1人", 3, "12345", DAY, 1),
        ("水头村 周末 18:30到22:00 3人", 1, "67", (18 * 60 + 30, 210), 3),
        ("水头村、下街 每天 白天8点至18点 各1人", 2, "1234567", DAY, 1),
        ("水头村 24小时 2人", 1, "1234567", (0, 1440), 2),
        ("水头村 周一三五 晚上8点到11点 1人", 1, "135", (20 * 60, 180), 1),
        ("水头村 晚上10点到6点 1人", 1, "1234567", NIGHT, 1),
        ("水头村 下午1点到5点 1人", 1, "1234567", (13 * 60, 240), 1),
        ("水头村,22:00-06:00,2", 1, "1234567", NIGHT, 2),
        ("水头村22点到6点2人", 1, "1234567", NIGHT, 2),
        ("水头村22点到6点12人", 1, "1234567", NIGHT, 12),
        ("水头村22点到6点两个人", 1, "1234567", NIGHT, 2),
        ("大侯村老街22:00-06:002人", 1, "1234567", NIGHT, 2),
        ("水头村22点到5点30分2人", 1, "1234567", (22 * 60, 450), 2),
        ("水头村22点半到5点半2人", 1, "1234567", (22 * 60 + 30, 420), 2),
        ("22点到6点12个片每片2人", 12, "1234567", NIGHT, 2),
        ("水头村22到6 2人", 1, "1234567", NIGHT, 2),
    ],
)
def test_one_line(words: str, names: int, days: str, hours: tuple[int, int], needed: int) -> None:
    found = one(words)
    assert (len(found.names), found.days, found.needed) == (names, days, needed)
    assert (found.from_minute, found.minutes) == hours


def test_several_lines_and_csv() -> None:
    found = orders.read("片区,时间,人数\n水头村,22:00-06:00,2\n下街,18:00-22:00,1", TODAY)
    assert isinstance(found, Orders)
    assert [line.names for line in found.lines] == [("水头村",), ("下街",)]
    assert [line.needed for line in found.lines] == [2, 1]


@pytest.mark.parametrize(
    ("words", "last"),
    [
        ("1个片 22点到6点 2人", date(2026, 12, 18)),
        ("1个片 22点到6点 2人 到12月31日", date(2026, 12, 31)),
        ("1个片 22点到6点 2人 到1月5日", date(2027, 1, 5)),
        ("1个片 22点到6点 2人 排7天", date(2026, 11, 24)),
        ("1个片 22点到6点 2人 两周", date(2026, 12, 1)),
    ],
)
def test_the_last_day(words: str, last: date) -> None:
    found = orders.read(words, TODAY)
    assert isinstance(found, Orders)
    assert found.last == last


@pytest.mark.parametrize(
    ("words", "lacks"),
    [
        ("", "zones"),
        ("22点到6点 2人", "zones"),
        ("水头村 2人", "hours"),
        ("水头村 22点到6点", "people"),
        ("水头村 22点到6点 0人", "people"),
        ("水头村 22点到6点 99人", "people"),
        ("61个片 22点到6点 2人", "many"),
        ("1个片 22点到6点 2人 到2028年1月1日", "days"),
        ("1个片 22点到6点 2人 到2月30日", "days"),
        ("水头村 25点到6点 2人", "hours"),
    ],
)
def test_what_cannot_be_read(words: str, lacks: str) -> None:
    found = orders.read(words, TODAY)
    assert isinstance(found, Unread)
    assert found.lacks == lacks


def test_how_days_and_hours_are_said() -> None:
    said = {"1234567": "每天", "12345": "工作日", "67": "周末", "135": "周一三五"}
    assert {days: orders.days_words(days) for days in said} == said
    assert orders.clock_words(22 * 60, 480) == "22:00–次日06:00"
    assert orders.clock_words(0, 1440) == "00:00–24:00"
    assert orders.chunks([f"{n}片" for n in range(1, 9)]) == "1片 到 8片，共 8 片"
    assert orders.chunks([f"{n}片" for n in (1, 2, 4, 5, 6, 7, 8)]) == "1片、2片、4片、5片、6片、7片 等 7 片"
