"""The AI bot as the settings ask for it, and what `wangge check` tells of it without throwing out the bot at work."""

import asyncio

from starlette.routing import Route

from bot import channels
from bot.channels.wecom_aibot import WecomAibot, WecomAibotCallback, doctor
from bot.settings import load_settings
from jobs.channel import Channel
from tests.support.stage import KEYS
from tests.support.telegram_api import awaits
from tests.support.wechat.aibot_caller import AES_KEY, TOKEN
from tests.support.wechat.aibot_people import at_work, settings

SOCKET = {"WANGGE_WECOM_AIBOT__BOT_ID": "aib1", "WANGGE_WECOM_AIBOT__SECRET": "s3cret-of-the-bot"}
CALLBACK = {
    "WANGGE_WECOM_AIBOT__BOT_ID": "aib1",
    "WANGGE_WECOM_AIBOT__MODE": "callback",
    "WANGGE_WECOM_AIBOT__TOKEN": TOKEN,
    "WANGGE_WECOM_AIBOT__AES_KEY": AES_KEY,
    "WANGGE_WECOM_AIBOT__NAMES": "网格助手,小格",
}


async def nobody(_incoming: object) -> None:
    """Hear nothing."""


def made(env: dict[str, str]) -> Channel:
    """The one channel of these variables."""
    (channel,) = channels.configured(load_settings(env=env), KEYS)
    return channel


def test_an_id_and_a_secret_make_the_bot_of_the_long_connection() -> None:
    channel = made(SOCKET)
    assert isinstance(channel, WecomAibot)
    assert channels.routes(channel, nobody) == []
    assert channel.hears_alone
    assert channel.speaks_where_it_hears
    assert channel.silent is None
    assert "s3cret" not in repr(channel)
    asyncio.run(channel.close())


def test_callbacks_bring_their_address() -> None:
    channel = made(CALLBACK)
    assert isinstance(channel, WecomAibotCallback)
    (route,) = channels.routes(channel, nobody)
    assert isinstance(route, Route)
    assert (route.path, route.methods) == ("/wecom/aibot", {"GET", "HEAD", "POST"})
    assert channel.bot_names == ("网格助手", "小格")
    asyncio.run(channel.close())


@awaits
async def test_a_check_leaves_the_bot_at_work_alone() -> None:
    async with at_work() as work:
        found = await asyncio.to_thread(lambda: list(doctor.look(settings(work.server), "")))
        assert all(one.fine for one in found)
        assert work.bot.listening == "socket"
        assert work.server.subscriptions == 1
        told = "\n".join(one.line for one in found)
        assert all(word in told for word in ("@它", "内部群", "可见范围"))
        nowhere = settings(work.server).model_copy(update={"socket_url": "ws://127.0.0.1:9", "names": ()})
        bad = [one for one in doctor.look(nowhere, "") if not one.fine]
    assert ["socket_url" in one.mend for one in bad] == [True, False]
    assert "names" in bad[1].mend


def test_a_check_of_callbacks_calls_nobody() -> None:
    found = list(channels.examine(load_settings(env=CALLBACK)))
    assert all(one.fine for one in found)
    assert "回调" in found[0].what
