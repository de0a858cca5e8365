"""Channels are found by their files, and one not configured is not even loaded."""

import asyncio
import subprocess
import sys
from pathlib import Path

from starlette.routing import Route

from bot import channels
from bot.settings import load_settings
from jobs.channel import Channel
from storage.sealing import MasterKey

KEYS = MasterKey(bytes(32))
ROOT = Path(__file__).parents[3]


async def nobody(_incoming: object) -> None:
    """Hear nothing."""


def made(env: dict[str, str]) -> list[Channel]:
    """The channels of these variables."""
    return channels.configured(load_settings(env=env), KEYS)


def test_without_settings_no_channel_is_made_or_loaded() -> None:
    program = (
        "import sys; from bot import channels; from bot.settings import Settings;"
        "from storage.sealing import MasterKey;"
        "print(channels.configured(Settings(), MasterKey(bytes(32))), 'telegram' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "False"]


def test_a_token_makes_telegram() -> None:
    (channel,) = made({"WANGGE_TELEGRAM__TOKEN": "1:a"})
    assert channel.account == "telegram"
    assert channels.routes(channel, nobody) == []
    asyncio.run(channel.close())
    assert made({"WANGGE_TELEGRAM__PROXY": "http://h:1"}) == []


def test_a_webhook_brings_its_address() -> None:
    env = {
        "WANGGE_TELEGRAM__TOKEN": "1:a",
        "WANGGE_TELEGRAM__MODE": "webhook",
        "WANGGE_TELEGRAM__WEBHOOK_URL": "https://bot.example/t",
        "WANGGE_TELEGRAM__WEBHOOK_SECRET": "s3",
    }
    (channel,) = made(env)
    (route,) = channels.routes(channel, nobody)
    assert isinstance(route, Route)
    assert route.path == "/t"
    asyncio.run(channel.close())


def test_every_channel_of_wechat_says_that_it_listens() -> None:
    """A channel that says nothing of it would turn `/healthz` red for ever."""
    aes_key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
    env = {
        "WANGGE_WECOM__CORP_ID": "ww1",
        "WANGGE_WECOM_AIBOT__BOT_ID": "aib1",
        "WANGGE_WECOM_AIBOT__MODE": "callback",
        "WANGGE_WECOM_AIBOT__TOKEN": "t",
        "WANGGE_WECOM_AIBOT__AES_KEY": aes_key,
        "WANGGE_WECOM_ROBOT__GROUPS": "村群=0a1b2c3d-key",
        "WANGGE_WECOM_APP__AGENT_ID": "5",
        "WANGGE_WECOM_APP__SECRET": "s",
        "WANGGE_WECOM_APP__TOKEN": "t",
        "WANGGE_WECOM_APP__AES_KEY": aes_key,
        "WANGGE_OFFICIAL_ACCOUNT__APP_ID": "wx1",
        "WANGGE_OFFICIAL_ACCOUNT__SECRET": "s",
        "WANGGE_OFFICIAL_ACCOUNT__TOKEN": "t",
        "WANGGE_RELAY__ENABLED": "true",
    }

    async def look() -> dict[str, str]:
        found = made(env)
        listening = [asyncio.create_task(one.listen(nobody)) for one in found]
        await asyncio.sleep(0)
        heard = {one.account: str(getattr(one, "listening", "")) for one in found}
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        for one in found:
            await one.close()
        return heard

    assert asyncio.run(look()) == {
        "official_account": "callback",
        "relay": "nobody",
        "wecom_aibot": "callback",
        "wecom_app": "callback",
        "wecom_duty": "none",
        "wecom_robot": "none",
    }
