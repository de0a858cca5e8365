"""Words that tell that it has happened, and what only sounds like them."""

from pathlib import Path

import pytest

from handlers.fraud_check.befallen import befallen
from handlers.fraud_check.rules import Verdict, answered


def lines(name: str) -> list[str]:
    """The messages of a list."""
    return (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("said", lines("befallen"))
def test_it_has_happened(said: str) -> None:
    assert befallen(said)
    assert answered(said).verdict is Verdict.BEFALLEN


@pytest.mark.parametrize("said", lines("not_befallen"))
def test_it_has_not(said: str) -> None:
    assert not befallen(said)


@pytest.mark.parametrize("name", ["scams", "scams_unseen", "harmless", "harmless_unseen"])
def test_no_message_of_the_lists_tells_that_it_has(name: str) -> None:
    assert [one for one in lines(name) if befallen(one)] == []
