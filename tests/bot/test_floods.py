"""A flood of ten thousand messages delays nobody else, and the first lanes not at all."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from bot.receive import Answers, Keeper
from handlers.dialogue.gate import Gate
from handlers.dialogue.message import Incoming
from handlers.dialogue.world import World
from storage import chats
from storage.floods import Flood
from storage.inbox import InboxRow, InboxState
from storage.lanes import Lane
from storage.outbox import OutboxRow
from tests.support.stage import KEYS, Stage

MANY = 10_000


@pytest.fixture
def world(stage: Stage) -> World:
    """The county with the limits of every day."""
    stage.world.gate = Gate()
    return stage.world


@pytest.fixture
def answers(world: World) -> Iterator[Answers]:
    """One thread that answers: what is ahead of a message is ahead of it for good."""
    found = Answers(world, 1)
    yield found
    found.stop()


@pytest.fixture
def keeper(world: World, answers: Answers) -> Iterator[Keeper]:
    """The one thread that keeps."""
    found = Keeper(world, answers)
    yield found
    found.stop()


def said(number: int, who: str, text: str, chat: str | None = None) -> Incoming:
    """A message."""
    return Incoming("play", f"m{number}", "message", chat or who, chat is None, who, who, datetime.now(UTC), text)


def test_a_flood_delays_nobody(world: World, keeper: Keeper, answers: Answers) -> None:
    turns: list[float] = []
    world.took = turns.append
    messages = [said(number, "居民甲", "在吗") for number in range(MANY)]
    messages[MANY // 2] = said(MANY, "居民乙", "求助 3号楼电梯里困了人")

    async def pour() -> None:
        await asyncio.gather(*map(keeper.accept, messages))

    asyncio.run(pour())
    assert answers.settle(60)
    assert len(turns) == 21
    with world.db.read() as session:
        states = dict(session.execute(select(InboxRow.state, func.count()).group_by(InboxRow.state)).all())  # type: ignore[arg-type]
        assert states == {InboxState.DONE: 21, InboxState.FOLDED: MANY - 21}
        (entry,) = session.scalars(select(Flood)).all()
        assert (entry.count, entry.first) == (MANY - 21, [KEYS.digest("inbox.key", f"play|m{n}") for n in (20, 21, 22)])
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.lane, OutboxRow.id)).all()
        flooder = chats.at(session, "play", "居民甲")
        assert flooder is not None
        assert rows[0].lane is Lane.LIFE
        assert sum(row.chat_id == flooder.id for row in rows) == 20
        assert all(row.lane >= Lane.REPLY for row in rows if row.chat_id == flooder.id)


def test_a_flood_in_a_group_folds_only_what_is_meant_for_the_bot(world: World, keeper: Keeper) -> None:
    group = "大侯村居民群"
    talk = [said(number, f"u{number % 90}", "今天天气不错", group) for number in range(300)]
    meant = [said(number, f"u{number % 90}", "/帮助", group) for number in range(1000, 1090)]

    async def pour() -> None:
        await asyncio.gather(*map(keeper.accept, [*talk, *meant]))

    asyncio.run(pour())
    with world.db.read() as session:
        folded = session.scalar(select(func.count()).where(InboxRow.state == InboxState.FOLDED))
        assert session.scalar(select(func.count(InboxRow.id))) == 90
        assert folded == 30
        (entry,) = session.scalars(select(Flood)).all()
        assert (entry.name, entry.count, len(entry.first)) == (f"play|{group}", 30, 3)


def test_what_is_not_kept_does_not_count(
    world: World, keeper: Keeper, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_bytes, full = Incoming.to_bytes, True

    def careful(incoming: Incoming) -> bytes:
        if full and incoming.key != "m0":
            raise OSError("disk full")
        return to_bytes(incoming)

    monkeypatch.setattr(Incoming, "to_bytes", careful)
    messages = [said(number, "居民甲", "今天热闹") for number in range(20)]

    async def pour() -> list[object]:
        return list(await asyncio.gather(*map(keeper.accept, messages), return_exceptions=True))

    for _ in range(5):
        ends = asyncio.run(pour())
        assert [type(end).__name__ for end in ends] == ["NoneType"] + ["OSError"] * 19
    full = False
    assert asyncio.run(pour()) == [None] * 20
    assert answers.settle(30)
    with world.db.read() as session:
        assert session.scalars(select(Flood)).all() == []
        assert session.scalar(select(func.count()).where(InboxRow.state == InboxState.DONE)) == 20
