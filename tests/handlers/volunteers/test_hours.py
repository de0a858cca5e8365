"""Hours of volunteers as people write them, and which moments fall in them."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.volunteers import rules
from handlers.volunteers.rules import Hours

ZONE = timezone(timedelta(hours=8))
MONDAY = datetime(2026, 11, 16, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("words", "days", "hours"),
    [
        ("周末晚上", {5, 6}, (18, 23)),
        ("每天19点到22点", set(range(7)), (19, 22)),
        ("周一三五下午", {0, 2, 4}, (13, 18)),
        ("星期二到星期四 上午", {1, 2, 3}, (8, 12)),
        ("工作日白天", set(range(5)), (8, 18)),
        ("随时", set(range(7)), (0, 24)),
        ("晚上8点到10点", set(range(7)), (20, 22)),
        ("夜里", set(range(7)), (22, 30)),
        ("周六", {5}, (0, 24)),
        ("每晚22点到2点", set(range(7)), (22, 26)),
        ("周五到周一晚上", {4, 5, 6, 0}, (18, 23)),
    ],
)
def test_hours_are_read(words: str, days: set[int], hours: tuple[int, int]) -> None:
    assert rules.read(words) == Hours(frozenset(days), hours[0] * 60, hours[1] * 60)


@pytest.mark.parametrize("words", ["", "看情况", "有空就来", "大侯村"])
def test_what_tells_no_hours(words: str) -> None:
    assert rules.read(words) is None


@settings(max_examples=100)
@given(st.sets(st.integers(0, 6)), st.integers(0, 1439), st.integers(1, 1440), st.integers(0, 7 * 1440 - 1))
def test_a_moment_falls_in_hours_as_the_minutes_of_the_week_say(
    days: set[int], since: int, length: int, minute: int
) -> None:
    week = {(day * 1440 + one) % (7 * 1440) for day in days for one in range(since, since + length)}
    hours = Hours(frozenset(days), since, since + length)
    assert rules.fits(hours, MONDAY + timedelta(minutes=minute)) is (minute in week)
