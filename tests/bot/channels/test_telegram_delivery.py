"""From the outbox to Telegram and back into the records: moved and lost groups, refusals, pictures sent once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from bot.channels.telegram import Telegram
from handlers.dialogue.message import Outgoing
from handlers.dialogue.world import World
from jobs.dispatch import Dispatcher
from storage import chats, contents, media, outbox
from storage.chats import ChatKind, ChatState
from storage.lanes import Lane
from storage.media import MediumKind
from storage.outbox import OutboxRow, OutboxState
from storage.tables import METADATA
from tests.support.pictures import photo_bytes
from tests.support.telegram_api import Fault, TelegramApi, awaits
from tests.support.telegram_child import real_world
from tests.support.telegram_people import channel


@dataclass
class Station:
    """A real world with one group, and what drains its outbox."""

    world: World
    tg: Telegram
    dispatcher: Dispatcher
    clock: list[float]
    group: int

    def say(self, words: str, *pictures: int) -> None:
        """Queue a message for the group."""
        now = self.world.now()
        with self.world.db.write() as session:
            content = contents.keep(session, Outgoing(words, media=pictures).to_bytes(), pictures, now)
            outbox.put(session, chats.get(session, self.group), words, now, lane=Lane.REPLY, content_id=content)

    async def drain(self) -> None:
        """Let the limits' minute pass and send what may go."""
        for _ in range(3):
            self.clock[0] += 5
            await self.dispatcher.drain()

    def states(self) -> list[OutboxState]:
        """How the calls stand, oldest first."""
        with self.world.db.read() as session:
            return list(session.scalars(select(OutboxRow.state).order_by(OutboxRow.id)))


@asynccontextmanager
async def station(folder: Path, api: TelegramApi) -> AsyncIterator[Station]:
    """A station speaking to this server."""
    world, tg, clock = real_world(f"sqlite:///{folder / 'real.db'}"), channel(api), [0.0]
    METADATA.create_all(world.db.engine)
    with world.db.write() as session:
        group = chats.add(session, "telegram", "-5", ChatKind.WORKERS, world.now()).id
    dispatcher = Dispatcher(world, tg, "test", steady=lambda: clock[0])
    assert dispatcher.own()
    try:
        yield Station(world, tg, dispatcher, clock, group)
    finally:
        await tg.close()
        world.db.close()


@awaits
async def test_a_group_that_moved_misses_nothing(tmp_path: Path) -> None:
    moved = Fault(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": -1005})
    async with TelegramApi() as api, station(tmp_path, api) as place:
        api.faults["sendMessage"].append(moved)
        place.say("路灯修好了")
        await place.drain()
        assert place.states() == [OutboxState.SENT]
        with place.world.db.read() as session:
            assert chats.get(session, place.group).platform_id == "-1005"
    assert [made["chat_id"] for made in api.made("sendMessage")] == ["-5", "-1005"]


@awaits
async def test_a_group_that_put_the_bot_out_is_left_alone(tmp_path: Path) -> None:
    async with TelegramApi() as api, station(tmp_path, api) as place:
        api.faults["sendMessage"].append(Fault(403, "Forbidden: bot was kicked from the supergroup chat"))
        place.say("路灯修好了")
        await place.drain()
        assert place.states() == [OutboxState.DEAD]
        with place.world.db.read() as session:
            assert chats.get(session, place.group).state is ChatState.GONE


@awaits
async def test_a_picture_travels_once(tmp_path: Path) -> None:
    async with TelegramApi() as api, station(tmp_path, api) as place:
        with place.world.db.write() as session:
            picture = media.want(session, MediumKind.PHOTO, {"account": "telegram"}, place.world.now())
            media.store(session, picture, photo_bytes(), "image/jpeg", "0" * 64)
        for words in ("寻3", "寻3 扩圈"):
            place.say(words, picture)
            await place.drain()
        assert place.states() == [OutboxState.SENT] * 2
    assert len(api.files) == 1
    assert api.made("sendPhoto")[1]["photo"] == "file0"


@awaits
async def test_a_picture_the_platform_no_longer_knows_is_uploaded_again_once(tmp_path: Path) -> None:
    async with TelegramApi() as api, station(tmp_path, api) as place:
        with place.world.db.write() as session:
            picture = media.want(session, MediumKind.PHOTO, {"account": "telegram"}, place.world.now())
            media.store(session, picture, photo_bytes(), "image/jpeg", "0" * 64)
        place.say("寻3", picture)
        await place.drain()
        api.files = {"somebody else's": b""}
        for words in ("寻3 扩圈", "寻3 再扩圈"):
            place.say(words, picture)
            await place.drain()
        assert place.states() == [OutboxState.SENT] * 3
    assert [made.get("photo") for made in api.made("sendPhoto")] == [None, "file0", None, "file1"]
