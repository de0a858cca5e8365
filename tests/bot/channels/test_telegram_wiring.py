"""How the process finds the channel, and what it sets up on Telegram by itself."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from bot import channels
from bot.channels.telegram import Telegram, make
from bot.channels.telegram.menu import menus
from bot.settings import Settings, load_settings
from handlers.dialogue import command
from handlers.dialogue.command import Command
from storage.worlds import WorldKind
from tests.support.stage import KEYS, words
from tests.support.telegram_api import TOKEN, Fault, TelegramApi, awaits, until
from tests.support.telegram_people import Heard, settings


def loaded(folder: Path, more: str = "") -> Settings:
    file = folder / "config.toml"
    file.write_text(f'[telegram]\ntoken = "{TOKEN}"\n{more}', encoding="utf-8")
    return load_settings(file, {})


def test_without_a_token_there_is_no_channel() -> None:
    assert make(Settings(), KEYS) is None


@awaits
async def test_a_token_makes_one_and_a_webhook_brings_its_address(tmp_path: Path) -> None:
    (found,) = [one for one in channels.configured(loaded(tmp_path), KEYS) if one.account == "telegram"]
    assert list(channels.routes(found, Heard())) == []
    hook = 'mode = "webhook"\nwebhook_url = "https://bot.example/tg"\nwebhook_secret = "s"\n'
    called = make(loaded(tmp_path, hook), KEYS)
    assert called is not None
    (route,) = channels.routes(called, Heard())
    assert getattr(route, "path", None) == "/tg"
    assert TOKEN not in repr(called)
    await found.close()
    await called.close()


@pytest.fixture
def two_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """One command for everybody, one for officers, one without a Latin name."""
    known = [
        Command("帮助", lambda: None, latin="help", rank=1),
        Command("协查", lambda: None, latin="suspect", rank=2),
        Command("上报", lambda: None, rank=3),
    ]
    monkeypatch.setattr(command, "main_commands", lambda: known)


@pytest.mark.usefixtures("two_commands")
def test_the_menu_holds_what_anybody_may_use() -> None:
    about = words().sentences["help.帮助.about"]
    assert menus(words()) == {"private": [("help", f"帮助：{about}")], "groups": [("help", f"帮助：{about}")]}


@awaits
async def test_menus_are_set_at_the_start_and_are_not_needed() -> None:
    async with TelegramApi() as api:
        api.faults["setMyCommands"].append(Fault(400, "Bad Request: BOT_COMMAND_INVALID"))
        menu = {"private": [("help", "帮助")], "groups": [("report", "上报")]}
        tg = Telegram(settings(api.url), KEYS, WorldKind.REAL, menus=menu, poll_seconds=1)
        task = asyncio.create_task(tg.listen(Heard()))
        await until(lambda: api.offsets)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await tg.close()
    assert [made["scope"]["type"] for made in api.made("setMyCommands")] == [
        "all_private_chats",
        "all_group_chats",
    ]
