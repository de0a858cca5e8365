"""Names, numbers and words of a dispute: sealed, in no group, and privately to its handler and its caller alone."""

import sqlite3
from pathlib import Path

from bot.channels.console import Shown
from handlers.disputes import rules
from storage import people
from storage.database import Base
from tests.support.stage import Stage

TEAM = "大侯村网格群"
ONE, OTHER = "鞠雀仁", "臧鹂义"
NUMBER = "13877665544"
SECRETS = (ONE, OTHER, NUMBER, "石榴树", "赔三十棵苗", "见证人是鹦哥")


def a_life(stage: Stage) -> list[Shown]:
    """A dispute from the first word to its end, with everything people may say about it, some of it in the group."""
    said = [
        ("居民甲", f"纠纷 {ONE}{NUMBER}和{OTHER}因为石榴树，水头村上街微网格3号楼2单元402", None),
        ("网格员甲", "跟踪 纠1", TEAM),
        ("网格员甲", "进度 纠1", TEAM),
        ("民警甲", "待办", TEAM),
        ("网格员甲", "约谈 纠1 明天上午10点 调解室", None),
        ("网格员甲", f"调解记 纠1 {ONE}答应赔三十棵苗；见证：见证人是鹦哥", None),
        ("居民甲", f"补充 纠1 {OTHER}又砍了石榴树", None),
        ("网格员甲", f"暂停计时 纠1 {ONE}住院", None),
        ("网格员甲", "恢复计时 纠1", TEAM),
        ("网格员甲", f"升级 纠1 {ONE}不肯，电话{NUMBER}", None),
        ("平安办甲", f"督办 纠1 找{OTHER}谈", None),
        ("网格员甲", f"达成 纠1 {ONE}赔三十棵苗", None),
    ]
    shown = [one for who, words, chat in said for one in stage.say(who, words, chat)]
    shown += stage.later(days=7)
    shown += stage.say("指挥室", f"回访 纠1 甲方 不满意 {ONE}说{OTHER}没赔", None)
    shown += stage.say("调解员甲", "接手 纠1", TEAM)
    shown += stage.later(days=30)
    shown += stage.say("平安办甲", f"解除督办 纠1 {ONE}不再追究", None)
    shown += stage.say("调解员甲", f"终止 纠1 {OTHER}搬走了", None)
    return shown


def test_no_group_and_nobody_but_handler_and_caller_reads_a_name(stage: Stage) -> None:
    shown = a_life(stage)
    cards = [one for one in shown if one.chat.endswith("群")]
    assert any("纠1" in one.text for one in cards)
    assert [one.text for one in cards if any(secret in one.text for secret in SECRETS)] == []
    knowing = {one.chat for one in shown if any(secret in one.text for secret in SECRETS)}
    assert knowing == {"网格员甲", "指挥室", "调解员甲"}
    assert any("402" in one.text for one in shown if one.chat == "网格员甲")
    assert not any("402" in one.text for one in shown if one.chat != "网格员甲" and one.chat != "调解员甲")


def test_nothing_of_it_lies_open_in_the_file(stage: Stage, tmp_path: Path) -> None:
    a_life(stage)
    stage.world.db.settle()
    file = sqlite3.connect(tmp_path / "stage.db")
    found = []
    for table in Base.metadata.tables:
        for row in file.execute(f'SELECT * FROM "{table}"').fetchall():  # noqa: S608 - our own tables
            plain = " ".join(str(value) for value in row if not isinstance(value, bytes))
            found += [(table, secret) for secret in SECRETS if secret in plain]
    file.close()
    assert found == []


def test_who_asked_for_help_is_found_by_a_digest_alone(stage: Stage) -> None:
    stage.say("居民甲", "纠纷 张三和李四因为院墙，大侯村")
    with stage.world.db.read() as session:
        teller = people.named(session, "居民甲")
        assert teller is not None
        columns = {one.name for one in Base.metadata.tables["disputes"].columns if one.foreign_keys}
        asks = Base.metadata.tables["callback_asks"].columns
    assert columns == {"area_id", "handler_id", "reminder_id"}
    assert [one.name for one in asks if one.foreign_keys] == ["callback_id"]


def test_the_handler_of_a_note_is_not_counted() -> None:
    notes = {one.name for one in Base.metadata.tables["case_notes"].columns}
    assert notes == {"id", "topic", "kind", "note", "created_at"}


def test_words_as_others_read_them() -> None:
    assert rules.masked(f"{ONE}住院", (rules.Party(ONE), rules.Party(OTHER))) == "甲方住院"
