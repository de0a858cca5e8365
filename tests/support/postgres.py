"""One PostgreSQL server for a whole test run, and a fresh database for each test that asks."""

import fcntl
import glob
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

INITDB = ["--username=wangge", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
# Durability is not what the tests are about; a server that dies with them may forget everything.
SPEED = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


@dataclass(frozen=True)
class Server:
    """A running server, reached over a socket in a folder only its user may enter."""

    folder: Path
    bin: Path

    def url(self, database: str) -> str:
        """The SQLAlchemy address of a database on this server."""
        return f"postgresql+psycopg://wangge@/{database}?host={self.folder}"

    @contextmanager
    def _admin(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(user="wangge", host=str(self.folder), dbname="postgres", autocommit=True) as connection:
            yield connection

    def create(self, template: str = "template0") -> str:
        """Make a database from a template (about 30 ms) and return its name."""
        name = f"t_{uuid4().hex}"
        with self._admin() as connection:
            # Copying files is several times faster than logging pages; older servers know no other way.
            how = sql.SQL("STRATEGY file_copy" if connection.info.server_version >= 150000 else "")
            command = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
            connection.execute(command.format(sql.Identifier(name), sql.Identifier(template), how))
        return name

    def drop(self, name: str) -> None:
        """Remove a database, connections left open or not."""
        with self._admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def make_durable(self, name: str) -> None:
        """A commit in this database is kept once it is told, also where the server is stopped at once."""
        with self._admin() as connection:
            command = sql.SQL("ALTER DATABASE {} SET synchronous_commit = on")
            connection.execute(command.format(sql.Identifier(name)))

    def restart(self, how: str) -> None:
        """Stop the server (`fast`: transactions are broken off; `immediate`: as by a crash) and start it again."""
        _run([self.bin / "pg_ctl", "restart", "-D", self.folder / "data", "-l", self.folder / "log", "-m", how, "-w"])

    def stop(self) -> None:
        """Shut the server down at once and remove what it kept."""
        _run([self.bin / "pg_ctl", "stop", "-D", self.folder / "data", "-m", "immediate", "-w"])
        shutil.rmtree(self.folder)


def find_binaries() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``: from the PATH, else the newest Debian keeps aside."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    aside = glob.glob("/usr/lib/postgresql/*/bin")
    folders += sorted(map(Path, aside), key=lambda bin_: float(bin_.parent.name), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


def _user() -> str | None:
    """Whom to run as: PostgreSQL refuses root, so root lends it an unprivileged user."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _run(command: list[str | Path]) -> None:
    user = _user()
    who: dict[str, Any] = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    # Output goes to a file: a pipe would stay open in the server and hold the call for ever.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(command, stdout=output, stderr=output, cwd="/", check=False, **who)
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed:\n{output.read().decode(errors='replace')}")


def start_server(binaries: Path) -> Server:
    """Make a cluster in a new temporary folder and start it on a socket there."""
    # Not under pytest's own folder: that one is closed to other users, and socket paths must stay short.
    folder = Path(tempfile.mkdtemp(prefix="wangge-pg-"))
    if user := _user():
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    data, log = folder / "data", folder / "log"
    try:
        _run([binaries / "initdb", "-D", data, *INITDB])
        options = f"{SPEED} -c listen_addresses= -c unix_socket_directories={folder}"
        _run([binaries / "pg_ctl", "start", "-D", data, "-l", log, "-w", "-t", "60", "-o", options])
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Server(folder, binaries)


def shared_server(note: Path, binaries: Path) -> Server:
    """The run's one server: the first worker that needs it starts it and leaves a note for the others."""
    with note.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if note.exists():
            folder, bin_ = json.loads(note.read_text())
            return Server(Path(folder), Path(bin_))
        server = start_server(binaries)
        note.write_text(json.dumps([str(server.folder), str(server.bin)]))
        return server


def stop_shared_server(note: Path) -> None:
    """Stop the run's server if one was started."""
    if note.exists():
        folder, bin_ = json.loads(note.read_text())
        note.unlink()
        Server(Path(folder), Path(bin_)).stop()
