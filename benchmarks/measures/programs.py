"""Measures that are programs of their own: they print their figures as lines of JSON (see benchmarks/README.md)."""

import importlib.util
import subprocess
import sys

from benchmarks.harness import ROOT
from benchmarks.table import Row, not_run

TITLE = "Webhook, 40 connections"
PROGRAMS = ("webhook",)


def run(name: str, short: bool) -> list[Row]:
    """The figures a program prints."""
    if importlib.util.find_spec(f"benchmarks.{name}") is None:
        return [not_run(name, f"there is no benchmarks/{name}.py")]
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--short"] if short else [])]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=45 if short else 300, check=False
        )
    except subprocess.TimeoutExpired:
        return [not_run(name, "took too long")]
    rows = [Row.of_line(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not rows:
        said = done.stderr.strip().rpartition("\n")[2][:200]
        rows.append(not_run(name, f"ended with {done.returncode} {said}"))
    return rows


def measure(short: bool) -> list[Row]:
    """One program after the other."""
    return [row for name in PROGRAMS for row in run(name, short)]
