"""The WeCom app and its duty groups against a corp on loopback."""

from collections.abc import Callable
from datetime import datetime

from bot.channel_settings import Wecom
from bot.channel_settings import WecomApp as Settings
from bot.channels.wecom_app import WecomApp
from bot.channels.wecom_duty.duty import Duty
from handlers.dialogue.message import Outgoing, RealCall
from storage.worlds import WorldKind
from tests.support.stage import KEYS
from tests.support.wechat.corp_api import AGENT, CORP_ID, SECRET
from tests.support.wechat.corp_callbacks import AES_KEY, TOKEN


def settings() -> Settings:
    """Settings of the app."""
    told = {"agent_id": AGENT, "secret": SECRET, "token": TOKEN, "aes_key": AES_KEY}
    return Settings.model_validate(told)


def wecom(url: str) -> Wecom:
    """Settings of the corp at this address."""
    return Wecom.model_validate({"corp_id": CORP_ID, "api_base_url": url})


def app(url: str, now: Callable[[], datetime], patience: float = 5.0) -> WecomApp:
    """The channel of the app."""
    return WecomApp(settings(), wecom(url), KEYS, WorldKind.REAL, now=now, timeout=patience)


def duty(url: str, steady: Callable[[], float], patience: float = 5.0) -> Duty:
    """The channel of the duty groups."""
    return Duty(settings(), wecom(url), WorldKind.REAL, steady=steady, timeout=patience)


def call(
    text: str, chat: str, *, key: str = "k1", media: tuple[int, ...] = (), mentions: tuple[str, ...] = ()
) -> RealCall:
    """A call of the real world."""
    return RealCall(chat, "", Outgoing(text, media=media, mentions=mentions), key=key)
