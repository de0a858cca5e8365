"""A 公众号 channel against the platform on loopback, and calls it is to make."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bot.channel_settings import OfficialAccount as Settings
from bot.channels.official_account import OfficialAccount
from bot.channels.tencent.callback import system_now
from handlers.dialogue.message import OutButton, Outgoing, RealCall
from storage.worlds import WorldKind
from tests.support.stage import KEYS
from tests.support.wechat.official_api import APP_ID, SECRET, OfficialApi
from tests.support.wechat.official_callbacks import AES_KEY, TOKEN, Mode

WANG, LI = "oWang-76543210", "oLi_76543211"


def settings(url: str, mode: Mode = "plain", **more: str) -> Settings:
    """Settings of the channel."""
    told = {"app_id": APP_ID, "secret": SECRET, "token": TOKEN, "api_base_url": url}
    return Settings.model_validate({**told, "aes_key": "" if mode == "plain" else AES_KEY, **more})


def channel(
    url: str,
    mode: Mode = "plain",
    *,
    now: Callable[[], datetime] = system_now,
    timeout: float = 2.0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    told: Mapping[str, str] | None = None,
) -> OfficialAccount:
    """The channel, for which time goes on as `now` says; `told` are further settings."""
    known = settings(url, mode, **(told or {}))

    def steady() -> float:
        return now().timestamp()

    return OfficialAccount(known, KEYS, WorldKind.REAL, now=now, steady=steady, timeout=timeout, sleep=sleep)


def of(
    api: OfficialApi, mode: Mode = "plain", *, timeout: float = 2.0, told: Mapping[str, str] | None = None
) -> OfficialAccount:
    """The channel of this platform, which agrees with it about the time."""
    return channel(api.url, mode, now=api.clock, timeout=timeout, told=told)


def call(
    words: str = "", *rows: tuple[OutButton, ...], chat: str = WANG, media: tuple[int, ...] = (), key: str = "k1"
) -> RealCall:
    """A call of the real world."""
    return RealCall(chat, "", Outgoing(words, rows, media), key=key)
