"""Patterns that are compiled when they are first asked for, so that starting stays quick. Pure."""

import re
from collections.abc import Callable, Iterator
from functools import cached_property


class Lazy:
    """A pattern (模式) written down at import and compiled at its first use; made of text or of what builds it."""

    def __init__(self, source: str | Callable[[], str], flags: int = 0) -> None:
        """Keep the source; a mistake in it shows at the first use, which every pattern has in the tests."""
        self._source = source
        self._flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern itself."""
        source = self._source if isinstance(self._source, str) else self._source()
        return re.compile(source, self._flags)

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """Find the first match between two positions."""
        return self.compiled.search(text, start) if end is None else self.compiled.search(text, start, end)

    def match(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Match at a position."""
        return self.compiled.match(text, start)

    def fullmatch(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """Match the whole text between two positions."""
        return self.compiled.fullmatch(text, start) if end is None else self.compiled.fullmatch(text, start, end)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches, one after the other."""
        return self.compiled.finditer(text)

    def sub(self, replacement: str, text: str) -> str:
        """The text with every match replaced."""
        return self.compiled.sub(replacement, text)

    def split(self, text: str) -> list[str]:
        """The text split at the matches."""
        return [part or "" for part in self.compiled.split(text)]
