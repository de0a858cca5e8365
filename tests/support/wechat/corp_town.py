"""A station whose people talk to it through a WeCom app: the whole way is real, only Tencent is not.

The channel's route, the keeper's and the answering threads, the dispatcher, the clock's ticks. Limits are lifted, so
that nobody waits a minute for the thirty-first message.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.applications import Starlette

from bot.at_work import AtWork
from bot.channels import wecom_app
from handlers.dialogue.world import Station, World
from handlers.membership import importing
from jobs import clock
from jobs.channel import Limits
from storage import inbox
from storage.database import Database
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.stage import KEYS, ROOT, Hands, words
from tests.support.wechat.corp_api import Corp
from tests.support.wechat.corp_callbacks import Member
from tests.support.wechat.corp_world import app, duty


@dataclass
class CorpTown:
    """Members who talk to the bot; each call waits until everything that follows from it has happened."""

    world: World
    clock: Hands
    corp: Corp
    work: AtWork
    member: Member

    async def says(self, who: str, text: str) -> list[str]:
        """A member writes; what they read because of it."""
        before = self.count(who)
        await self.member.says(who, text)
        await self.quiet()
        return self.corp.texts(who)[before:]

    def count(self, chat: str) -> int:
        """How many words stand in a member's private talk or in a group."""
        return len(self.corp.texts(chat))

    async def quiet(self) -> None:
        """Wait until everything that is due has happened."""
        while True:
            await self.work.settle()
            with self.world.db.read() as session:
                waiting = inbox.waiting_queues(session)
            busy = await asyncio.to_thread(clock.tick, self.world)
            if not waiting and not busy and not await asyncio.to_thread(self.work._due):
                return
            for name in waiting:
                self.work.answers.wake(name)


@asynccontextmanager
async def corp_town(folder: Path, *people: str) -> AsyncIterator[CorpTown]:
    """A station with the sample county's areas, and these members in the app's range."""
    hands = Hands()
    world = World(
        WorldKind.REAL,
        Database(f"sqlite:///{folder}/real.db", KEYS, "OFF"),
        words(),
        Station(anchor_at=None, weekly_at=None),
        hands,
    )
    METADATA.create_all(world.db.engine)
    with world.db.write() as session:
        importing.import_areas(session, (ROOT / "samples" / "areas.csv").read_text(encoding="utf-8"))
    corp = Corp(visible=set(people), clock=lambda: hands().timestamp())
    async with corp.running() as url:
        channel, groups = app(url, hands), duty(url, lambda: hands().timestamp())
        channel.limits = groups.limits = Limits(in_flight=3, in_order=True)
        work = AtWork(world, [channel, groups])
        site = Starlette(routes=wecom_app.routes(channel, work.keeper.accept))
        work.start()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://bot") as client:
            member = Member(client, "http://bot/wecom/app", hands)
            member.pause = lambda span: hands.move(seconds=span.total_seconds())
            try:
                yield CorpTown(world, hands, corp, work, member)
            finally:
                await work.stop()
