"""Budgets (预算): how many statements a turn may make, so that nobody makes the hot path slow unawares."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from handlers.dialogue import gate, turn
from handlers.dialogue.message import Incoming
from handlers.dialogue.world import World
from tests.support.stage import START, Stage

GROUP = "大侯村居民群"
REPORT, PROGRESS = "隐患 水头村村口路灯坏了", "进度"


def said(who: str, text: str, key: str, chat: str | None = None) -> Incoming:
    """Somebody's message."""
    return Incoming("play", key, "message", chat or who, chat is None, who, who, START, text, message_id=key)


@contextmanager
def counted(world: World) -> Iterator[Counter[str]]:
    """The statements made meanwhile."""
    found: Counter[str] = Counter()

    def note(_connection: object, _cursor: object, sql: str, *_more: object) -> None:
        found[" ".join(sql.split())[:90]] += 1

    event.listen(world.db.engine, "before_cursor_execute", note)
    yield found
    event.remove(world.db.engine, "before_cursor_execute", note)


def answer(stage: Stage, *messages: Incoming) -> None:
    """Keep messages and answer them together."""
    assert turn.concern(stage.world, messages) == [True] * len(messages)
    now = stage.world.now()
    heard = stage.world.gate.sift(stage.world, messages, now)
    with stage.world.db.write() as session:
        gate.keep(session, heard, now)
    turn.answer_waiting(stage.world, dict.fromkeys(one.queue for one in messages))


def test_a_report_in_a_group(stage: Stage) -> None:
    answer(stage, said("居民乙", REPORT, "k0", GROUP))
    with counted(stage.world) as found:
        answer(stage, said("居民甲", REPORT, "k1", GROUP))
    assert sum(found.values()) <= 56, found.most_common()


def test_progress(stage: Stage) -> None:
    answer(stage, said("居民甲", REPORT, "k0"))
    with counted(stage.world) as found:
        answer(stage, said("居民甲", PROGRESS, "k1"))
    assert sum(found.values()) <= 26, found.most_common()


def test_many_chats_share_what_a_transaction_costs(stage: Stage) -> None:
    people = ["居民甲", "居民乙", "居民丙", "居民丁", "居民戊", "商户甲", "义警甲", "保安甲"]
    with counted(stage.world) as found:
        answer(stage, *(said(one, PROGRESS, f"k{one}") for one in people))
    assert found["BEGIN IMMEDIATE"] == 3, "kept, tried, answered"
    assert sum(found.values()) <= 19 * len(people), found.most_common()
