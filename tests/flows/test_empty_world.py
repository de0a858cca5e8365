"""A station on its first evening: no areas, no groups, nobody known; every word gets a sentence all the same."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from handlers.dialogue import command, turn
from handlers.dialogue.flood import Most
from handlers.dialogue.gate import Gate
from handlers.dialogue.message import Incoming, Outgoing
from handlers.dialogue.world import World
from handlers.membership import actions
from storage import contents, inbox
from storage.inbox import InboxRow, InboxState
from storage.outbox import OutboxRow
from storage.tables import METADATA
from tests.support.stage import START
from tests.support.telegram_child import real_world

SAID = {
    "隐患": "水头村村口路灯坏了",
    "上报": "水头村村口路灯坏了",
    "求助": "家里进水了",
    "线索": "有个穿黑衣服的人在拉车门",
    "代报": "邻居张大爷家煤气漏了",
    "寻人": "我妈妈不见了，75岁，穿红棉袄",
    "反诈": "冒充客服退款的电话又多了，请大家不要转账",
    "预警": "今晚有暴雨",
    "协查": "案号 2026-118 昨天下午三点 水头村口 黑色羽绒服 骑电动车",
    "提醒": "明天9点 走访7号楼",
}
WHO_WHERE = [("nobody", "private"), ("nobody", "group"), ("first admin", "private")]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = real_world(f"sqlite:///{tmp_path / 'real.db'}")
    METADATA.create_all(made.db.engine)
    made.gate = Gate(Most(10**9, 10**9))
    yield made
    made.db.close()


def say(world: World, words: str, private: bool, at: datetime = START) -> list[str]:
    """Somebody says something; what is queued because of it."""
    chat = "7" if private else "-1"
    key = f"{chat} {words}"
    incoming = Incoming("telegram", key, "message", chat, private, "7", "王", at, f"/{words}", message_id=key)
    with world.db.read() as session:
        before = session.query(OutboxRow).count()
    queue = turn.receive(world, incoming)
    while queue is not None and turn.answer_next(world, queue):
        pass
    with world.db.read() as session:
        rows = session.query(OutboxRow).order_by(OutboxRow.id).offset(before).all()
        payloads = [contents.payload_of(session, row.content_id or 0) for row in rows]
        return [Outgoing.from_bytes(one).text for one in payloads if one]


@pytest.mark.parametrize(("who", "where"), WHO_WHERE)
def test_every_command_is_answered(world: World, who: str, where: str) -> None:
    private = where == "private"
    if who == "first admin":
        with world.db.write() as session:
            code = actions.first_admin_code(session, world.now())
        assert "管理员" in "".join(say(world, f"绑定 {code}", True))
    silent = []
    for one in command.main_commands():
        for words in (one.word, f"{one.word} {SAID.get(one.word, '隐12')}"):
            if not say(world, words, private):
                silent.append(words)
            if private:
                say(world, "取消", True)
    with world.db.read() as session:
        rows = session.query(InboxRow).all()
        assert rows
        assert {row.state for row in rows} == {InboxState.DONE}
        assert {row.attempts for row in rows} == {1}, "no turn failed on the way"
        assert inbox.waiting_queues(session) == []
    assert silent == []


@pytest.mark.parametrize("words", ["隐患 村口路灯坏了", "求助 家里进水了", "线索 有人拉车门", "代报 邻居家煤气漏了"])
def test_a_report_nobody_could_be_told_of_is_refused_kindly(world: World, words: str) -> None:
    *_, said = say(world, words, True)
    assert said == world.words.sentences["common.no_areas"]
    assert "110" in said
    assert "导入" in said
