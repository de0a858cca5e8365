"""The informer is unseen: words and name of a tipster stand in no group and in no plain byte of the database."""

import random
import sqlite3
from pathlib import Path

from storage import incidents
from storage.incidents import IncidentKind
from tests.support.stage import Stage

TELLERS = ("居民甲", "居民乙", "居民丙", "居民丁", "商户甲")
GROUPS = {"居民甲": "大侯村居民群", "商户甲": "大侯村居民群", "居民丙": "幸福社区居民群"}
OFFICERS = {"大侯村网格群": "民警甲", "幸福社区网格群": "民警乙", "东岭村网格群": "民警丙"}
TIPS = 200


def test_two_hundred_tips(stage: Stage) -> None:
    rng = random.Random(7)
    groups: list[str] = []
    canaries = []
    for number in range(TIPS):
        who = rng.choice(TELLERS)
        canary = f"暗号{rng.randrange(10**9):09d}甲"
        canaries.append(canary)
        where = GROUPS.get(who) if rng.random() < 0.5 else None
        words = rng.choice(
            ("/线索 {c} 昨晚车棚有人撬锁", "/上报 可疑男子{c} 穿黑色外套", "/线索 {c} 3号楼2单元402 13912345678")
        )
        shown = stage.say(who, words.format(c=canary), where, message_id=f"tip{number}")
        taken = [one for one in shown if one.chat in OFFICERS and any(label == "接单" for label, _ in one.buttons)]
        assert len(taken) == 1, words
        if number % 4 == 0:
            officer = OFFICERS[taken[0].chat]
            pressed = stage.press(officer, taken[0], "接单")
            brief = next(one for one in pressed if one.chat == officer and "您接了" in one.text)
            assert canary in brief.text
            shown += pressed
            shown += stage.say(officer, f"/办结 {brief.buttons[0][1].split()[-1]} 已核实{canary}")
        if number % 5 == 0:
            shown += stage.later(minutes=61)
        groups += [f"{one.text} {one.buttons}" for one in shown if one.chat.endswith("群")]
        others = [one for one in shown if one.chat not in (who, *OFFICERS.values(), "指挥室")]
        assert not any(canary in one.text for one in others)
    everything = "\n".join(groups)
    assert not any(canary in everything for canary in canaries)
    assert not any(who in everything for who in TELLERS)
    assert "线1" not in everything
    _look_into_the_file(stage, canaries)


def _look_into_the_file(stage: Stage, canaries: list[str]) -> None:
    path = Path(stage.world.db.url.removeprefix("sqlite:///"))
    with stage.world.db.read() as session:
        told = [incidents.numbered(session, IncidentKind.TIP, number) for number in range(1, TIPS + 1)]
        assert all(
            one is not None and canary in str(incidents.private_of(session, one))
            for one, canary in zip(told, canaries, strict=True)
        )
    raw = b"".join(file.read_bytes() for file in path.parent.glob("stage.db*"))
    assert not any(canary.encode() in raw or canary[2:11].encode() in raw for canary in canaries)
    plain = sqlite3.connect(path)
    for (table,) in plain.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'chats'").fetchall():
        for row in plain.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - names from the schema itself
            said = " ".join(str(value) for value in row if not isinstance(value, bytes))
            assert not any(who in said for who in TELLERS), table
    plain.close()
