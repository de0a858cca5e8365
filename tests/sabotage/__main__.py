"""Break each rule of docs/privacy.md on purpose in a copy of the project, and see the test that decides it fail.

    python -m tests.sabotage            every break
    python -m tests.sabotage R5 R12     those of two rules

First the deciding tests must pass on an unbroken copy. Then, for every break, they must fail because a test fails:
a copy that cannot even be imported proves nothing and counts as a fault. Two copies are at work side by side.
"""

import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.sabotage.breaks import ROOT, RULES, Break, known, of_rule

WORKERS = 2
LONGEST = 900
FAILED = 1
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".cache", ".*_cache", "__pycache__", ".hypothesis", ".coverage*", "node_modules", "*.db", "*.db-*"
)


def main(rules: list[str]) -> int:
    """Run the breaks of these rules (all where none is named); how many did not show."""
    breaks = [one for rule in rules for one in of_rule(rule)] if rules else known()
    if not breaks:
        print(f"No breaks for {' '.join(rules)}; the rules are {RULES[0]} to {RULES[-1]}.")
        return 1
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder:
        copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(WORKERS):
            copies.put(Path(shutil.copytree(ROOT, Path(folder) / str(number), ignore=LEFT_OUT)))
        sound = sorted({test for one in breaks for test in one.tests})
        print(f"unbroken: {len(sound)} test files ...", flush=True)
        code, tail = run(copies, None, tuple(sound))
        if code:
            print(f"The tests fail on the unbroken project already:\n{tail}")
            return 1
        with ThreadPoolExecutor(WORKERS) as pool:
            shown = list(pool.map(lambda one: show(copies, one), breaks))
    missed = shown.count(False)
    print(f"{len(breaks) - missed} of {len(breaks)} breaks made a test fail.")
    return missed


def show(copies: "queue.SimpleQueue[Path]", one: Break) -> bool:
    """Break a copy, run the tests, mend it again; whether a test failed."""
    began = time.monotonic()
    code, tail = run(copies, one, one.tests)
    fine = code == FAILED
    verdict = "fails, as it must" if fine else f"DOES NOT FAIL (pytest ended with {code})\n{tail}"
    print(f"{one.rule:4} {one.what}: {verdict} ({time.monotonic() - began:.0f} s)", flush=True)
    return fine


def run(copies: "queue.SimpleQueue[Path]", one: Break | None, tests: tuple[str, ...]) -> tuple[int, str]:
    """Run tests on a copy with this break; pytest's exit code and the end of what it said."""
    copy = copies.get()
    broken = copy / one.file if one is not None else None
    sound = broken.read_text(encoding="utf-8") if broken is not None else ""
    try:
        if broken is not None and one is not None:
            broken.write_text(one.spoil(sound), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
        if one is not None:
            command.append("-x")
        environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
        )
        return done.returncode, "\n".join(done.stdout.splitlines()[-15:])
    except subprocess.TimeoutExpired:
        return -1, f"no end after {LONGEST} s"
    finally:
        if broken is not None:
            broken.write_text(sound, encoding="utf-8")
        shutil.rmtree(copy / ".hypothesis", ignore_errors=True)
        copies.put(copy)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
