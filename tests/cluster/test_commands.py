"""`wangge run` and `wangge worker` together; what a cluster needs and says where it lacks it."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from importlib import resources
from pathlib import Path
from typing import Self

import pytest
import time_machine
from sqlalchemy import text

from bot import cluster, doctor
from bot.cannot import CannotDo
from bot.commands import db as databases
from bot.commands import worker
from bot.doctor import Finding
from bot.settings import Settings, load_settings
from jobs.cluster import make_tables, share_of
from storage import leases, upgrade, worlds
from storage.database import Database
from storage.leases import Held
from storage.worlds import WorldKind
from tests.support.playing import free_port
from tests.support.stage import KEYS, ROOT
from tests.support.telegram_api import TOKEN, TelegramApi, awaits, until
from tests.support.telegram_child import real_world
from tests.support.telegram_people import PRIVATE, message

CLUSTERED = "[cluster]\nenabled = true\n"


def told(folder: Path, words: str) -> Settings:
    """Settings as written."""
    file = folder / "config.toml"
    file.write_text(words, encoding="utf-8")
    return load_settings(file, {})


def refused(settings: Settings) -> str:
    """Why a worker does not start."""
    with pytest.raises(CannotDo) as caught:
        asyncio.run(worker.work(settings, asyncio.Event()))
    return str(caught.value)


def test_a_worker_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = f'[telegram]\ntoken = "{TOKEN}"\n'
    postgres = '[database]\nurl = "postgresql://me:secret@/x?host=/nowhere"\n'
    assert "enabled = true" in refused(told(tmp_path, ""))
    assert "telegram 的 token" in refused(told(tmp_path, CLUSTERED))
    assert "wangge db move" in refused(told(tmp_path, CLUSTERED + token))
    unreachable = refused(told(tmp_path, CLUSTERED + token + postgres))
    assert "连不上" in unreachable
    assert "secret" not in unreachable
    monkeypatch.setattr(cluster, "find_spec", lambda name: None if name == "procrastinate" else name)
    assert 'pip install -e ".[cluster]"' in refused(told(tmp_path, CLUSTERED + token + postgres))


def test_the_runners_tables_are_made_once(postgres_url: str) -> None:
    db = Database(postgres_url, KEYS)
    assert make_tables(db)
    assert not make_tables(db)
    db.close()


def test_the_runners_tables_are_taken_through_the_steps_they_lack(postgres_url: str) -> None:
    db = Database(postgres_url, KEYS)
    make_tables(db)
    steps = sorted(
        one.name for one in (resources.files("procrastinate.sql") / "migrations").iterdir() if one.name.endswith(".sql")
    )
    name = "procrastinate_trigger_function_status_events_update_v1"
    with db.engine.begin() as connection:
        connection.execute(text(f"COMMENT ON TABLE procrastinate_jobs IS '{steps[-2]}'"))
        connection.execute(text(f"DROP FUNCTION {name} CASCADE"))
    assert make_tables(db)
    with db.engine.connect() as connection:
        there = text("SELECT count(*) FROM pg_proc WHERE proname = :name")
        assert connection.scalar(there, {"name": name}) == 1
    assert not make_tables(db)
    db.close()


def test_a_clock_that_is_off_is_no_member(postgres_url: str) -> None:
    db = Database(postgres_url, KEYS)
    cluster.get_ready(db)
    with time_machine.travel(0), pytest.raises(CannotDo, match="先校准"):
        cluster.get_ready(db)
    db.close()


def test_a_slow_answer_is_no_clock_that_is_off(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(datetime):
        asked = 0

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            cls.asked += 1
            return super().now(tz) + timedelta(seconds=60 * (cls.asked - 1))

    monkeypatch.setattr(cluster, "datetime", Slow)
    db = Database(postgres_url, KEYS)
    cluster.same_clock(db)
    assert Slow.asked == 2
    db.close()


def test_upgrade_makes_the_runners_tables(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told(tmp_path, f'{CLUSTERED}[database]\nurl = "{postgres_url}"\n')
    assert "已升级到" in databases.upgrade("real", None)[0]
    db = Database(postgres_url, KEYS)
    assert not make_tables(db)
    db.close()


def test_the_doctor_looks_at_the_cluster(postgres_url: str, tmp_path: Path) -> None:
    def found(words: str) -> Finding:
        return next(one for one in doctor._findings(told(tmp_path, CLUSTERED + words)) if "cluster" in one.what)

    assert not found("").fine
    assert "wangge db move" in found("").mend
    db = Database(postgres_url, KEYS)
    upgrade.upgrade(db)
    with db.write() as session:
        worlds.found(session, WorldKind.REAL, datetime.now(UTC))
    db.close()
    assert found(f'[database]\nurl = "{postgres_url}"\n').fine
    with time_machine.travel(0):
        assert "先校准" in found(f'[database]\nurl = "{postgres_url}"\n').mend


def test_the_chats_are_dealt_evenly() -> None:
    shares = [share_of(f"telegram|{number}") for number in range(16000)]
    counts = [shares.count(share) for share in sorted(set(shares))]
    assert len(counts) == 16
    assert min(counts) > 800
    assert max(counts) < 1200


async def started(folder: Path, what: str) -> Process:
    """`wangge run` or `wangge worker` with the settings in a folder."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", what, cwd=folder, env=env, stdout=PIPE, stderr=PIPE
    )


@awaits
async def _together(url: str, folder: Path) -> None:
    world = real_world(url)
    upgrade.upgrade(world.db)

    def held(prefix: str) -> list[Held]:
        with world.db.read() as session:
            return [one for one in leases.held(session, world.now()) if one.name.startswith(prefix)]

    def owners(prefix: str) -> int:
        return len({one.owner for one in held(prefix)})

    async with TelegramApi() as api:
        told(
            folder,
            f'{CLUSTERED}[database]\nurl = "{url}"\n[web]\nport = {free_port()}\n[logs]\nformat = "json"\n'
            f'[telegram]\ntoken = "{TOKEN}"\napi_base_url = "{api.url}"\n[playground]\nenabled = false\n',
        )
        (folder / "wangge.key").write_text(bytes(range(32)).hex(), encoding="ascii")
        (folder / "wangge.key").chmod(0o600)
        pair = [await started(folder, "run"), await started(folder, "worker")]

        async def brings_about(condition: Callable[[], object]) -> None:
            """Wait for it as long as both are alive; one that ended says why."""
            await until(lambda: condition() or any(one.returncode is not None for one in pair), 90)
            for ended in (one for one in pair if one.returncode is not None):
                pytest.fail((await ended.communicate())[1].decode())

        try:
            await brings_about(lambda: owners("worker:") == owners("answers:") == 2 and api.offsets)
            for number in range(6):
                one = {"id": 7 + number}
                sender = {**PRIVATE, **one, "is_bot": False}
                await api.say(message=message("帮助", chat=PRIVATE | one, number=number, sender=sender))
            await brings_about(lambda: len({fields["chat_id"] for fields in api.made("sendMessage")}) == 6)
            for process in pair:
                process.send_signal(signal.SIGTERM)
            for process in pair:
                _, wrong = await process.communicate()
                assert process.returncode == 0, wrong.decode()
                assert b"Traceback" not in wrong, wrong.decode()
            assert not held("")
        finally:
            for process in pair:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            world.db.close()


def test_run_and_worker_share_the_work(postgres_url: str, tmp_path: Path) -> None:
    _together(postgres_url, tmp_path)
