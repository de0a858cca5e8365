"""Lives that end by kill -9: at a chosen statement, commit or wire call, or at a chosen moment."""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Engine, event


class Mortal:
    """Counts what a life does, and ends it at the chosen moment; with None it lives on."""

    def __init__(self, left: int | None = None) -> None:
        self.left = left

    def one_nearer(self, *_args: object) -> None:
        """One more statement, commit or wire call."""
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def counts(self, engine: Engine) -> None:
        """Count the statements and commits of a database."""
        for name in ("before_cursor_execute", "commit"):
            event.listen(engine, name, self.one_nearer)


def dies(live: Callable[[], None], lifetime: float | None = None) -> bool:
    """Live in a process of its own, killed after `lifetime` seconds where one is given; whether it died.

    One that ends in an error ends this process, too.
    """
    child = os.fork()
    if child == 0:
        live()
        os._exit(0)
    if lifetime is not None:
        time.sleep(lifetime)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if status and not os.WIFSIGNALED(status):
        sys.exit("a life ended in an error")
    return os.WIFSIGNALED(status)
