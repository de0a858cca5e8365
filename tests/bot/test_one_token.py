"""Two processes started by mistake on one token: the second waits, says so once, and goes on when the first dies."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from storage import leases, upgrade
from tests.support.stage import ROOT
from tests.support.telegram_api import TelegramApi, awaits, until
from tests.support.telegram_child import real_world
from tests.support.telegram_people import PRIVATE, message


async def started(api: TelegramApi, url: str) -> Process:
    """A process at work."""
    module = "tests.support.listening_child"
    return await asyncio.create_subprocess_exec(sys.executable, "-m", module, api.url, url, cwd=ROOT, stderr=PIPE)


@awaits
async def test_the_second_waits_and_takes_over(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'real.db'}"
    world = real_world(url)
    upgrade.upgrade(world.db)

    def ear() -> str:
        with world.db.read() as session:
            return next((one.owner for one in leases.held(session, world.now()) if one.name == "listen:telegram"), "")

    loop = asyncio.get_running_loop()
    async with TelegramApi() as api:
        first = await started(api, url)
        await until(lambda: f"-{first.pid}-" in ear() and api.offsets)
        second = await started(api, url)
        assert second.stderr is not None
        async with asyncio.timeout(30):
            told = (await second.stderr.readline()).decode()
        assert "another program hears telegram already: stop one of the two" in told
        first.kill()
        died = loop.time()
        number = await api.say(message=message("帮助", chat=PRIVATE, number=1))
        await until(lambda: f"-{second.pid}-" in ear())
        assert loop.time() - died <= 5.0
        await until(lambda: any(offset > number for offset in api.offsets))
        await until(lambda: api.made("sendMessage"))
        second.send_signal(signal.SIGTERM)
        assert await second.wait() == 0
        assert ear() == ""
        assert await second.stderr.read() == b""
        await first.wait()
    world.db.close()
