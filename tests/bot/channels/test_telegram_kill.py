"""kill -9 in the middle of a backlog: nothing is lost, nothing is there twice."""

import asyncio
import signal
import sys
from pathlib import Path

from sqlalchemy import func, select

from storage.inbox import InboxRow
from storage.tables import METADATA
from tests.support.stage import ROOT
from tests.support.telegram_api import TelegramApi, awaits, until
from tests.support.telegram_child import real_world
from tests.support.telegram_people import PRIVATE, message

BACKLOG = 200


async def listened(api: TelegramApi, url: str, most: int) -> int:
    """A process listens until it kills itself, or until everything is confirmed and we kill it; how it ended."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.telegram_child", api.url, url, str(most), cwd=ROOT
    )
    await until(lambda: not api.updates or child.returncode is not None, 60)
    if child.returncode is None:
        child.kill()
    return await child.wait()


@awaits
async def test_a_backlog_survives_being_killed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'real.db'}"
    world = real_world(url)
    METADATA.create_all(world.db.engine)
    async with TelegramApi() as api:
        for number in range(BACKLOG):
            await api.say(message=message(f"第 {number} 条", number=number, chat=PRIVATE | {"id": 7 + number % 9}))
        ended = [(await listened(api, url, most), len(api.updates)) for most in (137, BACKLOG * 9)]
    assert ended == [(-signal.SIGKILL, 100), (-signal.SIGKILL, 0)]
    with world.db.read() as session:
        rows, keys = session.execute(select(func.count(), func.count(InboxRow.platform_key.distinct()))).one()
    world.db.close()
    assert (rows, keys) == (BACKLOG, BACKLOG)
