"""Memory (内存): what stays as long as the process is spared the collector's visits.

A visit to everything stops every thread: nearly a tenth of a second where all is loaded, a fiftieth where only what
was learnt since (statements, plans, sheets of words) is visited. Whoever waits for an answer just then waits longer.
"""

import gc
from typing import Final

GROWN: Final = 20_000
"""So many objects that stayed are worth sparing: a visit to them takes some milliseconds."""


def settle() -> None:
    """Call once everything is loaded."""
    gc.collect()
    gc.freeze()


def settle_again() -> None:
    """Spare also what came to stay since; call while nobody waits, and as often as one likes."""
    if len(gc.get_objects(generation=2)) > GROWN:
        settle()


def settle_anew() -> None:
    """Visit all there is, once a day at a quiet hour: of what was spared some is garbage by now."""
    gc.unfreeze()
    settle()
