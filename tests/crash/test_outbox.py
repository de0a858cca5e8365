"""The outbox under kill -9: nothing is lost, nothing routine is doubled, the ledger knows every copy."""

from pathlib import Path

import pytest

from tests.crash import toll


@pytest.mark.parametrize(("kind", "seed"), [("sqlite", 7), ("postgresql", 8)])
def test_kills_at_random_points(kind: str, seed: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else f"sqlite:///{tmp_path}/crash.db"
    found = toll.die(url, tmp_path, 8, seed)
    assert found.kills == 8
    assert found.sound, found


def test_the_next_process_goes_on_as_soon_as_the_lease_is_over(tmp_path: Path) -> None:
    took, loaded = toll.first_call_after(f"sqlite:///{tmp_path}/first.db", tmp_path)
    assert took <= max(loaded, 3.0) + 1.5
