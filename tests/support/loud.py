"""Skipping that nobody overlooks: what a machine lacks is named in red at the end of the run."""

from typing import NoReturn

import pytest

SIGN = "MISSING HERE: "


def skip_loudly(what: str, mend: str) -> NoReturn:
    """Skip the running test because the machine lacks something, telling how to have it the next time."""
    # A machine without it can run the other tests; `.ci/run` fetches what it can.
    pytest.skip(f"{SIGN}{what}; {mend}")


def lacking(terminalreporter: pytest.TerminalReporter) -> dict[str, int]:
    """Count the tests skipped by :func:`skip_loudly`, by what was missing."""
    counts: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple) and SIGN in report.longrepr[2]:
            reason = report.longrepr[2].split(SIGN, 1)[1]
            counts[reason] = counts.get(reason, 0) + 1
    return counts
