"""SIGTERM in the middle: what is in flight is finished, and the whole stop takes no longer than ten seconds."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.worlds import open_world
from handlers.dialogue.message import Outgoing
from handlers.dialogue.world import World
from storage import chats, contents, outbox
from storage.chats import ChatKind
from storage.lanes import Lane
from storage.leases import Lease
from storage.outbox import OutboxRow, OutboxState
from storage.worlds import WorldKind
from tests.support.playing import free_port
from tests.support.stage import ROOT
from tests.support.telegram_api import TOKEN, Fault, TelegramApi, awaits, until

MESSAGES = 40
DEADLINE = 10.0


def fill(world: World) -> None:
    """Messages for as many groups."""
    with world.db.write() as session:
        for number in range(MESSAGES):
            chat = chats.add(session, "telegram", str(-1000 - number), ChatKind.RESIDENTS, world.now())
            content = contents.keep(session, Outgoing(f"n{number}").to_bytes(), (), world.now())
            outbox.put(session, chat, f"k{number}", world.now(), lane=Lane.BULK, content_id=content)


@pytest.mark.parametrize("hangs", [False, True])
def test_a_stop_in_the_middle(hangs: bool, tmp_path: Path) -> None:
    url, key_file = f"sqlite:///{tmp_path / 'real.db'}", tmp_path / "real.key"
    world = open_world(WorldKind.REAL, url, key_file)
    fill(world)
    port = free_port()

    @awaits
    async def day() -> None:
        async with TelegramApi() as api:
            late = [600.0 if hangs and number >= 5 else 0.05 for number in range(MESSAGES)]
            api.faults["sendMessage"].extend(Fault(late=seconds) for seconds in late)
            settings = {
                "TELEGRAM__TOKEN": TOKEN,
                "TELEGRAM__API_BASE_URL": api.url,
                "DATABASE__URL": url,
                "DATABASE__KEY_FILE": str(key_file),
                "PLAYGROUND__ENABLED": "false",
                "WEB__PORT": str(port),
            }
            env = {**os.environ, "PYTHONPATH": str(ROOT)} | {f"WANGGE_{name}": one for name, one in settings.items()}
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", cwd=tmp_path, env=env, stdout=DEVNULL, stderr=PIPE
            )
            try:
                await until(lambda: len(api.made("sendMessage")) >= 7)
                process.send_signal(signal.SIGTERM)
                async with asyncio.timeout(DEADLINE):
                    _, wrong = await process.communicate()
            finally:
                if process.returncode is None:
                    process.kill()
            assert process.returncode == 0, wrong.decode()
            assert b"Traceback" not in wrong
            with world.db.read() as session:
                rows = session.scalars(select(OutboxRow)).all()
                owners = session.scalars(select(Lease.owner).where(Lease.name.startswith("drain:"))).all()
            asked = [one["text"] for one in api.made("sendMessage")]
            assert len(asked) == len(set(asked))
            ended = {state: sum(row.state is state for row in rows) for state in OutboxState}
            assert ended[OutboxState.QUEUED] + len(asked) == MESSAGES, "the others wait for the next start"
            assert ended[OutboxState.SENDING] == (len(asked) - 5 if hangs else 0)
            assert ended[OutboxState.SENT] == (5 if hangs else len(asked)), "what was in flight is written down"
            assert set(owners) == {""}, "the next process need not wait"

    day()
    world.db.close()
