"""A crowd says anything, and nothing that must never happen happens."""

import logging
import random

import pytest

from tests.chaos.crowd import Crowd
from tests.chaos.run_crowd import Keeper
from tests.support.stage import Stage


@pytest.mark.parametrize("seed", [11, 23])
def test_a_crowd_breaks_nothing(stage: Stage, seed: int) -> None:
    crowd = Crowd(stage, random.Random(seed))
    keeper = Keeper(crowd.log)
    logging.getLogger().addHandler(keeper)
    try:
        for _ in range(80):
            crowd.step()
        crowd.settle()
    finally:
        logging.getLogger().removeHandler(keeper)
    assert len(crowd.codes) > 5
    assert not crowd.wrong, "\n".join(crowd.wrong)
