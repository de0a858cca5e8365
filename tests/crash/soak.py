"""The long form of the crash tests: so many kills over both databases, as a small table.

python -m tests.crash.soak 200
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.crash import toll
from tests.support import postgres

COLUMNS = ("kills", "sent", "never", "left", "unsure", "twice_routine", "twice_resent", "flying", "untold",
           "uncorrected", "unsettled")  # fmt: skip
STARTS = 5
SHARE = 50
"""Kills of one database; then another one is begun."""


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[list[str]]:
    """Addresses of empty databases, as many as are asked for by appending; here simply enough of them."""
    if kind == "sqlite":
        yield [f"sqlite:///{folder}/{number}.db" for number in range(100)]
        return
    binaries = postgres.find_binaries()
    if binaries is None:
        yield []
        return
    server = postgres.start_server(binaries)
    try:
        yield [server.url(server.create()) for _ in range(12)]
    finally:
        server.stop()


def soak(kind: str, kills: int, seed: int) -> bool:
    """Print a line for each share of the kills; whether all was sound."""
    sound = True
    with tempfile.TemporaryDirectory() as name, databases(kind, Path(name)) as urls:
        if not urls:
            sys.stdout.write(f"{kind:11} not run: no PostgreSQL here\n")
            return True
        shares = [min(SHARE, kills - done) for done in range(0, kills, SHARE)]
        for number, share in enumerate(shares):
            folder = Path(name) / str(number)
            folder.mkdir()
            found = toll.die(urls[number % (len(urls) - STARTS)], folder, share, seed + number)
            sound &= found.sound
            values = "".join(f"{getattr(found, column):>14}" for column in COLUMNS)
            sys.stdout.write(f"{kind:11}{values}   {'ok' if found.sound else 'BAD'}\n")
            sys.stdout.flush()
        firsts = []
        for number in range(STARTS):
            folder = Path(name) / f"first{number}"
            folder.mkdir()
            firsts.append(toll.first_call_after(urls[-1 - number], folder)[0])
        sys.stdout.write(
            f"{kind:11} first call after a kill: median {median(firsts):.1f} s, worst {max(firsts):.1f} s\n"
        )
    return sound


def main() -> None:
    """Both databases; exits with 1 where anything was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--kinds", default="sqlite,postgresql")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    given = parser.parse_args()
    sys.stdout.write(f"seed {given.seed}\n{'':11}{''.join(f'{column:>14}' for column in COLUMNS)}\n")
    ends = [soak(kind, given.kills, given.seed) for kind in given.kinds.split(",")]
    sys.exit(not all(ends))


if __name__ == "__main__":
    main()
