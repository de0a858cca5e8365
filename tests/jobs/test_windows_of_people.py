"""People who must write first, and calls a channel itself holds back: nothing is lost, nobody is asked twice."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.dialogue.message import Outgoing
from handlers.dialogue.world import Station, World
from jobs.channel import Call, Capabilities, Later, Limits, Medium, Sent, WindowClosed
from jobs.dispatch import Dispatcher
from storage import chats, contents, deliveries, outbox, waiting
from storage.chats import Chat, ChatKind, ChatState
from storage.database import Database
from storage.lanes import Lane
from storage.outbox import CallKind, OutboxRow, OutboxState
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.platform import Platform
from tests.support.stage import KEYS, Hands, words


class Doorbell(Platform):
    """A platform on which the person must write first, and can be asked to."""

    knocked: list[str]

    async def knock(self, chat: str) -> None:
        """Ask them."""
        self.knocked.append(chat)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    db = Database(f"sqlite:///{tmp_path / 'w.db'}", KEYS, "OFF")
    METADATA.create_all(db.engine)
    yield World(WorldKind.REAL, db, words(), Station(), Hands())
    db.close()


def _doorbell(*, knocks: bool = True) -> Doorbell:
    platform = Doorbell(can=Capabilities(knocks=knocks))
    platform.knocked = []
    return platform


def _chat(world: World) -> Chat:
    with world.db.write() as session:
        return chats.add(session, "a", "p1", ChatKind.PRIVATE, world.now())


def _put(world: World, chat: Chat, key: str, delivery: int | None = None) -> int:
    with world.db.write() as session:
        content = contents.keep(session, Outgoing(key).to_bytes(), (), world.now())
        row = outbox.put(
            session,
            chats.get(session, chat.id),
            key,
            world.now(),
            lane=Lane.REPLY,
            content_id=content,
            delivery_id=delivery,
        )
        assert row is not None
        return row


def _drain(world: World, platform: Platform) -> None:
    async def run() -> None:
        dispatcher = Dispatcher(world, platform, "me")
        assert dispatcher.own()
        await dispatcher.drain()

    asyncio.run(run())


def _row(world: World, row_id: int) -> OutboxRow:
    with world.db.read() as session:
        return session.get_one(OutboxRow, row_id)


def _writes(world: World, chat: Chat) -> None:
    with world.db.write() as session:
        chats.set_state(session, chat.id, ChatState.OPEN, world.now())
        waiting.release_held(session, chat.id)


def test_all_that_is_for_them_waits_and_they_are_asked_once(world: World) -> None:
    platform, chat = _doorbell(), _chat(world)
    first, second = _put(world, chat, "first"), _put(world, chat, "second")
    world.clock.move(hours=49)  # type: ignore[attr-defined]
    platform.script = [WindowClosed("window"), WindowClosed("window")]
    _drain(world, platform)
    assert [_row(world, one).state for one in (first, second)] == [OutboxState.HELD, OutboxState.HELD]
    assert _row(world, first).attempts == 0, "no fault of the call"
    assert platform.took == []
    assert platform.knocked == ["p1"]
    third = _put(world, chat, "third")
    _drain(world, platform)
    assert _row(world, third).state is OutboxState.HELD
    assert platform.knocked == ["p1"], "asked once for as long as the door is closed"
    world.clock.move(minutes=5)  # type: ignore[attr-defined]
    _writes(world, chat)
    _drain(world, platform)
    assert sorted(one.text for one in platform.took) == ["first", "second", "third"]
    world.clock.move(hours=49)  # type: ignore[attr-defined]
    _put(world, chat, "fourth")
    platform.script = [WindowClosed("window")]
    _drain(world, platform)
    assert platform.knocked == ["p1", "p1"], "and once more when it has closed again"


def test_who_has_just_written_is_not_asked_at_once_to_write_again(world: World) -> None:
    platform, chat = _doorbell(), _chat(world)
    world.clock.move(minutes=2)  # type: ignore[attr-defined]
    _put(world, chat, "one too many")
    platform.script = [WindowClosed("window")]
    _drain(world, platform)
    assert platform.knocked == []
    _writes(world, chat)
    world.clock.move(hours=2)  # type: ignore[attr-defined]
    _drain(world, platform)
    assert platform.knocked == [], "they came by themselves"
    assert [one.text for one in platform.took] == ["one too many"]
    world.clock.move(minutes=3)  # type: ignore[attr-defined]
    _put(world, chat, "again too many")
    platform.script = [WindowClosed("window")]
    _drain(world, platform)
    assert platform.knocked == ["p1"], "an hour after they last wrote they may be asked"


def test_where_nobody_can_be_asked_it_only_waits(world: World) -> None:
    platform, chat = _doorbell(knocks=False), _chat(world)
    row = _put(world, chat, "first")
    platform.script = [WindowClosed("window")]
    _drain(world, platform)
    assert _row(world, row).state is OutboxState.HELD
    assert platform.knocked == []
    with world.db.read() as session:
        assert session.query(OutboxRow).filter(OutboxRow.kind == CallKind.KNOCK).count() == 0


def test_a_notice_that_comes_to_a_closed_door_did_not_reach_them(world: World) -> None:
    platform, chat = _doorbell(), _chat(world)
    with world.db.write() as session:
        content = contents.keep(session, Outgoing("notice").to_bytes(), (), world.now())
        delivery = deliveries.add(session, "n", "bulletin:1", Lane.BULK, content, [chat.id], world.now()).id
    row = _put(world, chat, "notice", delivery)
    platform.script = [WindowClosed("window")]
    _drain(world, platform)
    settled = _row(world, row)
    assert (settled.state, settled.reason) == (OutboxState.DEAD, "window")
    assert platform.knocked == [], "nobody is rung up for a notice to all"


def test_what_the_channel_holds_back_goes_out_in_its_time(world: World) -> None:
    platform, chat = Platform(), _chat(world)
    row = _put(world, chat, "later")
    platform.script = [Later(timedelta(seconds=40))]
    _drain(world, platform)
    assert _row(world, row).state is OutboxState.QUEUED
    assert _row(world, row).attempts == 0
    world.clock.move(seconds=39)  # type: ignore[attr-defined]
    _drain(world, platform)
    assert platform.took == []
    world.clock.move(seconds=2)  # type: ignore[attr-defined]
    _drain(world, platform)
    assert [one.text for one in platform.took] == ["later"]


class Slow(Platform):
    """A platform whose first answer to a chat takes longest; `most` is how many were on their way to one at a time."""

    most = 0

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Take a message after a while."""
        self.under_way = getattr(self, "under_way", Counter[str]())
        self.under_way[call.chat] += 1
        self.most = max(self.most, self.under_way[call.chat])
        for _ in range(60 if call.outgoing.text == "first p0" else 0):
            await asyncio.sleep(0.001)
        self.under_way[call.chat] -= 1
        return await super().send(call, media, part)


@pytest.mark.parametrize("in_order", [True, False])
def test_in_order_no_message_overtakes_another_of_its_chat(world: World, in_order: bool) -> None:
    platform = Slow(limits=Limits(in_order=in_order, in_flight=6))
    with world.db.write() as session:
        found = [chats.add(session, "a", f"p{n}", ChatKind.PRIVATE, world.now()) for n in range(3)]
    for word in ("first", "second", "third"):
        for chat in found:
            _put(world, chat, f"{word} {chat.platform_id}")
    _drain(world, platform)
    assert len(platform.took) == 9
    if in_order:
        assert platform.most == 1
        for chat in found:
            said = [one.text.split()[0] for one in platform.took if one.chat == chat.platform_id]
            assert said == ["first", "second", "third"]
    else:
        assert platform.most > 1, "else nothing is tried here"
