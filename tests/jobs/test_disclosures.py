"""A disclosure that cannot be looked after holds up nothing, and the log names only its row."""

import logging

import pytest

from handlers.dialogue.say import Say
from handlers.disclosures import actions
from jobs import disclosures as ticking
from storage.disclosures import Disclosure
from tests.support.stage import Stage


def test_one_that_fails_is_given_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage.say("居民甲", "线索 昨晚水头村3号楼车棚有人撬锁")
    stage.say("民警甲", "查身份 线1 需要当面核实作案车辆")

    def fails(*given: object) -> list[Say]:
        raise RuntimeError("居民甲")

    monkeypatch.setattr(actions, "look_after", fails)
    stage.clock.move(minutes=31)
    with caplog.at_level(logging.ERROR):
        assert ticking.tick(stage.world) == 1
    assert ticking.tick(stage.world) == 0
    assert [one.getMessage() for one in caplog.records] == ["disclosure failed: row=1 RuntimeError"]
    with stage.world.db.read() as session:
        assert session.get_one(Disclosure, 1).next_at is None
