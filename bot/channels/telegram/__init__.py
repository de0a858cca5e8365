"""Telegram: reading updates, sending, polling and webhook, errors; `Telegram` is the channel."""

from bot.channels.telegram.channel import Telegram, make, routes
from bot.channels.telegram.webhook import webhook_route

__all__ = ["Telegram", "make", "routes", "webhook_route"]
