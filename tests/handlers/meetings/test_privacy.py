"""Whom a money warning is about: in no group, in no list, open in no file; sums are counted, persons are not."""

import sqlite3
from datetime import timedelta
from pathlib import Path

from storage import areas
from storage.database import Base
from tests.support.figures import counted
from tests.support.stage import Stage

NAME, NUMBER, PLACE = "鞠雀仁", "13877665544", "石榴巷口"
SECRETS = (NAME, NUMBER, PLACE)


def a_life(stage: Stage) -> list[tuple[str, str]]:
    """Two tasks from the first word to the result, with everything people may say about them where others read."""
    said = [
        ("指挥室", f"见面 水头村{PLACE}{NAME}{NUMBER}要转三万", None),
        ("民警甲", "待办", "派出所警务群"),
        ("民警甲", "进度 劝1", "大侯村网格群"),
        ("民警甲", f"见面 劝1 {NAME}的儿子也在", None),
        ("民警甲", "转派 劝1 网格员甲", "派出所警务群"),
        ("民警甲", "转派 劝1 网格员甲", None),
        ("网格员甲", "待办", "大侯村网格群"),
        ("网格员甲", "见面 劝1 见到了", None),
        ("网格员甲", "见面 劝1 已止付 3万", None),
        ("指挥室", "进度 劝1", None),
        ("民警甲", f"见面 水头村{NAME}又要转", None),
        ("民警甲", "见面 劝2 已转 2万", None),
        ("民警甲", "见面 水头村另一家要转", None),
        ("民警甲", "见面 劝3 没转 5千", None),
    ]
    shown = [(one.chat, one.text) for who, words, chat in said for one in stage.say(who, words, chat)]
    return shown + [(one.chat, one.text) for one in stage.later(days=3)]


def test_nobody_but_its_handlers_reads_whom_it_is_about(stage: Stage) -> None:
    shown = a_life(stage)
    assert {chat for chat, words in shown if any(one in words for one in SECRETS)} <= {"民警甲", "网格员甲"}
    assert any(NUMBER in words for chat, words in shown if chat == "网格员甲")
    lists = [words for chat, words in shown if chat.endswith("群")]
    assert any("劝1" in words for words in lists)
    assert not any(one in words for words in lists for one in (*SECRETS, "水头村"))


def test_nothing_of_it_lies_open_in_the_file(stage: Stage, tmp_path: Path) -> None:
    a_life(stage)
    stage.world.db.settle()
    file = sqlite3.connect(tmp_path / "stage.db")
    rows = [repr(row) for table in Base.metadata.tables for row in file.execute(f"SELECT * FROM {table}")]  # noqa: S608
    assert not any(one in row for row in rows for one in SECRETS)


def test_meetings_and_stopped_losses_are_counted(stage: Stage) -> None:
    since = stage.world.now()
    a_life(stage)
    until = since + timedelta(days=7)
    with stage.world.db.read() as session:
        county, other = (areas.named(session, name) for name in ("望河县", "石桥镇"))
        assert county is not None
        assert other is not None
        whole, part = areas.subtree(session, county.id), areas.subtree(session, other.id)
        met, saved = (
            counted(session, "meetings", whole, since, until),
            counted(session, "losses_stopped", whole, since, until),
        )
        assert (met.n, met.of) == (1, 3)
        assert (saved.n, saved.of) == (35_000, 2)
        assert counted(session, "losses_stopped", part, since, until).n == 0
        assert counted(session, "meetings", whole, until, until + timedelta(days=7)).of == 0
