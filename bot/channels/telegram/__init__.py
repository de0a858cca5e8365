"""Telegram: reading updates, sending, polling and webhook, errors; `Telegram` is the channel."""

from collections.abc import Iterator
from pathlib import Path

from starlette.routing import Route

from bot.channels.telegram import menu
from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.webhook import webhook_route
from bot.finding import Finding
from bot.settings import Settings
from handlers.dialogue import wording
from jobs.channel import Accept
from storage.sealing import MasterKey
from storage.worlds import WorldKind

__all__ = ["Telegram", "make", "routes", "webhook_route"]

TEXTS = Path(__file__).parents[2] / "texts"


def make(settings: Settings, keys: MasterKey) -> Telegram | None:
    """The channel the settings ask for; None without a token."""
    if not settings.telegram.on:
        return None
    words = wording.load(TEXTS, settings.station.texts)
    return Telegram(settings.telegram, keys, WorldKind.REAL, words=words, menus=menu.menus(words))


def examine(settings: Settings) -> Iterator[Finding]:
    """What `wangge check` finds."""
    from bot.channels.telegram import doctor

    return doctor.look(settings.telegram)


def routes(channel: Telegram, accept: Accept) -> list[Route]:
    """The address Telegram calls, in webhook mode."""
    return [webhook_route(channel, accept)] if channel.mode == "webhook" else []
