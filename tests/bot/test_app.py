"""The process: what it prints, serves and leaves behind; how it is told to stop, and what stops its start."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import App, bind, first_admin
from bot.at_work import menu
from bot.cannot import CannotDo
from bot.settings import load_settings
from bot.worlds import open_world
from handlers.membership import importing
from storage import areas, people
from storage.database import Database
from storage.leases import Lease
from storage.people import Role
from storage.worlds import WorldKind
from tests.support.playing import free_port
from tests.support.stage import KEYS, Stage

ROOT = Path(__file__).parents[2]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`wangge run` in an empty folder, and the address it printed."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "WANGGE_WEB__PORT": str(free_port()), "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
    if found is None:
        process.kill()
        pytest.fail(process.communicate()[1])
    yield process, found[0]
    process.kill()
    process.communicate()


def read(address: str) -> str:
    """What an address of this machine answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=30) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_one_command_opens_the_playground_and_a_signal_closes_it(
    running: tuple["subprocess.Popen[str]", str], sign: signal.Signals, tmp_path: Path
) -> None:
    process, address = running
    health = json.loads(read(f"{address}healthz"))
    assert health["ok"]
    assert health["worlds"]["playground"]["accounts"]["play"]["listening"] == "page"
    assert 'wangge_database_writable{world="playground"} 1.0' in read(f"{address}metrics")
    assert "大侯村居民群" in read(address) or "<html" in read(address)
    process.send_signal(sign)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.wait(60) == 0
    said, wrong = process.stdout.read(), process.stderr.read()
    assert "Traceback" not in wrong
    assert "The playground is open" in said
    db = Database(f"sqlite:///{tmp_path}/playground.db", KEYS)
    with db.read() as session:
        assert [lease.owner for lease in session.query(Lease) if lease.name == "drain:play"] == [""]
    db.close()


def test_a_drill_opens_alone_though_a_real_channel_is_set_up(tmp_path: Path) -> None:
    port = str(free_port())
    told = {"WANGGE_DRILL__PORT": port, "WANGGE_TELEGRAM__TOKEN": "1:a", "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run", "--drill"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **told},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"演练已打开，请用浏览器访问： http://127.0.0.1:{port}/")
        health = json.loads(read(f"http://127.0.0.1:{port}/healthz"))
        assert list(health["worlds"]) == ["drill"]
        assert list(health["worlds"]["drill"]["accounts"]) == ["play"]
        assert "群众收不到任何消息" in read(f"http://127.0.0.1:{port}/")
        assert "居民甲" not in read(f"http://127.0.0.1:{port}/play/county")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drill.db", "drill.key"]


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CannotDo, match="WANGGE_WEB__PORT="):
        bind("127.0.0.1", taken.getsockname()[1])


def test_a_process_with_nothing_to_do_does_not_start() -> None:
    settings = load_settings(env={"WANGGE_PLAYGROUND__ENABLED": "false"})

    async def start() -> None:
        await App(settings).run()

    with pytest.raises(CannotDo, match="没有接通任何群"):
        asyncio.run(start())


def test_a_world_that_is_refused_stops_the_start(tmp_path: Path) -> None:
    open_world(WorldKind.REAL, f"sqlite:///{tmp_path}/playground.db", tmp_path / "playground.key").db.close()
    env = {
        "WANGGE_PLAYGROUND__DATABASE_URL": f"sqlite:///{tmp_path}/playground.db",
        "WANGGE_PLAYGROUND__KEY_FILE": str(tmp_path / "playground.key"),
        "WANGGE_DATABASE__URL": f"sqlite:///{tmp_path}/wangge.db",
        "WANGGE_DATABASE__KEY_FILE": str(tmp_path / "wangge.key"),
        "WANGGE_PLAYGROUND__ENABLED": "true",
        "WANGGE_TELEGRAM__TOKEN": "1:a",
        "WANGGE_TELEGRAM__API_BASE_URL": "http://127.0.0.1:9",
        "WANGGE_WEB__PORT": str(free_port()),
    }

    async def start() -> None:
        await App(load_settings(env=env)).run()

    with pytest.raises(CannotDo, match="里是真实群的数据"):
        asyncio.run(start())


def test_a_new_real_world_says_what_to_do_first(tmp_path: Path) -> None:
    world = open_world(WorldKind.REAL, f"sqlite:///{tmp_path}/w.db", tmp_path / "w.key")
    assert "wangge people import" in "".join(first_admin(world))
    with world.db.write() as session:
        importing.import_areas(session, "name,level,parent,aliases\n望河县,county,,\n")
    assert re.search(r"绑定 [2-9A-Z]{8} ", first_admin(world)[0])
    assert "people import" not in "".join(first_admin(world)), "the county has taken the placeholder's place"
    with world.db.write() as session:
        county = areas.named(session, "望河县")
        assert county is not None
        admin = people.add(session, "管", world.now())
        people.grant(session, admin.id, Role.ADMIN, county.id, world.now())
        people.identify(session, admin, "telegram", "5", world.now())
    assert first_admin(world) == []
    world.db.close()


def test_the_menu_holds_what_everybody_may_do(stage: Stage) -> None:
    entries = dict(menu(stage.world))
    assert "help" in entries
    assert all(re.fullmatch(r"[a-z0-9_]{1,32}", name) and about for name, about in entries.items())
    assert json.dumps(entries)
