"""County in a box: a year of 246 grids through the real path, and how fast each command is answered at its end.

    python -m benchmarks.county [--share 1.0] [--days 365] [--rounds 60] [--folder DIR] [--write]

One process on SQLite, synchronous=OFF (what a power cut may cost is no matter here); the platform takes every call at
once. Answer times are measured in the first week and at the end of the year, at five messages a second, with the
dispatcher and the clock at work. `--share 0.02 --days 10` looks whether all works; its figures are worth nothing.
"""

import argparse
import asyncio
import random
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import text

from benchmarks.__main__ import machine
from benchmarks.box.answering import Answered, answer
from benchmarks.box.county import Box, box
from benchmarks.box.questions import questions
from benchmarks.box.year import DAYS, Year, first_day

WEEK: Final = 7
PAGE: Final = Path(__file__).parents[1] / "docs" / "county.md"
P99: Final = 0.050
"""Seconds within which each command is to be answered, 99 of 100 times."""


@dataclass(frozen=True)
class Found:
    """What came of it; seconds, bytes and rows."""

    generating: float
    week: Answered
    year: Answered
    memory: int
    size: int
    heard: int
    rows: dict[str, int]


def run(share: float, days: int, rounds: int, folder: Path) -> Found:
    """Live the year and measure."""
    dice, spent = random.Random(7), 0.0
    with box(folder, first_day()) as county:
        began = time.monotonic()
        year = Year(county, share=share)
        year.begin()
        year.live(min(WEEK, days))
        spent += time.monotonic() - began
        week = asyncio.run(answer(county, questions(county, rounds, dice), dice))
        tell(f"first week measured: p99 of all {week.p99() * 1000:.0f} ms")
        began = time.monotonic()
        for left in range(days - WEEK, 0, -WEEK):
            year.live(min(WEEK, left))
            tell(f"day {year.day}: {county.heard} heard, {county.wire.said} said, {time.monotonic() - began:.0f} s")
        spent += time.monotonic() - began
        at_end = asyncio.run(answer(county, questions(county, rounds, dice), dice))
        return Found(
            generating=spent,
            week=week,
            year=at_end,
            memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            size=sum(one.stat().st_size for one in folder.iterdir()),
            heard=county.heard,
            rows=_rows(county),
        )


def _rows(county: Box) -> dict[str, int]:
    tables = ("outbox", "incidents", "disputes", "searches", "bulletins", "reminders", "people", "audit")
    with county.world.db.read() as session:
        return {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar() or 0 for name in tables}  # noqa: S608


def tell(line: str) -> None:
    """A line for whoever waits."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Run, tell, and with --write put the table into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--write", action="store_true")
    told = parser.parse_args()
    folder = told.folder or Path(tempfile.mkdtemp(prefix="wangge-county-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        found = run(told.share, told.days, told.rounds, folder)
    finally:
        if told.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    for line in report(found):
        tell(line)
    if told.write:
        PAGE.write_text(page(found, told.share, told.days), encoding="utf-8")


def report(found: Found) -> list[str]:
    """The figures, line by line."""
    lines = [
        f"generated in {found.generating / 60:.1f} min: {found.heard:,} messages",
        ", ".join(f"{count:,} {table}" for table, count in found.rows.items()),
        f"memory {found.memory / 2**20:.0f} MB, database {found.size / 2**20:.0f} MB",
    ]
    for name, one in (("first week", found.week), ("end of the year", found.year)):
        word, worst = one.worst()
        lines.append(f"{name}: p99 of all {one.p99() * 1000:.1f} ms, slowest command {word} {worst * 1000:.1f} ms")
    over = [word for word in found.year.seconds if found.year.p99(word) > P99]
    return [*lines, f"commands over {P99 * 1000:.0f} ms: {'、'.join(over) or 'none'}"]


def page(found: Found, share: float, days: int) -> str:
    """The page of figures, every command a row, the slowest first."""
    rows = [
        f"| {word} | {found.week.p99(word) * 1000:.1f} | {found.year.p99(word) * 1000:.1f} |"
        for word in sorted(found.year.seconds, key=found.year.p99, reverse=True)
        if word in found.week.seconds
    ]
    told = "\n".join(f"- {line}" for line in report(found))
    return (
        "# County in a box\n\n"
        "246 grids, 365 workers, 27 residents' groups and 10,000 residents for a year on a moved clock, everything\n"
        "through the real path; then every command is said at five messages a second, the dispatcher and the clock at\n"
        "work, and timed from the inbox's commit to the answer queued.\n\n"
        f"Share of the county's talk {share:g}, {days} days. {machine(time.monotonic(), False)}\n\n{told}\n\n"
        "| command | p99 in the first week, ms | p99 at the end, ms |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )


if __name__ == "__main__":
    main()
