"""What the tour writes is understood: every step does something with nothing added."""

import pytest

from bot.web import tour
from bot.web.roster import read_roster
from tests.support.stage import ROOT, Stage


@pytest.mark.parametrize("step", tour.STEPS, ids=lambda step: step["title"])
def test_each_step_is_understood(stage: Stage, step: dict[str, str]) -> None:
    shown = stage.say(step["who"], step["text"], None if step["chat"] == "me" else step["chat"])
    assert shown
    assert not any(one.text.startswith("这一步要由") for one in shown)


def test_a_county_without_these_people_has_no_tour() -> None:
    roster = read_roster(ROOT / "samples")
    assert len(tour.steps(roster)) == len(tour.STEPS)
    assert tour.steps(type(roster)((), ())) == []
