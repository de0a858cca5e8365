"""When an answer is owed, who hears, and what is alike; against a model that walks day by day."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from handlers.intelligence import rules
from handlers.intelligence.rules import Hours, Step
from handlers.reading.workdays import Workdays, after, passed

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = Workdays()
HOURS = Hours(DAYS, time(22), time(7))
FIRST = datetime(2026, 1, 1, tzinfo=ZONE)
SINCE = some.integers(min_value=0, max_value=330 * 24 * 60).map(lambda one: FIRST + timedelta(minutes=one))


def modelled(stage: int) -> int:
    """Working days of a step, written out."""
    return [1, 3, 5, 7, 12, 17, 22, 27, 32, 37][stage]


@given(SINCE, some.integers(min_value=0, max_value=8))
def test_a_step_comes_after_its_working_days_and_never_in_quiet_hours(since: datetime, stage: int) -> None:
    at = rules.strikes_at(since, stage, HOURS)
    due = after(rules.ANSWER_IN.unit, since, timedelta(days=modelled(stage)), DAYS)
    assert timedelta() <= at - due <= timedelta(hours=9)
    assert time(7) <= at.time() < time(22)


@given(SINCE, some.integers(min_value=0, max_value=60 * 24 * 40))
def test_however_late_it_looks_one_step_is_said_and_the_next_lies_ahead(since: datetime, minutes: int) -> None:
    first = rules.strikes_at(since, 0, HOURS)
    now = first + timedelta(minutes=minutes)
    step, stage, following = rules.advance(since, 0, now, HOURS)
    assert following > now
    assert rules.strikes_at(since, stage - 1, HOURS) <= now
    assert step is (list(Step) + [Step.DESK] * 9)[stage - 1]


def test_an_answer_is_owed_after_a_week_of_work() -> None:
    since = datetime(2026, 11, 18, 10, 20, tzinfo=ZONE)
    assert rules.owed_at(since, DAYS) == datetime(2026, 11, 25, 10, 20, tzinfo=ZONE)
    assert passed(rules.ANSWER_IN.unit, since, rules.owed_at(since, DAYS), DAYS) == timedelta(days=5)


@pytest.mark.parametrize(
    ("spot", "likeness", "hours", "why"),
    [
        (True, 90, 1, ["place", "words", "time"]),
        (True, 45, 30, ["place"]),
        (True, 30, 1, []),
        (None, 80, 1, ["words", "time"]),
        (None, 80, 100, ["words"]),
        (None, 50, 0, []),
        (False, 100, 0, []),
        (True, 100, 24 * 8, []),
    ],
)
def test_why_two_tips_are_alike(spot: bool | None, likeness: int, hours: int, why: list[str]) -> None:
    assert list(rules.why_alike(spot, likeness, timedelta(hours=hours))) == why


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("已抓获两人", "查实"),
        ("属实，已立案", "查实"),
        ("不属实", "查否"),
        ("查过，是正常进货", "查否"),
        ("未查实", ""),
        ("联系不上店主，没法核实", "无法核"),
        ("已现场处理好", ""),
    ],
)
def test_what_the_words_tell(words: str, verdict: str) -> None:
    assert rules.verdict_in(words) == verdict


def test_which_version_was_read() -> None:
    assert rules.draft_seen("第2稿") == 2
    assert rules.draft_seen("") is None
