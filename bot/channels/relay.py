"""The relay (人工转发): ordinary WeChat groups, into which no program may speak and a worker forwards by hand.

There is no wire: what is sent here is handed to the keeper of the group as soon as its row is settled
(`handlers/forwarding`), in the same transaction. What people say they did is all that is ever known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.channels.real import Stands
from bot.finding import Finding
from handlers.dialogue.drill import DrillCall
from handlers.dialogue.message import Outgoing
from jobs.channel import FOREVER, Accept, Call, Capabilities, Impossible, Limits, Medium, Sent
from storage.copies import CopyKind
from storage.sealing import MasterKey

if TYPE_CHECKING:
    from bot.settings import Settings

ACCOUNT = "relay"
BY_HAND = Capabilities(
    hears_all=False, hears_groups=False, photo=True, video=True, text_length=20_000, by_hand=True, remembers=FOREVER
)
"""Nothing leaves before the row is settled, so a call broken off by a crash is made again without a doubt."""

AT_ONCE = Limits()
PRIVATE = ("telegram", "wecom_aibot", "wecom_app", "official_account")
"""Channels over which the keeper of a group can be asked."""


@dataclass(slots=True)
class Relay(Stands):
    """A way to speak through people's hands."""

    account: str = ACCOUNT
    can: Capabilities = BY_HAND
    limits: Limits = AT_ONCE
    listening: str = "nobody"

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """What is handed over is one message."""
        return 1

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Nothing leaves: the keeper is asked where the call is settled. Raises TypeError for a drill's call.

        A playground's keepers are made up, so it may have a relay, too.
        """
        _no_drill(call)
        shown = any(medium.kind == "photo" for medium in media)
        return Sent(((call.key[:64], CopyKind.PHOTO if shown else CopyKind.TEXT),))

    async def edit(self, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        """Nobody edits what was forwarded; raises Impossible, TypeError for a drill's call."""
        _no_drill(call)
        raise Impossible("no edits")

    async def probe(self) -> None:
        """Always there."""

    async def listen(self, accept: Accept) -> None:
        """Nothing is heard."""

    async def close(self) -> None:
        """Nothing to give back."""


def _no_drill(call: Call) -> None:
    if isinstance(call, DrillCall):
        raise TypeError("whoever is asked to forward does it in a real group: a drill has no business there")


def make(settings: "Settings", keys: MasterKey) -> Relay | None:
    """The channel, where the station has opened it."""
    return Relay() if settings.relay.on else None


def examine(settings: "Settings") -> Iterator[Finding]:
    """Whether those who forward can be asked at all, and how a group is named."""
    reached = any(getattr(settings, name).on for name in PRIVATE)
    yield Finding(
        reached,
        "人工转发 relay：网格员私聊机器人发“登记群 群名”，通知就会请他转发；听不到群里的话",
        "还没有能私聊网格员的渠道，请先接通智能机器人、自建应用、公众号或 Telegram（见 docs/wechat.md）",
    )
