"""A town whose people talk to the bot over a 公众号: the whole way is real, from the callback to the phone.

The platform posts to our route, the message goes through the inbox, the answer through the outbox and the dispatcher
back to the platform. Only the steady rate is lifted.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from starlette.applications import Starlette

from bot.app import first_admin
from bot.at_work import AtWork
from bot.channels.official_account import OfficialAccount, routes
from bot.channels.official_account.callback import PATH
from handlers.dialogue.world import Station, World
from handlers.membership import importing
from jobs import clock
from jobs.channel import Channel, Limits
from storage import inbox
from storage.database import Database
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.stage import KEYS, ROOT, Hands, words
from tests.support.telegram_api import until
from tests.support.wechat.official_api import OfficialApi, Seen
from tests.support.wechat.official_callbacks import Mode, Poster
from tests.support.wechat.official_people import of


@dataclass
class OfficialTown:
    """People with phones; each call waits until everything that follows from it has happened."""

    world: World
    clock: Hands
    api: OfficialApi
    official: OfficialAccount
    poster: Poster
    work: AtWork
    _marks: dict[str, int] = field(default_factory=dict)

    async def say(self, who: str, text: str) -> list[str]:
        """Somebody writes; what is new on their phone."""
        return await self.then(who, await self.poster.say(openid(who), text))

    async def send(self, who: str, **fields: str) -> list[str]:
        """Somebody sends something of another kind; what is new on their phone."""
        return await self.then(who, await self.poster.send(openid(who), **fields))

    async def press(self, who: str, name: str) -> list[str]:
        """Somebody presses an entry of the menu; what is new on their phone."""
        return await self.then(who, await self.poster.press(openid(who), name))

    async def follow(self, who: str) -> list[str]:
        """Somebody subscribes; what is new on their phone."""
        return await self.then(who, await self.poster.follow(openid(who)))

    async def unfollow(self, who: str) -> list[str]:
        """Somebody subscribes no more; what is new on their phone all the same."""
        return await self.then(who, await self.poster.unfollow(openid(who)))

    async def then(self, who: str, statuses: Sequence[int]) -> list[str]:
        """Everything that follows from what was posted; what is new on this phone."""
        await self.quiet()
        return self.new(who)

    async def later(self, **span: float) -> None:
        """Time goes on."""
        self.clock.move(**span)
        await self.quiet()

    def new(self, who: str) -> list[str]:
        """What came to a phone since this was asked last; a medium is its kind in 【】."""
        return [one.text or f"【{one.kind}】" for one in self.seen(who)]

    def seen(self, who: str) -> list[Seen]:
        """What came to a phone since this was asked last, whole."""
        shown = self.api.phone(openid(who)).shown
        mark = self._marks.get(who, 0)
        self._marks[who] = len(shown)
        return shown[mark:]

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

    async def set_up(self, **roles: str) -> None:
        """Areas, the first admin by the code the process prints, people with these roles by the codes handed out."""
        with self.world.db.write() as session:
            importing.import_areas(session, (ROOT / "samples" / "areas.csv").read_text(encoding="utf-8"))
            people = (ROOT / "samples" / "people.csv").read_text(encoding="utf-8")
            importing.import_people(session, people, self.world.now())
        printed = re.search(r"绑定 (\S+)", "".join(first_admin(self.world)))
        assert printed
        await self.follow("管理员")
        assert "管理员" in "".join(await self.say("管理员", printed.group()))
        for name, role in roles.items():
            handed = "".join(await self.say("管理员", f"发码 {role}"))
            code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", handed)
            assert code, handed
            await self.follow(name)
            assert "绑定好了" in "".join(await self.say(name, f"绑定 {code.group()}"))


def openid(who: str) -> str:
    """A person's id on the account."""
    return f"o{who.encode().hex()}"[:64]


@asynccontextmanager
async def official_town(
    folder: Path, mode: Mode = "aes", others: Sequence[Channel] = (), told: Mapping[str, str] | None = None
) -> AsyncIterator[OfficialTown]:
    """A town with its bot at work, which has `others` beside the 公众号; `told` are further settings of that."""
    hands = Hands()
    world = World(
        WorldKind.REAL,
        Database(f"sqlite:///{folder / 'real.db'}", KEYS, "OFF"),
        words(),
        Station(anchor_at=None, weekly_at=None),
        hands,
    )
    METADATA.create_all(world.db.engine)
    async with OfficialApi(hands) as api:
        official = of(api, mode, told=told)
        official.limits = Limits(in_flight=3, in_order=True)
        work = AtWork(world, [official, *others])
        app = Starlette(routes=routes(official, work.keeper.accept))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            poster = Poster(api, client, f"http://127.0.0.1{PATH}", mode)
            work.start()
            await until(lambda: api.menu)
            try:
                yield OfficialTown(world, hands, api, official, poster, work)
            finally:
                await work.stop()
