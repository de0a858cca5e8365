"""County in a box: a year of 246 grids through the real path, and how fast each command is answered at its end.

    python -m benchmarks.county [--share 1.0] [--days 365] [--rounds 20] [--folder DIR] [--place DIR] [--write]

One process on SQLite, synchronous=OFF (what a power cut may cost is no matter here); the platform takes every call at
once. Answer times are measured in the county of the first week and in that of the year, at five messages a second,
with the dispatcher and the clock at work, after each was asked once: the program has been running. What `--folder`
keeps is measured anew without living the year again. The copies that are asked lie in `--place`, in the system's
folder for such things unless told: where a machine's host takes its file cache away (as hosts of virtual machines may),
what was not read for a minute comes from the disk again, which a folder in memory (/dev/shm) shows how to do without.
`--share 0.02 --days 10` looks whether all works; its figures are worth nothing.
"""

import argparse
import asyncio
import json
import random
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import text

from benchmarks.__main__ import machine
from benchmarks.box.answering import Answered, answer
from benchmarks.box.county import Box, box, copy
from benchmarks.box.questions import questions
from benchmarks.box.year import DAYS, Year, first_day
from bot import memory

A_WEEK: Final = 7
WEEK: Final = "week"
YEAR: Final = "year"
LIVED: Final = "lived.json"
PAGE: Final = Path(__file__).parents[1] / "docs" / "county.md"
P99: Final = 0.050
"""Seconds within which each command is to be answered, 99 of 100 times."""
GROWN: Final = 1.5
"""So many times what it took in the first week a command may take at the end of the year."""
MANY: Final = 100
"""So often the slow are asked, at the least, so that the 99th percentile is one."""


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


def run(share: float, days: int, rounds: int, folder: Path, place: Path | None = None) -> Found:
    """Live the year, unless the folder keeps it, and measure; the copies that are asked lie in `place`."""
    if not (folder / LIVED).exists():
        live(share, days, folder)
    lived = json.loads((folder / LIVED).read_text())
    week, year = (_answered(folder / name, lived[name], rounds, place) for name in (WEEK, YEAR))
    with box(folder / YEAR, first_day()) as county:
        rows = _rows(county)
    return Found(
        generating=lived["seconds"],
        week=week,
        year=year,
        memory=max(lived["memory"], _memory()),
        size=lived["size"],
        heard=lived["heard"],
        rows=rows,
    )


def live(share: float, days: int, folder: Path) -> None:
    """Live so many days; the county of the first week and that of the last day stay in the folder."""
    week, year = folder / WEEK, folder / YEAR
    for one in (week, year):
        shutil.rmtree(one, ignore_errors=True)
        one.mkdir(parents=True)
    began = time.monotonic()
    with box(year, first_day()) as county:
        lived = Year(county, share=share)
        lived.begin()
        memory.settle()
        for left in range(days, 0, -A_WEEK):
            lived.live(min(A_WEEK, left))
            tell(f"day {lived.day}: {county.heard} heard, {county.wire.said} said, {time.monotonic() - began:.0f} s")
            if left == days:
                copy(year, week)
                at_week = county.clock.moment
        at_end, heard, spent = county.clock.moment, county.heard, time.monotonic() - began
    size = sum(one.stat().st_size for one in year.iterdir())
    told = {"seconds": spent, "heard": heard, "memory": _memory(), "size": size}
    told |= {WEEK: at_week.isoformat(), YEAR: at_end.isoformat()}
    (folder / LIVED).write_text(json.dumps(told))


def _answered(kept: Path, moment: str, rounds: int, place: Path | None) -> Answered:
    """How fast a county that was kept answers; it stays as it was."""
    dice = random.Random(7)
    with tempfile.TemporaryDirectory(prefix="wangge-county-", dir=place) as name:
        copy(kept, Path(name))
        with box(Path(name), datetime.fromisoformat(moment)) as county:
            memory.settle()
            asyncio.run(answer(county, questions(county, 1, dice), dice))
            county.move(minutes=2)
            found = asyncio.run(answer(county, questions(county, rounds, dice), dice))
            county.move(minutes=2)
            slow = {word: MANY - rounds for word in found.seconds if found.p99(word) > P99 / 2}
            found.more = asyncio.run(answer(county, questions(county, 1, dice, slow), dice)).seconds
    tell(f"{kept.name}: p99 of all {found.p99() * 1000:.0f} ms")
    return found


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


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
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--place", type=Path)
    parser.add_argument("--write", action="store_true")
    told = parser.parse_args()
    folder = told.folder or Path(tempfile.mkdtemp(prefix="wangge-county-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        found = run(told.share, told.days, told.rounds, folder, told.place)
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
    lines.append(f"commands over {P99 * 1000:.0f} ms: {'、'.join(over) or 'none'}")
    grown = [word for word in _both(found) if found.year.median(word) > GROWN * found.week.median(word)]
    return [*lines, f"commands over {GROWN:g} times the first week, in the middle: {'、'.join(grown) or 'none'}"]


def _both(found: Found) -> list[str]:
    """The words asked in both counties, the slowest at the end of the year first."""
    return [word for word in sorted(found.year.seconds, key=found.year.p99, reverse=True) if word in found.week.seconds]


def page(found: Found, share: float, days: int) -> str:
    """The page of figures, every command a row, the slowest first."""
    counties = (found.week, found.year)
    rows = [
        f"| {word} | "
        + " | ".join(f"{figure(word) * 1000:.1f}" for one in counties for figure in (one.median, one.p99))
        + " |"
        for word in _both(found)
    ]
    told = "\n".join(f"- {line}" for line in report(found))
    return (
        "# County in a box\n\n"
        "246 grids, 365 workers, 27 residents' groups and 10,000 residents for a year on a moved clock, everything\n"
        "through the real path; then every command is said at five messages a second, the dispatcher and the clock at\n"
        "work at a platform's pace (30 calls a second), and timed from the inbox's commit to the answer queued.\n"
        "Nobody says more than sixteen things a minute:\n"
        "from twenty on the program answers once for all. A command that took over half of what is allowed, once, is\n"
        "asked at least a hundred times among the others; of the rest the 99th percentile is the slowest.\n\n"
        f"Share of the county's talk {share:g}, {days} days. {machine(time.monotonic() - found.generating, False)}\n\n"
        f"{told}\n\n"
        "| command, ms | first week: median | p99 | end of the year: median | p99 |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


if __name__ == "__main__":
    main()
