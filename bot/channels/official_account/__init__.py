"""The official account (公众号): reading, sending, callback, menu, errors; `OfficialAccount` is the channel."""

from collections.abc import Iterator
from pathlib import Path

from starlette.routing import Route

from bot.channels.official_account.callback import callback_route
from bot.channels.official_account.channel import OfficialAccount
from bot.finding import Finding
from bot.settings import Settings
from handlers.dialogue import wording
from jobs.channel import Accept
from storage.sealing import MasterKey
from storage.worlds import WorldKind

__all__ = ["OfficialAccount", "examine", "make", "routes"]

TEXTS = Path(__file__).parents[2] / "texts"


def make(settings: Settings, keys: MasterKey) -> OfficialAccount | None:
    """The channel the settings ask for; None without an app id."""
    if not settings.official_account.on:
        return None
    words = wording.load(TEXTS, settings.station.texts)
    return OfficialAccount(settings.official_account, keys, WorldKind.REAL, words=words)


def examine(settings: Settings) -> Iterator[Finding]:
    """What `wangge check` finds."""
    from bot.channels.official_account import doctor

    return doctor.look(settings.official_account)


def routes(channel: OfficialAccount, accept: Accept) -> list[Route]:
    """The address the platform calls."""
    return [callback_route(channel, accept)]
