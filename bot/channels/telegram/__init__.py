"""Telegram: reading updates, sending, polling and webhook, errors; `Telegram` is the channel."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.webhook import webhook_route
from handlers.dialogue import wording
from jobs.channel import Accept
from storage.sealing import MasterKey
from storage.worlds import WorldKind

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from bot.settings import Settings

__all__ = ["Telegram", "make", "routes", "webhook_route"]
TEXTS = Path(__file__).parents[2] / "texts"


def make(settings: "Settings", keys: MasterKey) -> Telegram | None:
    """The channel, or None without a token."""
    if not settings.telegram.token.get_secret_value():
        return None
    words = wording.load(TEXTS, settings.station.texts)
    return Telegram(settings.telegram, keys, WorldKind.REAL, words=words)


def routes(channel: Telegram, accept: Accept) -> "Sequence[BaseRoute]":
    """The webhook's address, where Telegram calls us."""
    return [webhook_route(channel, accept)] if channel.hears_by_webhook else []
