"""Databases for our contender: a file in a folder, or one on a temporary PostgreSQL server where there is one."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.ours import setting
from tests.support import postgres

KINDS = ("SQLite", "PostgreSQL")


class NoDatabase(Exception):
    """This machine has no PostgreSQL."""


@contextmanager
def fresh(kind: str) -> Iterator[str]:
    """The address of an empty database; raises NoDatabase."""
    if kind == "SQLite":
        folder = tempfile.mkdtemp(prefix="wangge-bench-")
        try:
            yield setting.sqlite(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    binaries = postgres.find_binaries()
    if binaries is None:
        raise NoDatabase("PostgreSQL (initdb, pg_ctl) is not installed")
    server = postgres.start_server(binaries)
    try:
        yield server.url(server.create())
    finally:
        server.stop()
