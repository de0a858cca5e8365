"""A channel for customer groups against the emulator, with one clock for both, and what it heard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.channel_settings import CustomerGroup as Section
from bot.channel_settings import Wecom
from bot.channels.customer_group import CustomerGroup
from handlers.dialogue.message import Incoming, Outgoing, RealCall
from storage.worlds import WorldKind
from tests.support.stage import Hands
from tests.support.wechat.customer_api import CORP, SECRET, CustomerApi, Group

VILLAGE, MARKET, OTHER = "wrVillage", "wrMarket", "wrOther"


class Enough(Exception):
    """The channel has listened long enough."""


@dataclass
class Town:
    """The channel, the platform behind it, and the clock; `heard` is what the channel handed over."""

    made: CustomerGroup
    api: CustomerApi
    hands: Hands
    heard: list[Incoming] = field(default_factory=list)
    rests: list[float] = field(default_factory=list)
    rounds: int = 0

    async def accept(self, incoming: Incoming) -> None:
        """Keep what the channel hands over."""
        self.heard.append(incoming)

    async def rest(self, seconds: float) -> None:
        """The channel rests; time passes at once, and after so many rounds it is enough."""
        self.rests.append(seconds)
        self.hands.move(seconds=seconds)
        self.rounds -= 1
        if self.rounds <= 0:
            raise Enough

    async def listen(self, rounds: int = 1) -> list[Incoming]:
        """Let the channel look so many times; what it handed over meanwhile."""
        before, self.rounds = len(self.heard), rounds
        try:
            async with asyncio.timeout(20):
                await self.made.listen(self.accept)
        except Enough:
            pass
        return self.heard[before:]

    async def ask(self, text: str = "今晚停水", chat: str = VILLAGE) -> str:
        """Send words into a group; the task's id."""
        sent = await self.made.send(call(text, chat), ())
        return sent.parts[0][0]


def call(text: str = "", chat: str = VILLAGE) -> RealCall:
    """A call of the real world."""
    return RealCall(chat, "", Outgoing(text), key="k")


def section(**more: object) -> Section:
    """Settings of the channel."""
    return Section.model_validate({"secret": SECRET, **more})


def corp(url: str) -> Wecom:
    """Settings of the corp."""
    return Wecom.model_validate({"corp_id": CORP, "api_base_url": url})


def village() -> CustomerApi:
    """Three groups of two owners."""
    return CustomerApi(
        {
            VILLAGE: Group("大侯村居民群", "zhangsan"),
            MARKET: Group("集市商户群", "lisi"),
            OTHER: Group("没有群主的群", "wangwu", status=1),
        }
    )


@asynccontextmanager
async def town(
    api: CustomerApi | None = None, *, seconds: float = 5.0, senders: tuple[str, ...] = ()
) -> AsyncIterator[Town]:
    """A channel against the emulator on loopback; `seconds` is its time-out."""
    platform, hands = api or village(), Hands()
    platform.corp.clock = lambda: hands().timestamp()
    async with platform.corp.running() as url:
        found: list[Town] = []

        async def rest(span: float) -> None:
            await found[0].rest(span)

        made = CustomerGroup(
            section(senders=senders),
            corp(url),
            WorldKind.REAL,
            timeout=seconds,
            now=hands,
            steady=platform.corp.clock,
            sleep=rest,
        )
        found.append(Town(made, platform, hands))
        try:
            yield found[0]
        finally:
            await made.close()
