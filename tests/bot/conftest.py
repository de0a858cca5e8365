"""The log of a whole process, as a test can read it."""

import io
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from bot import logs


@pytest.fixture(params=["json", "text"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything the process writes to its error output, at DEBUG."""
    root, found = logging.getLogger(), io.StringIO()
    hooks = threading.excepthook, sys.excepthook
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", found)
    logs.set_up("DEBUG", request.param)
    yield found
    root.handlers[:] = handlers
    threading.excepthook, sys.excepthook = hooks
    root.setLevel(level)
