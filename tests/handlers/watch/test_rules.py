"""When something is a trouble, when it is told, and when it is over."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.watch import rules
from handlers.watch.rules import Patience, Queue
from tests.support.stage import START


def ago(seconds: float | None) -> object:
    """So many seconds before the start."""
    return None if seconds is None else START - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("urgent", "waits", "sent", "found"),
    [
        (None, None, None, []),
        (10.0, 10.0, 1.0, []),
        (10.1, 10.1, 1.0, ["urgent:a"]),
        (3600.0, 3600.0, 1.0, ["urgent:a"]),
        (None, 60.0, 600.0, []),
        (None, 61.0, 61.0, ["stalled:a"]),
        (None, 61.0, None, ["stalled:a"]),
        (None, 3600.0, 59.0, []),
        (None, 3600.0, 60.0, []),
        (None, 3600.0, -3600.0, ["stalled:a"]),
        (None, None, 86400.0, []),
        (11.0, 120.0, 120.0, ["urgent:a"]),
    ],
)
def test_troubles(urgent: float | None, waits: float | None, sent: float | None, found: list[str]) -> None:
    queue = Queue("a", ago(urgent), ago(waits), ago(sent))  # type: ignore[arg-type]
    assert [one.name for one in rules.troubles([queue, Queue("b")], START)] == found


def test_told_when_sure_once_and_over_when_calm() -> None:
    patience, told, log = Patience(), set[str](), []
    bad = {*range(5, 20), *range(22, 40), 100}
    for second in range(120):
        begun, over = patience.changes(["x"] if second in bad else [], told, float(second))
        told |= set(begun)
        told -= set(over)
        log += [(second, "begun")] * len(begun) + [(second, "over")] * len(over)
    assert log == [(8, "begun"), (55, "over")]


def test_after_a_restart_what_was_told_is_not_told_again() -> None:
    patience = Patience()
    for second in range(60):
        assert patience.changes(["x"], ["x"], float(second)) == ([], [])
    patience = Patience()
    assert patience.changes([], ["x"], 0.0) == ([], [])
    assert patience.changes([], ["x"], rules.CALM) == ([], ["x"])


@given(st.lists(st.tuples(st.integers(1, 20), st.sets(st.sampled_from("ab"))), max_size=60))
def test_never_told_twice_nor_over_before_it_was_told(steps: list[tuple[int, set[str]]]) -> None:
    patience, told, moment = Patience(), set[str](), 0.0
    for wait, present in steps:
        moment += wait
        begun, over = patience.changes(present, told, moment)
        assert not set(begun) & told
        assert set(over) <= told - present
        told = (told | set(begun)) - set(over)


@pytest.mark.parametrize(("minutes", "told"), [(None, True), (10, True), (9, False), (0, False), (-60, True)])
def test_an_outage_is_not_told_every_minute(minutes: int | None, told: bool) -> None:
    last = None if minutes is None else START - timedelta(minutes=minutes)
    assert rules.outage_is_told(last, START) is told
