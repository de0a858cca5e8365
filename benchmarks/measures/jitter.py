"""The jitter of the way to the server at which refusals begin, ours on the strict server.

A way takes 25 ms, or as long as the jitter where that is more, give or take the jitter, uniformly; both ways are
independent. Calls that leave evenly arrive in bunches, and no sender can know.
"""

import asyncio

from benchmarks.harness import OURS, Failed
from benchmarks.measures import broadcast
from benchmarks.table import Row, not_run

TITLE = "Jitter at which refusals begin (strict server)"
STEPS = (0.005, 0.010, 0.015, 0.020, 0.030, 0.045, 0.070, 0.100)


async def _all(short: bool) -> list[Row]:
    steps, groups = (STEPS[1::4], 60) if short else (STEPS, 240)
    runs: list[broadcast.Run] = []
    try:
        for jitter in steps:
            runs.append(await broadcast.run(OURS, "strict", groups, alerts=0, jitter=jitter))
    except (Failed, TimeoutError) as error:
        return [not_run(OURS.name, f"{type(error).__name__} {error}")]
    found = list(zip(steps, runs, strict=True))
    begins = next((jitter for jitter, one in found if one.refusals), None)
    note = "; ".join(f"±{jitter * 1000:.0f} ms: {one.refusals} of {groups}, {one.floors:.2f}" for jitter, one in found)
    name = f"refusals begin at ± of one way (swept up to {max(steps) * 1000:.0f})"
    if begins is None:
        return [Row(f"no refusals up to ± of one way of ({groups} groups)", max(steps) * 1000, None, "ms",
                    note=f"refusals, × floor at each: {note}")]  # fmt: skip
    return [Row(name, begins * 1000, None, "ms", note=f"refusals, × floor at each: {note}")]


def measure(short: bool) -> list[Row]:
    """Ours only."""
    return asyncio.run(_all(short))
