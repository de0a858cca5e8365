"""What an operator is told: spans, the words for reasons, what fits below a progress message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.publishing import rules
from storage.deliveries import DeliveryState
from storage.outbox import OutboxState, Waits
from tests.support.stage import words

CATALOGUE = words()


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, ("moment", 0)),
        (9.9, ("moment", 0)),
        (10, ("seconds", 10)),
        (33.4, ("seconds", 40)),
        (51, ("minutes", 1)),
        (61, ("minutes", 2)),
        (59 * 60, ("minutes", 59)),
        (3600, ("hours", 1)),
        (3601, ("hours", 2)),
    ],
)
def test_a_span_is_rounded_up_as_people_say_it(seconds: float, shown: tuple[str, int]) -> None:
    assert rules.span(seconds) == shown


@given(st.floats(0, 10**6))
def test_a_span_is_never_shorter_than_it_takes(seconds: float) -> None:
    unit, count = rules.span(seconds)
    assert CATALOGUE.has(f"publishing.takes.{unit}")
    if unit != "moment":
        assert count * {"seconds": 1, "minutes": 60, "hours": 3600}[unit] >= seconds


def test_accounts_work_side_by_side() -> None:
    assert rules.seconds_for({"a": 300, "b": 60}, {"a": 30.0, "b": 1.0}) == 60
    assert rules.seconds_for({"a": 300}, {"a": None}) == 0
    assert rules.seconds_for({}, {}) == 0


def test_the_slower_of_limit_and_pace_counts() -> None:
    assert rules.slower(10, 300, 300, 10) == 10
    assert rules.slower(10, 300, 30, 10) == 100
    assert rules.slower(10, 300, 0, 10) is None
    assert rules.slower(10, 300, 0, 1) == 10


def test_what_still_moves_counts_before_what_is_over() -> None:
    assert rules.standing([]) == "none"
    assert rules.standing(["ended", "filled"]) == "going"
    assert rules.standing(["ended", "paused"]) == "paused"
    assert rules.standing(["stopped", "ended"]) == "ended"
    assert rules.standing(["ended", "stopped"]) == "stopped"
    assert {rules.standing([state]) for state in DeliveryState} == {"going", "paused", "stopped", "ended"}


@pytest.mark.parametrize("state", [None, *OutboxState])
@pytest.mark.parametrize("waits", [None, *Waits])
@pytest.mark.parametrize("reason", [None, "let be", "gone"])
def test_every_state_has_a_word(state: OutboxState | None, waits: Waits | None, reason: str | None) -> None:
    if state is not OutboxState.REPLACED:
        assert CATALOGUE.has(f"publishing.state.{rules.word(state, waits, reason)}")


@given(st.one_of(st.none(), st.text(), st.sampled_from(["gone", "crash", "expired", "no answer", "let be"])))
def test_every_reason_has_plain_words_and_none_is_a_platforms_own(reason: str | None) -> None:
    key = rules.why(reason)
    assert CATALOGUE.has(f"publishing.why.{key}")


@pytest.mark.parametrize(("said", "number"), [("12", 12), ("第12条", 12), ("", None), ("十二", None), ("9" * 12, None)])
def test_the_number_of_a_call(said: str, number: int | None) -> None:
    assert rules.number(said) == number


def test_whoever_answers_for_the_top_answers_for_what_has_no_area() -> None:
    assert rules.covers(["/1/"], None)
    assert not rules.covers(["/1/2/"], None)
    assert rules.covers(["/1/2/"], "/1/2/7/")
    assert not rules.covers(["/1/2/"], "/1/3/")
    assert not rules.covers([], "/1/")
