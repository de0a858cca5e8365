"""Receiving: kept before it is acknowledged, many in one commit, answered in order, a slow chat holding up none."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.cluster import SharedAnswers
from bot.receive import Answers, Keeper
from handlers.dialogue import access, command, gate, turn
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming, Outgoing
from handlers.dialogue.say import Say
from handlers.dialogue.wording import said, text
from handlers.dialogue.world import World
from storage import contents, inbox
from storage.inbox import InboxRow, InboxState, Kept
from storage.outbox import OutboxRow
from tests.support.stage import Stage, words

WORD = "回声"
NOTHING_SAID = words().render(text("form.empty"))


@pytest.fixture(autouse=True)
def echo(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that says the same again, and fails over 坏."""

    def answer(rest: str) -> Say:
        if rest == "坏":
            raise RuntimeError("poison")
        return Say(said(rest))

    monkeypatch.setitem(command.all_commands(), WORD, Command(WORD, answer))
    monkeypatch.setitem(access.MATRIX, WORD, access.Rule(access.EVERYONE))


@pytest.fixture
def answers(stage: Stage) -> Iterator[Answers]:
    """Two threads that answer."""
    found = Answers(stage.world, 2)
    yield found
    found.stop()


@pytest.fixture
def keeper(stage: Stage, answers: Answers) -> Iterator[Keeper]:
    """The one thread that keeps."""
    found = Keeper(stage.world, answers)
    yield found
    found.stop()


def message(number: int, who: str = "居民甲", text: str | None = None, chat: str | None = None) -> Incoming:
    """The platform's message of this number."""
    said_there = text if text is not None else f"{WORD} {number}"
    moment = datetime.now(UTC)
    return Incoming("play", f"m{number}", "message", chat or who, chat is None, who, who, moment, said_there)


def said_in(world: World, who: str) -> list[str]:
    """What was queued for a private talk, in order."""
    with world.db.read() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
        found = [(row.chat_id, contents.payload_of(session, row.content_id or 0)) for row in rows]
        mine = [Outgoing.from_bytes(payload).text for chat, payload in found if payload and _name(session, chat) == who]
    return mine


def _name(session: object, chat_id: int) -> str:
    from storage import chats

    return chats.get(session, chat_id).platform_id  # type: ignore[arg-type]


def count(world: World) -> int:
    """Rows in the inbox."""
    with world.db.read() as session:
        return session.scalar(select(func.count()).select_from(InboxRow)) or 0


async def accept_all(keeper: Keeper, messages: list[Incoming]) -> list[object]:
    """Hand all over at once; how each ended."""
    return list(await asyncio.gather(*map(keeper.accept, messages), return_exceptions=True))


def test_many_are_kept_in_few_commits_and_answered_in_order(stage: Stage, keeper: Keeper, answers: Answers) -> None:
    commits = []
    event.listen(stage.world.db.engine, "commit", lambda _connection: commits.append(threading.current_thread().name))
    names = ["居民甲", "居民乙", "居民丙", "网格员甲"]
    asyncio.run(accept_all(keeper, [message(n, names[n % 4]) for n in range(40)]))
    assert count(stage.world) == 40
    assert answers.settle(30)
    assert commits.count("keep") < 40
    for place, name in enumerate(names):
        assert said_in(stage.world, name) == [str(n) for n in range(place, 40, 4)]


def test_a_repeat_is_kept_once(stage: Stage, keeper: Keeper, answers: Answers) -> None:
    asyncio.run(accept_all(keeper, [message(1), message(1)]))
    asyncio.run(accept_all(keeper, [message(1)]))
    assert answers.settle(30)
    assert said_in(stage.world, "居民甲") == ["1"]


def test_ordinary_talk_leaves_no_trace(stage: Stage, keeper: Keeper) -> None:
    asyncio.run(accept_all(keeper, [message(1, text="今天天气不错", chat="大侯村居民群")]))
    assert count(stage.world) == 0


def test_one_that_cannot_be_kept_fails_alone(
    stage: Stage, keeper: Keeper, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_bytes = Incoming.to_bytes

    def careful(incoming: Incoming) -> bytes:
        if incoming.key == "m2":
            raise ValueError("nothing the database could hold")
        return to_bytes(incoming)

    monkeypatch.setattr(Incoming, "to_bytes", careful)
    ends = asyncio.run(accept_all(keeper, [message(n, f"u{n}") for n in range(5)]))
    assert [type(end).__name__ for end in ends] == ["NoneType", "NoneType", "ValueError", "NoneType", "NoneType"]
    assert answers.settle(30)
    assert count(stage.world) == 4


def test_what_is_not_committed_is_not_acknowledged(stage: Stage, keeper: Keeper, answers: Answers) -> None:
    def full(_connection: object) -> None:
        raise OSError("disk full")

    event.listen(stage.world.db.engine, "commit", full)
    ends = asyncio.run(accept_all(keeper, [message(1), message(2, "居民乙")]))
    assert [type(end) for end in ends] == [OSError, OSError]
    event.remove(stage.world.db.engine, "commit", full)
    assert count(stage.world) == 0
    assert asyncio.run(accept_all(keeper, [message(1)])) == [None]
    assert answers.settle(30)
    assert said_in(stage.world, "居民甲") == ["1"]


def test_a_slow_chat_holds_up_no_other(
    stage: Stage, keeper: Keeper, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, go_on = threading.Event(), threading.Event()
    answer_waiting = turn.answer_waiting

    def slow(world: World, queues: list[str]) -> set[str]:
        if any(queue.endswith("居民甲") for queue in queues):
            assert go_on.wait(30)
            return answer_waiting(world, queues)
        done = answer_waiting(world, queues)
        answered.set()
        return done

    monkeypatch.setattr(turn, "answer_waiting", slow)
    asyncio.run(accept_all(keeper, [message(1), message(2), message(3, "居民乙")]))
    assert answered.wait(30), "another chat waited for the slow one"
    assert said_in(stage.world, "居民甲") == []
    go_on.set()
    assert answers.settle(30)
    assert said_in(stage.world, "居民甲") == ["1", "2"]


def test_poison_is_set_aside_and_the_chat_goes_on(stage: Stage, keeper: Keeper, answers: Answers) -> None:
    asyncio.run(accept_all(keeper, [message(1, text=f"{WORD} 坏"), message(2)]))
    assert answers.settle(30)
    with stage.world.db.read() as session:
        states = list(session.scalars(select(InboxRow.state).order_by(InboxRow.id)))
    assert states == [InboxState.ASIDE, InboxState.DONE]
    assert said_in(stage.world, "居民甲")[-1] == "2"


def keep(stage: Stage, *messages: Incoming) -> None:
    """Put messages into the inbox without answering them."""
    now = stage.world.now()
    heard = stage.world.gate.sift(stage.world, messages, now)
    with stage.world.db.write() as session:
        gate.keep(session, heard, now)


def test_many_chats_are_answered_in_few_commits_and_one_that_fails_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of twelve chats one asks for what fails, one for what is refused: the other ten never notice."""

    def refuse() -> Say:
        raise access.refuse("form.empty")

    monkeypatch.setitem(command.all_commands(), "拒绝", Command("拒绝", refuse))
    monkeypatch.setitem(access.MATRIX, "拒绝", access.Rule(access.EVERYONE))
    names = [f"u{number}" for number in range(12)]
    texts = {"u3": f"{WORD} 坏", "u7": "拒绝"}
    keep(stage, *(message(number, name, texts.get(name)) for number, name in enumerate(names)))
    commits: list[object] = []
    event.listen(stage.world.db.engine, "commit", commits.append)
    waited = turn.answer_waiting(stage.world, [f"play|{name}" for name in names])
    assert len(commits) == 2, "the tries, and all the answers"
    assert waited == {f"play|{name}" for name in names}
    for number, name in enumerate(names):
        expected = {"u3": [], "u7": [NOTHING_SAID]}.get(name, [str(number)])
        assert said_in(stage.world, name)[-1:] == expected
    with stage.world.db.read() as session:
        left = session.execute(select(InboxRow.queue, InboxRow.attempts).where(InboxRow.state == InboxState.NEW)).all()
    assert left == [("play|u3", 1)]


def test_a_message_tried_before_is_answered_by_itself(stage: Stage) -> None:
    """What may have taken the process down takes no other message with it a second time."""
    names = ["u1", "u2", "u3"]
    keep(stage, *(message(number, name) for number, name in enumerate(names)))
    with stage.world.db.write() as session:
        inbox.try_next(session, "play|u2")
    commits: list[object] = []
    event.listen(stage.world.db.engine, "commit", commits.append)
    turn.answer_waiting(stage.world, [f"play|{name}" for name in names])
    assert len(commits) == 4, "the tries of two and their answers, the try of the other and its answer"
    assert [said_in(stage.world, name)[-1] for name in names] == ["0", "1", "2"]


def test_what_was_kept_before_a_restart_is_answered(stage: Stage) -> None:
    turn.receive(stage.world, message(1))
    again = Answers(stage.world, 1)
    again.sweep()
    assert again.settle(30)
    again.stop()
    with stage.world.db.read() as session:
        assert inbox.waiting_queues(session) == []
    assert said_in(stage.world, "居民甲") == ["1"]


def test_a_database_that_fails_is_tried_again(
    stage: Stage, keeper: Keeper, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_waiting, failed = turn.answer_waiting, threading.Event()

    def locked(world: World, queues: list[str]) -> set[str]:
        if not failed.is_set():
            failed.set()
            raise OSError("database is locked")
        return answer_waiting(world, queues)

    monkeypatch.setattr(turn, "answer_waiting", locked)
    asyncio.run(accept_all(keeper, [message(1)]))
    assert answers.settle(30)
    assert failed.is_set()
    answers.sweep()
    assert answers.settle(30)
    assert said_in(stage.world, "居民甲") == ["1"]


def test_in_a_cluster_a_database_that_is_away_ends_no_look_for_what_waits(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a later look finds what was kept and could not be answered while the database was restarted."""
    monkeypatch.setattr("bot.receive.SWEEP", 0.01)
    looks, back = threading.Semaphore(0), threading.Event()
    waiting_queues = inbox.waiting_queues

    def away(session: Session) -> Sequence[str]:
        looks.release()
        if not back.is_set():
            raise OperationalError("restarted", {}, Exception())
        return waiting_queues(session)

    monkeypatch.setattr(inbox, "waiting_queues", away)
    some = SharedAnswers(stage.world, mine=lambda name: name.endswith("居民甲"), elsewhere=lambda name: None)
    try:
        assert looks.acquire(timeout=10)
        both = [message(1, "居民甲"), message(2, "居民乙")]
        with stage.world.db.write() as session:
            kept = [Kept(one.account, one.key, one.queue, one.to_bytes(), None) for one in both]
            inbox.add_all(session, kept, both[0].at)
        back.set()
        for _ in range(3):
            assert looks.acquire(timeout=10), "nobody looks any more"
        assert some.settle(30)
    finally:
        some.stop()
    assert said_in(stage.world, "居民甲") == ["1"]
    assert said_in(stage.world, "居民乙") == []
