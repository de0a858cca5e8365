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
