"""A self-built WeCom app (自建应用): members write to it privately by callback, and are written to through its API."""

from collections.abc import Iterator

from starlette.routing import Route

from bot.channels.wecom_app import doctor
from bot.channels.wecom_app.channel import WecomApp
from bot.finding import Finding
from bot.settings import Settings
from jobs.channel import Accept
from storage.sealing import MasterKey
from storage.worlds import WorldKind

__all__ = ["WecomApp", "examine", "make", "routes"]


def make(settings: Settings, keys: MasterKey) -> WecomApp | None:
    """The channel the settings ask for; None without the app's secret."""
    if not settings.wecom_app.on:
        return None
    return WecomApp(settings.wecom_app, settings.wecom, keys, WorldKind.REAL)


def routes(channel: WecomApp, accept: Accept) -> list[Route]:
    """The address WeCom calls (接收消息的服务器 URL)."""
    return [channel.route(accept)]


def examine(settings: Settings) -> Iterator[Finding]:
    """The corp, the secret, the trusted address, the app."""
    return doctor.look(settings.wecom_app, settings.wecom)
