"""How long work keeps a processor busy, whatever else the machine does meanwhile."""

import time
from collections.abc import Callable


def seconds_of(work: Callable[[], object], tries: int = 3) -> float:
    """The least processor time of this thread in which `work` was done, in seconds."""
    took = []
    for _ in range(tries):
        began = time.thread_time()
        work()
        took.append(time.thread_time() - began)
    return min(took)
