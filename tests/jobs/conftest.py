"""A real world without anybody in it, and hands for putting calls into its outbox and draining it."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import event

from handlers.dialogue.message import Outgoing
from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from handlers.dialogue.world import Station, World
from handlers.publishing import actions
from jobs import publishing
from jobs.dispatch import Dispatcher
from storage import chats, contents, outbox
from storage.chats import Chat, ChatKind
from storage.database import Database
from storage.lanes import Lane
from storage.outbox import OutboxRow
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.platform import Platform
from tests.support.stage import KEYS, Hands, words


@dataclass
class Post:
    """A world with one account, its platform, and a clock for both kinds of time.

    While `broken` is set no transaction begins. Who listens to that is there from the beginning: SQLAlchemy's list of
    listeners must not change while another thread reads it.
    """

    world: World
    clock: Hands
    platform: Platform = field(default_factory=Platform)
    seconds: float = 1000.0
    owners: int = 0
    broken: Exception | None = None

    def __post_init__(self) -> None:
        """Be asked before each transaction."""
        event.listen(self.world.db.engine, "begin", self._begins)

    def _begins(self, _connection: object) -> None:
        if self.broken is not None:
            raise self.broken

    def later(self, seconds: float) -> None:
        """Time goes on."""
        self.clock.move(seconds=seconds)
        self.seconds += seconds

    def chat(self, name: str = "g1", kind: ChatKind = ChatKind.RESIDENTS) -> Chat:
        """A group the bot is in."""
        with self.world.db.write() as session:
            found = chats.at(session, "a", name)
            return found or chats.add(session, "a", name, kind, self.world.now(), title=name)

    def put(self, chat: Chat, words: str, lane: Lane = Lane.REPLY, **more: object) -> int:
        """Queue a call whose key is its words."""
        with self.world.db.write() as session:
            content = contents.keep(session, Outgoing(words).to_bytes(), (), self.world.now())
            row_id = outbox.put(
                session,
                chats.get(session, chat.id),
                str(more.pop("key", words)),
                self.world.now(),
                lane=lane,
                content_id=content,
                **more,  # type: ignore[arg-type]
            )
            assert row_id is not None
            return row_id

    def publish(self, words: str, *targets: Chat, topic: str = "search:1", lane: Lane = Lane.LIFE) -> int:
        """Send a notice to these chats; the delivery."""
        with self.world.db.write() as session:
            return actions.publish(
                session,
                self.world.words,
                topic=topic,
                name=words,
                lane=lane,
                notice=Say(said(words)),
                targets=[chat.id for chat in targets],
                now=self.world.now(),
            )

    def update(self, words: str, topic: str = "search:1") -> None:
        """Give the copies of a record new words."""
        with self.world.db.write() as session:
            actions.update(
                session, self.world.words, topic=topic, lane=Lane.LIFE, notice=Say(said(words)), now=self.world.now()
            )

    def recall(self, topic: str = "search:1", report_to: Chat | None = None) -> int:
        """Take a record back; how many copies there were."""
        with self.world.db.write() as session:
            return actions.take_back(
                session,
                self.world.words,
                topic=topic,
                closing=said("撤回"),
                lane=Lane.RECALL_PERSON,
                now=self.world.now(),
                report_to=report_to.id if report_to is not None else None,
            )

    def row(self, row_id: int) -> OutboxRow:
        """The row as it stands."""
        with self.world.db.read() as session:
            return session.get_one(OutboxRow, row_id)

    def owner(self) -> Dispatcher:
        """A process that takes the account over, its lease given back by the one before."""
        self.owners += 1
        return Dispatcher(self.world, self.platform, f"p{self.owners}", steady=lambda: self.seconds)

    def drain(self, dispatcher: Dispatcher | None = None, *, over: bool = True) -> None:
        """Make what may be made now; with `over` the account is given back afterwards."""
        one = dispatcher or self.owner()

        async def run() -> None:
            assert one.own()
            await one.drain()

        asyncio.run(run())
        if over:
            one.give_back()

    def settle(self, rounds: int = 6, seconds: float = 20.0) -> None:
        """Let jobs and drains go on until all is through."""
        for _ in range(rounds):
            publishing.tick(self.world)
            self.drain()
            publishing.tick(self.world)
            self.later(seconds)


@cache
def _empty() -> Path:
    path = Path(tempfile.mkdtemp(prefix="wangge-post-")) / "empty.db"
    db = Database(f"sqlite:///{path}", KEYS, "OFF")
    METADATA.create_all(db.engine)
    db.close()
    return path


def new_post(path: Path) -> Post:
    """A real world on a new SQLite database at this path; the tables are made once a run."""
    shutil.copy(_empty(), path)
    clock = Hands()
    db = Database(f"sqlite:///{path}", KEYS, "OFF")
    return Post(World(WorldKind.REAL, db, words(), Station(anchor_at=None, weekly_at=None), clock), clock)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    """A real world on SQLite."""
    made = new_post(tmp_path / "post.db")
    yield made
    made.world.db.close()
