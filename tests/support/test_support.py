"""The ground the tests stand on holds."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from tests.support import postgres
from tests.support.offline import NetworkUsedError

ROOT = Path(__file__).parents[2]


def test_the_network_is_out_of_reach() -> None:
    with pytest.raises(NetworkUsedError):
        socket.create_connection(("192.0.2.1", 9))
    with pytest.raises(NetworkUsedError):
        httpx.get("https://example.org")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram, pytest.raises(NetworkUsedError):
        datagram.sendto(b"x", ("192.0.2.1", 9))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram, pytest.raises(NetworkUsedError):
        datagram.sendmsg([b"x"], [], 0, ("192.0.2.1", 9))
    with pytest.raises(NetworkUsedError):
        socket.gethostbyname("example.org")


THREADS = """
import sys
import threading

from tests.support.offline import forbid_network

forbid_network()
sys.setswitchinterval(1e-6)
begun = []


def start():
    for _ in range(500):
        one = threading.Thread(target=begun.append, args=(1,))
        one.start()
        one.join()


starters = [threading.Thread(target=start) for _ in range(8)]
for one in starters:
    one.start()
for one in starters:
    one.join()
print(len(begun))
"""


def test_every_thread_begins_while_lines_are_counted(tmp_path: Path) -> None:
    (tmp_path / "threads.py").write_text(THREADS)
    command = [sys.executable, "-m", "coverage", "run", "threads.py"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("COV")} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    assert (done.stderr, done.stdout) == ("", "4000\n")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_in_reach(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((host, server.getsockname()[1])).close()


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_an_empty_database(postgres_url: str, turn: int) -> None:
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    assert sa.inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE left_behind (id int)"))
        assert connection.scalar(sa.text("SHOW server_encoding")) == "UTF8"


def test_a_database_can_be_made_from_another(postgres_server: postgres.Server) -> None:
    mould = postgres_server.create()
    engine = sa.create_engine(postgres_server.url(mould), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE cast_table (id int)"))
    cast = postgres_server.create(mould)
    copy = sa.create_engine(postgres_server.url(cast), poolclass=sa.NullPool)
    assert sa.inspect(copy).get_table_names() == ["cast_table"]
    postgres_server.drop(cast)
    postgres_server.drop(mould)


def test_a_machine_without_postgresql_says_so_loudly(tmp_path: Path) -> None:
    (tmp_path / "test_inner.py").write_text("def test_it(postgres_url):\n    assert False\n")
    (tmp_path / "conftest.py").write_text(
        "from tests.conftest import *\nfrom tests.support import postgres\npostgres.find_binaries = lambda: None\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    env.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 TESTS SKIPPED" in done.stdout
    assert "PostgreSQL (initdb, pg_ctl); install it" in done.stdout


def test_the_server_ends_and_leaves_nothing(tmp_path: Path) -> None:
    binaries = postgres.find_binaries()
    if binaries is None:
        # Every test that needs PostgreSQL says loudly that it is missing; once more is only noise.
        pytest.skip("told by the tests above")
    note = tmp_path / "postgres"
    server = postgres.shared_server(note, binaries)
    assert postgres.shared_server(note, binaries) == server
    server.drop(server.create())
    postgres.stop_shared_server(note)
    postgres.stop_shared_server(note)
    assert not server.folder.exists()
