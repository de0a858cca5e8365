"""County in a box, a hamlet of it: a few days come out, every command is asked, and the figures are told."""

import asyncio
import random
from pathlib import Path

import pytest

from benchmarks import county
from benchmarks.box import people
from benchmarks.box.answering import Answered, answer
from benchmarks.box.county import box
from benchmarks.box.questions import questions
from benchmarks.box.year import Year, first_day
from handlers.dialogue.access import MATRIX
from storage import worlds
from storage.disputes import Dispute, DisputeState
from storage.incidents import Incident, IncidentState

HAMLET = {"TOWNS": 3, "GRIDS": 6, "GROUPS": 3, "WORKERS": 15, "OFFICERS": 3, "RESIDENTS": 60}


def test_a_hamlet_lives_and_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in HAMLET.items():
        monkeypatch.setattr(people, name, number)
    with box(tmp_path, first_day()) as hamlet:
        year = Year(hamlet, share=0.2, day=4)
        year.begin()
        year.live(2)
        asked = questions(hamlet, 1, random.Random(1))
        assert {word for word, *_ in asked} == set(MATRIX)
        found = asyncio.run(answer(hamlet, asked[:8], random.Random(1)))
        assert sum(len(one) for one in found.seconds.values()) == 8
        assert 0 < found.p99() < 10
        with hamlet.world.db.read() as session:
            assert worlds.of(session) is not None
            done = [one for one in session.query(Incident) if one.state is IncidentState.DONE]
            assert len(done) > 10
            assert any(one.state is DisputeState.AGREED for one in session.query(Dispute))
        assert year.found() == 1
        assert hamlet.wire.said > hamlet.heard > 100


def test_the_figures_are_told() -> None:
    one = Answered({"隐患": [0.010] * 100, "撤回": [0.040] * 98 + [0.900] * 2})
    assert one.p99("隐患") == 0.010
    assert one.worst() == ("撤回", 0.900)
    found = county.Found(600.0, one, one, 200 * 2**20, 300 * 2**20, 300_000, {"outbox": 1_000_000})
    lines = county.report(found)
    assert "generated in 10.0 min: 300,000 messages" in lines
    assert "commands over 50 ms: 撤回" in lines
    assert "| 撤回 | 900.0 | 900.0 |" in county.page(found, 1.0, 365)
