"""The WeCom AI bot (智能机器人): hears mentions in a corp's internal groups and private talk, answers and pushes.

`WecomAibot` is the bot over the long connection, `WecomAibotCallback` over HTTP callbacks.
"""

from collections.abc import Iterator

from starlette.routing import Route

from bot.channels.wecom_aibot import doctor
from bot.channels.wecom_aibot.callback import WecomAibotCallback, callback_route
from bot.channels.wecom_aibot.channel import TEXTS, WecomAibot
from bot.finding import Finding
from bot.settings import Settings
from handlers.dialogue import wording
from jobs.channel import Accept
from storage.sealing import MasterKey
from storage.worlds import WorldKind

__all__ = ["WecomAibot", "WecomAibotCallback", "callback_route", "examine", "make", "routes"]


def make(settings: Settings, keys: MasterKey) -> WecomAibot | WecomAibotCallback | None:
    """The channel the settings ask for; None without a bot."""
    mine = settings.wecom_aibot
    if not mine.on:
        return None
    kind = WecomAibot if mine.mode == "socket" else WecomAibotCallback
    words = wording.load(TEXTS, settings.station.texts)
    return kind(mine, keys, WorldKind.REAL, words=words, proxy=settings.wecom.proxy)


def routes(channel: WecomAibot | WecomAibotCallback, accept: Accept) -> list[Route]:
    """The address the platform calls, in callback mode."""
    return [callback_route(channel, accept)] if isinstance(channel, WecomAibotCallback) else []


def examine(settings: Settings) -> Iterator[Finding]:
    """What `wangge check` finds."""
    return doctor.look(settings.wecom_aibot, settings.wecom.proxy)
