"""When people are asked, and what their answers make of a round."""

from datetime import datetime, time
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from handlers.callbacks import rules

ZONE = ZoneInfo("Asia/Shanghai")
GIVEN = ("none", "satisfied", "dissatisfied", "unreached")


@pytest.mark.parametrize(
    ("said", "quiet", "asked"),
    [
        ("2026-11-25T10:20", ("22:00", "07:00"), "2026-11-25T10:20"),
        ("2026-11-25T23:10", ("22:00", "07:00"), "2026-11-26T07:00"),
        ("2026-11-25T22:00", ("22:00", "07:00"), "2026-11-26T07:00"),
        ("2026-11-25T03:00", ("22:00", "07:00"), "2026-11-25T07:00"),
        ("2026-11-25T07:00", ("22:00", "07:00"), "2026-11-25T07:00"),
        ("2026-11-25T13:00", ("12:00", "14:00"), "2026-11-25T14:00"),
        ("2026-11-25T15:00", ("12:00", "14:00"), "2026-11-25T15:00"),
        ("2026-11-25T03:00", ("00:00", "00:00"), "2026-11-25T03:00"),
    ],
)
def test_nobody_is_asked_at_night(said: str, quiet: tuple[str, str], asked: str) -> None:
    start, end = (time.fromisoformat(one) for one in quiet)
    moment = datetime.fromisoformat(said).replace(tzinfo=ZONE)
    assert rules.ask_at(moment, start, end) == datetime.fromisoformat(asked).replace(tzinfo=ZONE)


def test_one_who_is_not_satisfied_decides_and_silence_is_no_praise() -> None:
    for given in product(GIVEN, repeat=3):
        verdict = rules.verdict(given)
        assert (verdict == "dissatisfied") == ("dissatisfied" in given)
        assert (verdict is None) == ("none" in given and "dissatisfied" not in given)
        assert (verdict == "satisfied") == (set(given) == {"satisfied"})
        if "dissatisfied" not in given:
            assert rules.at_the_end(given) == ("satisfied" if set(given) == {"satisfied"} else "unanswered")
    assert rules.at_the_end(()) == "unanswered"


@pytest.mark.parametrize(
    ("said", "slip"),
    [
        ("点错了", True),
        ("按错了", True),
        ("不好意思，刚才点错了", True),
        ("点错了，是满意", True),
        ("满意", True),
        ("都解决了", True),
        ("账算错了", False),
        ("点错了名字，赔的是别人家", False),
        ("问题没有解决", False),
        ("又吵起来了", False),
    ],
)
def test_a_slip_is_told_from_a_complaint(said: str, slip: bool) -> None:
    assert rules.is_slip(said) is slip
