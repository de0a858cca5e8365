"""What our processes in the benchmarks share: a real world on a database, a channel to the limit server, chats."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import text

from bot.channel_settings import Telegram as Settings
from bot.channels.telegram import Telegram
from bot.worlds import words_of
from handlers.dialogue.message import Outgoing
from handlers.dialogue.world import Station, World
from jobs import clock
from storage import chats, contents, outbox
from storage.chats import Chat, ChatKind
from storage.database import Database
from storage.lanes import Lane
from storage.outbox import OutboxRow
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


def keep(world: World, words: str) -> int:
    """Seal what is to be said; its id."""
    with world.db.write() as session:
        return contents.keep(session, Outgoing(words).to_bytes(), (), world.now())


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


def fill(
    world: World, count: int, shut: int, lane: Lane, *, account: str = "telegram", chat_count: int = 10_000
) -> int:
    """Queue so many messages fast, `shut` of them first and for one chat, whose id is given; one row is copied.

    The others go round `chat_count` chats made for them.
    """
    content = keep(world, "x")
    first, *others = add_chats(world, [-1, *range(-9_000_000, -9_000_000 + min(chat_count, count))], account)
    put(world, [first], content, f"fill {account}", lane)
    columns = [one.name for one in OutboxRow.__table__.columns if one.name not in ("id", "key", "chat_id")]
    names = ", ".join(columns)
    copied = ", ".join(f"o.{name}" for name in columns)
    series = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
    place = "CASE WHEN n.i < :shut THEN :first ELSE :low + n.i % :chats END"
    insert = (
        f"INSERT INTO outbox (key, chat_id, {names}) {series} "  # noqa: S608 - names of our own columns
        f"SELECT :name || n.i, {place}, {copied} FROM n, outbox o WHERE o.chat_id = :first AND o.account = :account "
        "ORDER BY n.i"
    )
    told = {
        "count": count - 1,
        "shut": max(1, shut),
        "first": first,
        "low": min(others),
        "chats": len(others),
        "name": f"{account} ",
        "account": account,
    }
    with world.db.write() as session:
        session.execute(text(insert), told)
    with world.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return first
