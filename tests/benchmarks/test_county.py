"""County in a box, a hamlet of it: a few days come out, every command is asked, and the figures are told."""

import asyncio
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

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
        year = Year(hamlet, share=0.25, day=4)
        year.begin()
        year.live(3)
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


SMALL = {
    "accounts": "one a platform",
    "areas": "an area tree",
    "alarms": "one a kind of trouble of the program's own",
    "audit_anchors": "one a day",
    "bulletin_media": "pictures that stand in a notice",
    "bulletins": "some hundreds a year",
    "callback_asks": "of a week's",
    "campaigns": "some a season",
    "cars": "some hundreds a year",
    "case_notes": "of a week's disputes",
    "changes": "one a recall",
    "contests": "objections, some a year",
    "disputes": "some thousands a year, once an hour",
    "doors": "of those who work there, once an hour",
    "household_alarms": "some hundreds a year",
    "incident_media": "pictures of reports, once an hour",
    "incidents": "some ten thousand, once an hour, by what is short of a row",
    "media": "pictures, once an hour",
    "meetings": "some hundreds a year",
    "patrols": "some hundreds a year",
    "reminders": "what people want to be told, once an hour",
    "returns": "some hundreds a year",
    "role_grants": "one a role",
    "searches": "some a month",
    "shift_plans": "one a week",
    "sources": "who has been hasty of late",
    "talks": "one an evening",
    "tokens": "those that still open something",
    "tries": "of late",
    "volunteers": "some hundreds",
    "wishes": "some hundreds a year",
}
"""Tables that may be read from end to end, and why."""


def test_nothing_that_is_asked_reads_a_large_table_from_end_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in HAMLET.items():
        monkeypatch.setattr(people, name, number)
    said: set[str] = set()
    with box(tmp_path, first_day()) as hamlet:
        year = Year(hamlet, share=0.2, day=4)
        year.begin()
        year.live(1)
        engine = hamlet.world.db.engine
        event.listen(engine, "before_cursor_execute", lambda _line, _cursor, sql, *_rest: said.add(sql))
        for _word, who, text, chat in questions(hamlet, 1, random.Random(1)):
            hamlet.hear([hamlet.incoming(who, text, chat)])
        for _ in range(3):
            hamlet.move(hours=12)
        assert len(said) > 400
        with hamlet.world.db.engine.connect() as line:
            found = {table for sql in sorted(said) for table in _read_whole(line, sql)}
    assert found <= set(SMALL), "an index is wanted, or a reason why not"


def _read_whole(line: Connection, sql: str) -> Iterator[str]:
    """The tables a statement reads row by row, neither by an index nor from the first on until it has enough.

    An insert's plan names the children of its table, which are looked at only where a key was owed.
    """
    if not re.match(r"SELECT|UPDATE|DELETE|WITH", sql) or re.search(r"FROM (\w+) ORDER BY \1\.id\s+LIMIT", sql):
        return
    rows = line.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?"))
    for *_ids, plan in rows:
        if (scanned := re.fullmatch(r"SCAN (\w+)", plan)) is not None:
            yield scanned[1]


def test_the_figures_are_told() -> None:
    one = Answered({"隐患": [0.010] * 100, "撤回": [0.040] * 98 + [0.900] * 2})
    assert one.p99("隐患") == 0.010
    assert one.worst() == ("撤回", 0.900)
    week = Answered({"隐患": [0.006] * 100, "撤回": [0.040] * 100})
    found = county.Found(600.0, week, one, 200 * 2**20, 300 * 2**20, 300_000, {"outbox": 1_000_000})
    lines = county.report(found)
    assert "generated in 10.0 min: 300,000 messages" in lines
    assert "commands over 50 ms: 撤回" in lines
    assert "commands over 1.5 times the first week, in the middle: 隐患" in lines
    assert "| 撤回 | 40.0 | 40.0 | 40.0 | 900.0 |" in county.page(found, 1.0, 365)
