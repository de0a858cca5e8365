"""R19: approvals, sends, recalls, exports and unmasked views stand in a hash chain with a daily anchor outside.

RULES_TAMPERS=10000 is the long form of the tamperings.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.commands.audit import line
from storage import areas, audit, people
from storage.areas import Level
from storage.audit import Broken, Head
from storage.audited import ACTIONS, NotForTheChain
from storage.database import Database
from storage.people import Role
from storage.tables import METADATA
from tests.support.stage import KEYS, ROOT, Stage
from tests.support.tampering import tamper

TAMPERS = int(os.environ.get("RULES_TAMPERS", "400"))
ALONE = ROOT / "docs" / "verify_audit.py"
NOW = datetime(2026, 11, 18, 2, 20, 0, 123456, tzinfo=UTC)
LONG, ANCHORED = 40, 30
"""Entries of the chain that is tampered with, and how many of them the anchor covers."""


def fill(session: Session, count: int, seed: int = 19) -> None:
    """Put so many different entries into a chain."""
    dice = random.Random(seed)
    for _ in range(count):
        at = NOW + timedelta(seconds=dice.randrange(10**6), microseconds=dice.randrange(10**6))
        content = hashlib.sha256(dice.randbytes(8)).hexdigest()
        who, topic = dice.choice((None, 3, 4)), f"bulletin:{dice.randint(1, 9)}"
        match dice.randrange(4):
            case 0:
                audit.write(session, "approve", at, actor_id=who, topic=topic, content=content, chief=who == 3)
            case 1:
                audit.write(session, "send", at, topic=topic, delivery=dice.randint(1, 99), groups=4, content=None)
            case 2:
                audit.write(session, "bind", at, actor_id=who, topic="chat:4", kind="desk", area=2, before="unbound")
            case _:
                audit.write(session, "join", at, actor_id=who, role=Role.OFFICER.value, area=1, made_by=None)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Head]]:
    """A database with a chain, and the anchor people kept of it."""
    db = Database(f"sqlite:///{tmp_path_factory.mktemp('chain')}/w.db", KEYS, "OFF")
    METADATA.create_all(db.engine)
    with db.write() as session:
        fill(session, ANCHORED)
        kept = audit.anchor(session, "2026-11-18", NOW)
        assert kept is not None
        fill(session, LONG - ANCHORED, 20)
    yield db, kept
    db.close()


def export(session: Session, file: Path) -> Path:
    """The chain as `wangge audit export` writes it."""
    head = audit.head(session)
    end = json.dumps({"end": {"count": head.count, "hash": head.hash}})
    file.write_text("\n".join([*(line(one) for one in audit.entries(session)), end]) + "\n", encoding="utf-8")
    return file


def alone(file: Path, *anchors: Head) -> tuple[int, str]:
    """What the stand-alone verifier says of a file, run as a program without anything of ours in reach."""
    done = subprocess.run(
        [sys.executable, "-I", str(ALONE), str(file), *map(str, anchors)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_every_tampering_before_the_last_anchor_is_found(chain: tuple[Database, Head], tmp_path: Path) -> None:
    db, kept = chain
    dice, found, agreed, sampled = random.Random(1019), 0, 0, 0
    for number in range(TAMPERS):
        with db.engine.connect() as connection, Session(connection) as session:
            told = tamper(connection, dice, ANCHORED, clever=number % 2 == 1)
            broken = audit.verify(session, [kept])
            assert broken is not None, told
            found += 1
            if number % max(TAMPERS // 20, 1) == 0:
                sampled += 1
                code, said = alone(export(session, tmp_path / "chain.jsonl"), kept)
                agreed += code == 1 and "BROKEN" in said
            session.rollback()
            connection.rollback()
    assert (found, agreed) == (TAMPERS, sampled)
    assert sampled >= 20
    with db.read() as session:
        assert audit.verify(session, [kept]) is None


@pytest.mark.parametrize("kind", ["lost", "slipped in", "swapped", "previous", "hash", "id", "at", "detail", "action"])
def test_what_is_not_put_together_anew_is_found_even_after_the_anchor(chain: tuple[Database, Head], kind: str) -> None:
    db, kept = chain
    for seed in range(5):
        with db.engine.connect() as connection, Session(connection) as session:
            told = tamper(connection, random.Random(seed), LONG, clever=False, kind=kind)
            assert audit.verify(session, [kept]) is not None, told
            connection.rollback()


def test_the_limit_what_came_after_the_last_anchor_can_be_put_together_anew(lite: Database, tmp_path: Path) -> None:
    """Said in the documents: only an anchor outside proves anything, and only up to itself."""
    with lite.write() as session:
        fill(session, ANCHORED)
        kept = audit.head(session)
        fill(session, LONG - ANCHORED, 20)
        later = audit.head(session)
    with lite.engine.begin() as connection:
        rows = tamper(connection, Last(), LONG, clever=True, kind="topic")
    assert rows.startswith(f"topic at {LONG}")
    with lite.read() as session:
        assert audit.verify(session, [kept]) is None
        assert alone(export(session, tmp_path / "chain.jsonl"), kept)[0] == 0
        assert audit.verify(session, [later]) == Broken(LONG, "anchor")


class Last(random.Random):
    """Dice that choose the last place."""

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        return (start if stop is None else stop) - 1


def test_the_first_broken_entry_is_named(chain: tuple[Database, Head]) -> None:
    db, kept = chain
    for change, expected in (
        ("UPDATE audit SET actor_id = 99 WHERE id = 7", Broken(7, "changed")),
        ("DELETE FROM audit WHERE id = 9", Broken(9, "lost")),
        ("UPDATE audit SET previous = hash WHERE id = 11", Broken(11, "unbound")),
        ("DELETE FROM audit WHERE id = 40", Broken(LONG - 1, "end")),
        ("DELETE FROM audit WHERE id >= 30", Broken(ANCHORED, "cut")),
        ("UPDATE audit_head SET count = 3", Broken(LONG, "end")),
        ("DELETE FROM audit_head", Broken(LONG, "end")),
        ("DELETE FROM audit", Broken(1, "cut")),
        ("UPDATE audit_anchors SET hash = 'ffffffff'", Broken(ANCHORED, "anchor")),
    ):
        with db.engine.connect() as connection, Session(connection) as session:
            connection.exec_driver_sql(change)
            assert audit.verify(session, [kept]) == expected, change
            connection.rollback()


PARTS = 7


def test_by_parts_the_newest_is_checked_at_once_and_all_of_it_in_a_round(chain: tuple[Database, Head]) -> None:
    db, _kept = chain
    turns = range(100, 100 + -(-LONG // PARTS))
    with db.read() as session:
        assert [audit.verify_part(session, turn, PARTS) for turn in turns] == [None] * len(turns)
        assert audit.verify_part(session, 0, LONG) is None
    for number in range(1, LONG + 1):
        with db.engine.connect() as connection, Session(connection) as session:
            session.execute(update(audit.AuditEntry).where(audit.AuditEntry.id == number).values(actor_id=99))
            found = [audit.verify_part(session, turn, PARTS) for turn in turns]
            assert Broken(number, "changed") in found
            if number > LONG - PARTS:
                assert found == [Broken(number, "changed")] * len(turns)
            connection.rollback()
    for change in (
        "DELETE FROM audit WHERE id >= 30",
        "UPDATE audit_head SET count = 20",
        "UPDATE audit_head SET hash = 'f'",
        "UPDATE audit SET hash = 'f' WHERE id = 40",
    ):
        with db.engine.connect() as connection, Session(connection) as session:
            connection.exec_driver_sql(change)
            assert audit.verify_part(session, 0, PARTS) is not None, change
            connection.rollback()


def test_by_parts_the_last_anchor_is_compared(lite: Database) -> None:
    with lite.write() as session:
        fill(session, LONG)
        audit.anchor(session, "2026-11-18", NOW)
    with lite.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_anchors SET hash = 'ffffffff'")
    with lite.read() as session:
        assert audit.verify_part(session, 0, PARTS) == Broken(LONG, "anchor")


def test_an_anchor_may_be_shortened_to_eight_characters_and_no_further(chain: tuple[Database, Head]) -> None:
    db, kept = chain
    with db.read() as session:
        assert audit.verify(session, [Head(kept.count, kept.short)]) is None
        assert audit.verify(session, [Head(kept.count, kept.hash[:7])]) == Broken(ANCHORED, "anchor")
        assert audit.verify(session, [Head(kept.count, "00000000")]) == Broken(ANCHORED, "anchor")
        assert audit.verify(session, [Head(0, audit.START)]) is None
        assert audit.verify(session, [Head(0, "12345678")]) == Broken(0, "anchor")


def test_the_stand_alone_verifier_reads_both_forms(chain: tuple[Database, Head], tmp_path: Path) -> None:
    db, kept = chain
    db.settle()
    good = Path(db.url.removeprefix("sqlite:///"))
    assert alone(good, kept)[0] == 0
    with db.read() as session:
        text = export(session, tmp_path / "chain.jsonl").read_text(encoding="utf-8")
        wanted = audit.head(session).hash
    assert wanted in alone(tmp_path / "chain.jsonl", kept, Head(kept.count, kept.short))[1]
    for change in (
        "UPDATE audit SET at = '2026-11-18 02:20:00.000000' WHERE id = 3",
        "UPDATE audit SET detail = '{}' WHERE id = 4",
        "UPDATE audit SET id = 400 WHERE id = 4",
        "DELETE FROM audit WHERE id = 40",
        "UPDATE audit_head SET hash = previous FROM (SELECT previous FROM audit WHERE id = 40)",
    ):
        copy = Database(f"sqlite:///{tmp_path}/bad.db", KEYS, "OFF")
        (tmp_path / "bad.db").write_bytes(good.read_bytes())
        with copy.engine.begin() as connection:
            connection.exec_driver_sql(change)
        copy.settle()
        copy.close()
        code, said = alone(tmp_path / "bad.db", kept)
        assert (code, "BROKEN" in said) == (1, True), change
    lines = text.splitlines()
    for bad in (lines[:5] + lines[6:], [lines[1], lines[0], *lines[2:]], [*lines[:-2], lines[-1]]):
        (tmp_path / "bad.jsonl").write_text("\n".join(bad), encoding="utf-8")
        assert alone(tmp_path / "bad.jsonl", kept)[0] == 1
    assert alone(tmp_path / "none.db")[0] == 2
    assert alone(tmp_path / "chain.jsonl", Head(1, "short"))[0] == 2


def test_the_stand_alone_verifier_is_short_and_stands_alone() -> None:
    text = ALONE.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    imported = {one.split()[1].split(".")[0] for one in text.splitlines() if one.startswith(("import ", "from "))}
    assert imported <= set(sys.stdlib_module_names)


VECTORS = (
    (
        (1, NOW, 3, "approve", "bulletin:1", {"chief": True, "content": None}),
        '{"action":"approve","actor":3,"at":"2026-11-18T02:20:00.123456+00:00","detail":{"chief":true,"content":null},'
        '"n":1,"topic":"bulletin:1"}',
    ),
    (
        (2, datetime(2026, 11, 18, 10, 20, tzinfo=timezone(timedelta(hours=8))), None, "join", None, {"role": "所长"}),
        '{"action":"join","actor":null,"at":"2026-11-18T02:20:00.000000+00:00","detail":{"role":"所长"},"n":2,'
        '"topic":null}',
    ),
    ((3, NOW, 0, 'é🧓\u2028"\\/', "", {"b": 0, "a": -0.5, "ａ": [1.0, 1]}), None),
)


def test_the_canonical_form_is_pinned() -> None:
    """A chain that was written must verify for ever: these bytes never change."""
    for given, wanted in VECTORS[:2]:
        assert audit.canonical(*given).decode() == wanted
    odd = (
        '{"action":"é🧓\u2028\\"\\\\/","actor":0,"at":"2026-11-18T02:20:00.123456+00:00",'
        '"detail":{"a":-0.5,"b":0,"ａ":[1.0,1]},"n":3,"topic":""}'
    )
    assert audit.canonical(*VECTORS[2][0]).decode() == odd
    hashes = [hashlib.sha256(b"0" * 64 + audit.canonical(*given)).hexdigest()[:16] for given, _ in VECTORS]
    assert hashes == PINNED


PINNED = ["c0ade4cf3def695f", "3207ab78d155ede0", "3b31bd05e646b106"]


def test_two_writers_at_once_keep_the_chain_whole(both_stages: Stage) -> None:
    db, each = both_stages.world.db, 25

    def write(who: int) -> None:
        for number in range(each):
            with db.write() as session:
                audit.write(session, "report", NOW, actor_id=who, topic=f"bulletin:{number}", groups=number)

    with db.read() as session:
        before = audit.head(session).count
    writers = [threading.Thread(target=write, args=(who,)) for who in (1, 2, 3)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    with db.read() as session:
        assert audit.verify(session) is None
        assert audit.head(session).count == before + 3 * each
        assert list(session.scalars(select(audit.AuditEntry.id).order_by(audit.AuditEntry.id))) == list(
            range(1, before + 3 * each + 1)
        )


def test_a_transaction_that_fails_leaves_no_gap(lite: Database) -> None:
    def half() -> None:
        with lite.write() as session:
            audit.write(session, "leave", NOW, actor_id=1)
            raise RuntimeError("no")

    with lite.write() as session:
        audit.write(session, "leave", NOW, actor_id=1)
    with pytest.raises(RuntimeError, match="no"):
        half()
    with lite.write() as session:
        audit.write(session, "leave", NOW, actor_id=2)
    with lite.read() as session:
        assert audit.verify(session) is None
        assert audit.head(session).count == 2


def test_what_the_chain_does_not_know_is_refused(lite: Database) -> None:
    """No free text, no name, no number in words: only what `storage/audited.py` lists, of the kind it lists."""
    refused: list[tuple[str, str | None, dict[str, object]]] = [
        ("gossip", None, {}),
        ("leave", None, {"name": "王建国"}),
        ("leave", "search", {}),
        ("leave", "search:王建国", {}),
        ("approve", "bulletin:1", {"content": "冒充客服退款"}),
        ("approve", "bulletin:1", {"chief": "是"}),
        ("join", None, {"role": "王建国"}),
        ("bind", "chat:1", {"kind": "大侯村居民群"}),
        ("report", "bulletin:1", {"groups": 1.5}),
        ("report", "bulletin:1", {"groups": True}),
        ("report", "bulletin:1", {"groups": "13812345678"}),
        ("incident", "incident:1", {"code": "3号楼402"}),
        ("account", None, {"account": "王建国"}),
        ("recall", "bulletin:1", {"was": "because"}),
    ]
    for action, topic, detail in refused:
        with pytest.raises(NotForTheChain) as caught, lite.write() as session:
            audit.write(session, action, NOW, topic=topic, **detail)
        assert "王建国" not in str(caught.value)
        assert "冒充" not in str(caught.value)
    with lite.read() as session:
        assert audit.head(session) == Head(0, audit.START)


def test_every_action_fits_its_columns() -> None:
    assert max(map(len, ACTIONS)) <= audit.AuditEntry.__table__.c.action.type.length  # type: ignore[attr-defined]
    for action, details in ACTIONS.items():
        free = [key for key, kind in details.items() if kind("王建国") or kind("3号楼 402") or kind("13812345678")]
        assert free == [], action


def test_erasing_a_person_leaves_the_chain_whole(both_stages: Stage) -> None:
    db, now = both_stages.world.db, both_stages.world.now()
    with db.write() as session:
        person = people.named(session, "民警甲")
        assert person is not None
        audit.write(session, "approve", now, actor_id=person.id, topic="bulletin:1", content="ab" * 32, chief=False)
        kept = audit.head(session)
        people.forget(session, person)
        audit.write(session, "leave", now, actor_id=person.id)
    with db.read() as session:
        assert people.named(session, "民警甲") is None
        assert audit.verify(session, [kept]) is None


def test_a_stage_is_an_area_and_no_name_stands_in_the_chain(both_stages: Stage) -> None:
    """Nothing a person is called, no area's or group's name stands anywhere in the rows of the chain."""
    both_stages.say("管理员", "发码 网格员 大侯村 1")
    both_stages.say("居民甲", "/上报 3号楼地下室进水了，电话 13812345678", "大侯村居民群")
    both_stages.say("网格员甲", "接单 报1")
    with both_stages.world.db.read() as session:
        rows = [one._asdict() for one in audit.entries(session)]
        named = {one.name for one in areas.all_of(session) if one.level is not Level.COUNTY}
    assert {"codes", "incident", "incident.brief"} <= {row["action"] for row in rows}
    written = json.dumps(rows, ensure_ascii=False, default=str)
    assert [one for one in (*named, "居民甲", "网格员甲", "13812345678", "地下室", "居民群") if one in written] == []
