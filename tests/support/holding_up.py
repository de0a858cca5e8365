"""Something that takes as long as a test wants: it begins, and goes on when it is told to."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

PATIENCE = 30.0


class HeldUp:
    """A function that was made to wait: `began` tells that it is being called, `go_on` lets it do its work.

    concerns: whether a call with these arguments is held up; all are unless told.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        where: object,
        name: str,
        concerns: Callable[..., bool] = lambda *_args: True,
    ) -> None:
        self._concerns = concerns
        self.began, self.go_on = threading.Event(), threading.Event()
        self._does: Callable[..., Any] = getattr(where, name)
        monkeypatch.setattr(where, name, self)

    def __call__(self, *args: Any) -> Any:  # noqa: ANN401 - as it was called
        if self._concerns(*args):
            self.began.set()
            assert self.go_on.wait(PATIENCE)
        return self._does(*args)
