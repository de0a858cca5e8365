"""Doors and receipts: whose they are, who reads them, when they go; the counts against a model."""

import random
import sqlite3
from pathlib import Path

from sqlalchemy import func, select

from handlers.dialogue.scene import actor_of
from handlers.visits import actions
from storage import areas, people, visits
from storage.database import Base
from storage.visits import Campaign, Door, Receipt, Visit
from tests.support.figures import counted
from tests.support.stage import Stage

SECRETS = ("石榴巷88号", "2单元402")
LIST = "走访 门牌 水头村石榴巷88号\n水头村上街微网格3号楼2单元402"


def a_round(stage: Stage) -> None:
    """Two doors of a worker, and a round over them."""
    stage.say("网格员甲", LIST)
    stage.say("指挥室", "走访 防汛 大侯村 3天内")


def count(stage: Stage, table: type[Base]) -> int:
    """Rows of a table."""
    with stage.world.db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_door_is_read_by_its_worker_alone_and_by_who_moves_somebody_out(stage: Stage) -> None:
    shown = stage.say("网格员甲", LIST) + stage.say("指挥室", "走访 防汛 大侯村 3天内")
    for who, words in (
        ("网格员甲", "走访"),
        ("网格员甲", "走访 访1 1 已看"),
        ("网格员甲", "待办"),
        ("指挥室", "走访 访1"),
        ("民警甲", "走访 访1"),
        ("网格员乙", "走访 访1 1 已看"),
        ("民警甲", "走访 访1 1"),
    ):
        shown += stage.say(who, words)
    assert {one.chat for one in shown if any(secret in one.text for secret in SECRETS)} == {"网格员甲"}
    moved = stage.say("网格员甲", "走访 访1 2 需转移")
    assert {one.chat for one in moved if "402" in one.text} == {"网格员甲", "民警甲", "指挥室"}
    assert any(one.chat == "大侯村网格群" and "3号楼" in one.text for one in moved)


def test_no_door_lies_open_in_the_file(stage: Stage, tmp_path: Path) -> None:
    a_round(stage)
    stage.world.db.settle()
    file = sqlite3.connect(tmp_path / "stage.db")
    found = []
    for table in Base.metadata.tables:
        for row in file.execute(f"SELECT * FROM {table}"):  # noqa: S608 - names of our own tables
            found += [table for value in row if "石榴巷" in str(value)]
    file.close()
    assert found == []


def test_receipts_go_a_week_after_the_end_and_the_counts_stay(stage: Stage) -> None:
    a_round(stage)
    since = stage.world.now()
    stage.say("网格员甲", "走访 访1 1 已看")
    stage.say("指挥室", "走访 访1 结束")
    stage.later(days=6)
    assert count(stage, Visit) == 2
    stage.later(days=2)
    assert (count(stage, Visit), count(stage, Door)) == (0, 2)
    with stage.world.db.read() as session:
        row = session.scalars(select(Campaign)).one()
        assert (row.doors, row.visited, row.to_move) == (2, 1, 0)
        everywhere = [one.id for one in areas.all_of(session)]
        told = counted(session, "visits", everywhere, since, stage.world.now())
        assert (told.n, told.of) == (1, 2)
        assert counted(session, "visits", [], since, stage.world.now()).n == 0
        assert counted(session, "to_move", everywhere, since, stage.world.now()).n == 0


def test_a_hold_keeps_the_receipts(stage: Stage) -> None:
    a_round(stage)
    stage.say("网格员甲", "走访 访1 1 已看")
    stage.say("指挥室", "走访 访1 结束")
    stage.say("所长", "保留 访1 案件还在侦办")
    stage.later(days=15)
    assert count(stage, Visit) == 2
    stage.say("所长", "解除保留 访1")
    stage.later(days=8)
    assert count(stage, Visit) == 0


def test_the_list_goes_with_its_worker(stage: Stage) -> None:
    a_round(stage)
    stage.say("网格员甲", "退出 确定")
    assert (count(stage, Door), count(stage, Visit)) == (0, 0)


def test_who_is_no_worker_any_more_keeps_no_list(stage: Stage) -> None:
    a_round(stage)
    with stage.world.db.write() as session:
        person = people.named(session, "网格员甲")
        assert person is not None
        people.revoke_all(session, person.id)
    stage.later(minutes=11)
    assert (count(stage, Door), count(stage, Visit)) == (0, 0)


def test_counts_against_a_model(stage: Stage) -> None:
    """Random taps, undone now and then, against a dictionary."""
    dice = random.Random(2026)
    stage.say("网格员甲", "走访 门牌 " + "\n".join(f"大侯村{n}号" for n in range(1, 9)))
    stage.say("指挥室", "走访 防汛 大侯村 3天内")
    model: dict[int, Receipt | None] = dict.fromkeys(range(1, 9))
    now = stage.world.now()
    with stage.world.db.write() as session:
        row = session.scalars(select(Campaign)).one()
        person = people.named(session, "网格员甲")
        assert person is not None
        actor, gazetteer = actor_of(session, person.id), stage.world.gazetteer(session)
        for _ in range(150):
            number, receipt = dice.randint(1, 8), dice.choice([*Receipt, None])
            if receipt is not None:
                actions.say(session, actor, row, (number,), receipt, now, gazetteer)
            elif model[number] is not None:
                actions.undo(session, actor, row, number, now)
            model[number] = receipt
            said = list(model.values())
            found = visits.tally(session, row, person.id)
            assert found.to_move == said.count(Receipt.MOVE) == row.to_move
            assert found.visited == said.count(Receipt.VISITED) + found.to_move == row.visited
            assert (found.nobody, found.left) == (said.count(Receipt.NOBODY), 8 - found.visited)
            following = visits.next_of(session, row, person.id, now)
            free = [one for one, what in model.items() if what is None]
            assert (following[1].number if following else None) == (min(free) if free else None)
