"""A world at work in a cluster (集群): this process drains, answers and fetches its share, and hears where it may."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.at_work import AtWork, always, is_tied, new_owner
from bot.cannot import CannotDo, unreachable, where
from bot.metrics import WorldMetrics
from bot.receive import Answers
from bot.settings import Settings
from handlers.dialogue.world import World
from jobs.channel import Channel
from jobs.cluster import Cluster, make_tables, share_of
from jobs.ownership import Ownership
from storage.database import Database

LOG = logging.getLogger("wangge.cluster")
CLOCK_OFF = 1.0
"""Seconds this machine's clock may differ from the database's: leases are given by clocks."""


class SharedAnswers(Answers):
    """Answers the chats of this process's shares; of others it only tells that they wait."""

    def __init__(self, world: World, mine: Callable[[str], bool], elsewhere: Callable[[str], None]) -> None:
        self._mine, self._elsewhere = mine, elsewhere
        super().__init__(world)

    def wake(self, name: str) -> None:
        """Answer a chat here or have it answered where it belongs."""
        if self._mine(name):
            super().wake(name)
        else:
            self._elsewhere(name)

    def wake_mine(self, name: str) -> None:
        """Somebody else kept a message; answer it if its chat is ours."""
        if self._mine(name):
            super().wake(name)


class ClusterWork(AtWork):
    """One world with its channels, among other processes of the same world; only one that `hears` serves a platform."""

    def __init__(
        self, world: World, channels: Sequence[Channel], *, hears: bool, metrics: WorldMetrics | None = None
    ) -> None:
        ownership = Ownership(world, new_owner())
        answers = SharedAnswers(
            world,
            mine=lambda name: bool(ownership.epoch(share_of(name))),
            elsewhere=lambda name: self.cluster.bell.ring(f"chat {name}"),
        )
        super().__init__(world, channels, metrics=metrics, ownership=ownership, answers=answers)
        self._hears = hears
        self.cluster = Cluster(
            world,
            {one.channel.account: one for one in self._dispatchers if not is_tied(one.channel)},
            ownership,
            channels=self.channels,
            chat_waits=answers.wake_mine,
            shares_grew=answers.sweep,
        )

    def _drain(self) -> list[asyncio.Task[None]]:
        """Take part in the cluster."""
        parts = {"cluster": self.cluster.run, "bell": self.cluster.bell.run, "runner": self.cluster.runner.run}
        return [asyncio.create_task(always(name, run)) for name, run in parts.items()]

    async def _hear(self, channel: Channel) -> None:
        """Hear where this process serves the platform; elsewhere only learn what the bot is called."""
        if self._hears:
            await super()._hear(channel)
        else:
            await self._introduce(channel)

    async def fetch(self) -> None:
        """Have the media that are wanted fetched, here or elsewhere."""
        try:
            await self.cluster.fetch()
        except Exception as error:
            LOG.error("media not fetched: %s", type(error).__name__)


def fits(settings: Settings) -> None:
    """Refuse a cluster that can't be: raises CannotDo with the mend."""
    if not settings.database.url.startswith("postgresql"):
        raise CannotDo(
            "[cluster] 要用 PostgreSQL，请先用 wangge db move 把数据搬过去，再改 [database] 的 url；"
            "只用一台机器时请写 enabled = false。"
        )
    if any(find_spec(name) is None for name in ("psycopg", "psycopg_pool", "procrastinate")):
        raise CannotDo('缺少 [cluster] 要用的程序包，请在程序的文件夹里运行 .venv/bin/pip install -e ".[cluster]"。')


def get_ready(db: Database) -> None:
    """Make the runner's tables and look at the clock; raises CannotDo."""
    same_clock(db)
    try:
        make_tables(db)
    except SQLAlchemyError as error:
        raise CannotDo(unreachable(where(db.url), error)) from None


def same_clock(db: Database) -> None:
    """Refuse a machine whose clock is not the database's; raises CannotDo.

    How long the question was on its way counts for nothing: the database answered at some moment in between.
    """
    try:
        with db.read() as session:
            asked = datetime.now(UTC)
            theirs: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
            heard = datetime.now(UTC)
    except SQLAlchemyError as error:
        raise CannotDo(unreachable(where(db.url), error)) from None
    off = (min(max(theirs, asked), heard) - theirs).total_seconds()
    if abs(off) > CLOCK_OFF:
        raise CannotDo(
            f"本机的时钟和数据库所在的机器差 {off:+.1f} 秒，几台机器不能一起工作，"
            "请先校准，例如 timedatectl set-ntp true。"
        )
