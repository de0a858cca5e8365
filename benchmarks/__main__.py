"""Run the measures, print the table, and write it into docs/benchmarks.md.

    python -m benchmarks [--short] [--no-write] [MEASURE ...]

Without names all measures run and the page is written; with names only those run, and nothing is written.
"""

import argparse
import importlib
import os
import platform
import sqlite3
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.harness import ROOT
from benchmarks.table import Row, markdown, not_run, put_between
from tests.support import postgres

STEPS = (
    ("broadcast",),
    # Nothing of these is timed against the clock of ours; most of them wait.
    ("rivals", "crash"),
    ("alerts",),
    ("jitter",),
    ("recall",),
    ("restart",),
    ("stall",),
    ("claim",),
    ("cluster",),
    ("windows", "bad_chats"),
    ("programs",),
)
"""Measures in their order; those of one step run side by side."""
SHORT_STEPS = (
    ("broadcast",),
    ("rivals", "crash", "windows"),
    ("alerts",),
    ("jitter",),
    ("recall",),
    ("restart", "bad_chats"),
    ("stall",),
    ("claim",),
    ("cluster",),
    ("programs",),
)
"""The short run looks whether all works; its figures are worth less."""
MEASURES = tuple(name for step in STEPS for name in step)
PAGE = ROOT / "docs" / "benchmarks.md"
PACKAGES = ("python-telegram-bot", "SQLAlchemy", "psycopg")


def machine(began: float, short: bool) -> str:
    """What this ran on, and for how long."""
    cpu = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    facts = [
        f"{cpu}, {os.cpu_count()} cores",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in PACKAGES),
        f"SQLite {sqlite3.sqlite_version}",
        _postgres(),
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"{'short' if short else 'full'} run of {(time.monotonic() - began) / 60:.0f} min",
        f"load at the end (1, 5, 15 min) {load}",
    ]
    return " · ".join(facts)


def _postgres() -> str:
    binaries = postgres.find_binaries()
    if binaries is None:
        return "no PostgreSQL"
    command = [str(binaries / "postgres"), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return f"PostgreSQL {said[2]}" if len(said) > 2 else "PostgreSQL"


def run(name: str, short: bool) -> tuple[str, list[Row]]:
    """One measure; one that breaks says so and holds up no other."""
    module = importlib.import_module(f"benchmarks.measures.{name}")
    began = time.monotonic()
    print(f"{name} ...", file=sys.stderr, flush=True)
    try:
        rows = module.measure(short)
    except Exception as error:
        traceback.print_exc()
        rows = [not_run(name, f"{type(error).__name__} {error}")]
    print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return module.TITLE, rows


def main() -> None:
    """Run what is asked for."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the delivery engine.")
    asked.add_argument("--short", action="store_true", help="fewer and smaller runs, at most 3 minutes")
    asked.add_argument("--no-write", action="store_true", help="leave docs/benchmarks.md alone")
    asked.add_argument("measures", nargs="*", metavar="MEASURE", help=", ".join(MEASURES))
    told = asked.parse_args()
    if unknown := set(told.measures) - set(MEASURES):
        asked.error(f"no such measure: {', '.join(sorted(unknown))}")
    began, sections = time.monotonic(), []
    steps = [(name,) for name in told.measures] or (SHORT_STEPS if told.short else STEPS)
    for step in steps:
        with ThreadPoolExecutor(len(step)) as threads:
            found = list(threads.map(lambda name: run(name, told.short), step))
        sections += found
        print(markdown(found), flush=True)
    where = machine(began, told.short)
    print(where)
    if not told.measures and not told.no_write:
        put_between(PAGE, f"{where}\n\n{markdown(sections)}")
        print(f"written into {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
