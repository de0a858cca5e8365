"""The informer is unseen: words and name of a tipster stand in no group and in no plain column of the database."""

import random
import sqlite3
from pathlib import Path

from bot.channels.console import ACCOUNT, Shown
from handlers.dialogue import turn
from handlers.dialogue.message import Incoming
from storage import incidents
from storage.incidents import IncidentKind
from tests.support.stage import Stage

TELLERS = ("居民甲", "居民乙", "居民丙", "居民丁", "商户甲")
GROUPS = {"居民甲": "大侯村居民群", "商户甲": "大侯村居民群", "居民丙": "幸福社区居民群"}
OFFICERS = {"大侯村网格群": "民警甲", "幸福社区网格群": "民警乙", "东岭村网格群": "民警丙"}
TIPS, AT_ONCE = 80, 20
WORDS = ("/线索 {c} 昨晚车棚有人撬锁", "/上报 可疑男子{c} 穿黑色外套", "/线索 {c} 3号楼2单元402 13912345678")
REACHED_BY = {("chats", "platform_id"), ("inbox", "queue")}
"""Where a chat is reached; no record stands beside it."""


def test_tips_leave_no_trace_in_groups_and_columns(stage: Stage) -> None:
    rng = random.Random(7)
    canaries = [f"暗号{rng.randrange(10**9):09d}甲" for _ in range(TIPS)]
    everything: list[Shown] = []
    for start in range(0, TIPS, AT_ONCE):
        for number, canary in enumerate(canaries[start : start + AT_ONCE], start):
            who = rng.choice(TELLERS)
            _tell(
                stage, who, rng.choice(WORDS).format(c=canary), GROUPS.get(who) if rng.random() < 0.5 else None, number
            )
        shown = stage.play.pump()
        cards = [one for one in shown if one.chat in OFFICERS and any(label == "接单" for label, _ in one.buttons)]
        assert len(cards) == AT_ONCE
        everything += shown
        for card in cards[:4]:
            officer = OFFICERS[card.chat]
            pressed = stage.press(officer, card, "接单")
            brief = next(one for one in pressed if one.chat == officer and "您接了" in one.text)
            found = next(canary for canary in canaries if canary in brief.text)
            code = brief.buttons[0][1].split()[-1]
            everything += pressed + stage.say(officer, f"/办结 {code} 已核实{found}")
        everything += stage.later(minutes=61)
    groups = "\n".join(f"{one.text} {one.buttons}" for one in everything if one.chat.endswith("群"))
    assert groups.count("已收到，谢谢") > TIPS // 10
    assert not any(canary in groups for canary in canaries)
    assert not any(who in groups for who in TELLERS)
    assert "线1" not in groups
    _look_into_the_file(stage, canaries)


def _tell(stage: Stage, who: str, text: str, group: str | None, number: int) -> None:
    """Somebody tells something; what the bot shows waits for the next pump."""
    incoming = Incoming(
        ACCOUNT,
        f"tip{number}",
        "message",
        group or who,
        group is None,
        who,
        who,
        stage.world.now(),
        text=text,
        message_id=f"m{number}",
    )
    queue = turn.receive(stage.world, incoming)
    assert queue is not None
    assert turn.answer_next(stage.world, queue)


def _look_into_the_file(stage: Stage, canaries: list[str]) -> None:
    path = Path(stage.world.db.url.removeprefix("sqlite:///"))
    with stage.world.db.read() as session:
        for number, canary in enumerate(canaries, 1):
            told = incidents.numbered(session, IncidentKind.TIP, number)
            assert told is not None
            assert canary in str(incidents.private_of(session, told))
    raw = b"".join(file.read_bytes() for file in path.parent.glob("stage.db*"))
    assert not any(canary.encode() in raw or canary[2:11].encode() in raw for canary in canaries)
    plain = sqlite3.connect(path)
    plain.row_factory = sqlite3.Row
    for (table,) in plain.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in plain.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - names from the schema itself
            for column in row.keys():
                seen = not isinstance(row[column], bytes) and any(who in str(row[column]) for who in TELLERS)
                assert not seen or (table, column) in REACHED_BY, (table, column)
    plain.close()
