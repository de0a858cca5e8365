"""Memory (内存): what stays as long as the process is spared the collector's visits."""

import gc


def settle() -> None:
    """Call once everything is loaded: a visit to all of it would stop every thread for nearly a tenth of a second."""
    gc.collect()
    gc.freeze()
