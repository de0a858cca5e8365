"""What our processes in the benchmarks share: a real world on a database, a channel to the limit server, chats."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from bot.channels.telegram import Telegram
from bot.settings import Telegram as Settings
from bot.worlds import words_of
from handlers.dialogue.message import Outgoing
from handlers.dialogue.world import Station, World
from jobs import clock
from storage import chats, contents, outbox
from storage.chats import Chat, ChatKind
from storage.database import Database
from storage.lanes import Lane
from storage.sealing import MasterKey
from storage.tables import METADATA
from storage.worlds import WorldKind

KEYS = MasterKey(bytes(range(32)))


def sqlite(folder: str | Path) -> str:
    """The address of the database in a folder."""
    return f"sqlite:///{folder}/wangge.db"


def open_world(url: str, *, tables: bool = True) -> World:
    """A real world on its database."""
    db = Database(url, KEYS)
    if tables:
        METADATA.create_all(db.engine)
    return World(WorldKind.REAL, db, words_of(None), Station())


def channel(url: str, token: str, account: str = "telegram", timeout: float = 5.0) -> Telegram:
    """The Telegram channel as the bot uses it, towards the limit server."""
    made = Telegram(
        Settings.model_validate({"token": token, "api_base_url": url}), KEYS, WorldKind.REAL, timeout=timeout
    )
    made.account = account
    return made


def add_chats(world: World, platform_ids: Iterable[int], account: str = "telegram") -> list[int]:
    """Make the rows of chats the bot has met; their ids, in order."""
    now = world.now()
    with world.db.write() as session:
        made = [
            Chat(
                account=account,
                platform_id=str(one),
                kind=ChatKind.RESIDENTS if one < 0 else ChatKind.PRIVATE,
                created_at=now,
                changed_at=now,
            )
            for one in platform_ids
        ]
        session.add_all(made)
        session.flush()
        return [one.id for one in made]


def keep(world: World, text: str) -> int:
    """Seal what is to be said; its id."""
    with world.db.write() as session:
        return contents.keep(session, Outgoing(text).to_bytes(), (), world.now())


def put(
    world: World, chat_ids: Iterable[int], content: int, name: str, lane: Lane, *, topic: str | None = None
) -> None:
    """Queue a message to each of these chats, in one transaction."""
    now = world.now()
    with world.db.write() as session:
        for chat_id in chat_ids:
            chat = chats.get(session, chat_id)
            outbox.put(session, chat, f"{name}:{chat_id}", now, lane=lane, content_id=content, topic=topic)


async def tick_for_ever(world: World) -> None:
    """Do what is due once a second, as the bot's process does."""
    while True:
        for _ in range(200):
            if not await asyncio.to_thread(clock.tick, world):
                break
        await asyncio.sleep(1.0)
