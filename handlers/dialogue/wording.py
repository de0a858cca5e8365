"""Wording: every sentence the bot says stands in one catalogue, which a station can override line by line."""

import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence by its key in the catalogue, with what fills its gaps; a tuple of texts fills a gap line by line."""

    key: str
    fields: tuple[tuple[str, Any], ...] = ()


def text(key: str, /, **fields: Any) -> Text:  # noqa: ANN401 - str, int, Text or a tuple of Text
    """A sentence of the catalogue."""
    return Text(key, tuple(fields.items()))


def said(words: str) -> Text:
    """Somebody's own words, passed on as they are."""
    return Text("said", (("words", words),))


class MissingWords(Exception):
    """The catalogue has no such sentence, or a gap was not filled."""


class Catalogue:
    """The sentences, and how to fill their gaps; `lines` are the station's numbers that may stand in a group."""

    def __init__(self, sentences: Mapping[str, str], lines: tuple[str, ...] = ()) -> None:
        self.sentences = dict(sentences)
        self.lines = lines

    def render(self, what: Text) -> str:
        """The sentence in full; raises MissingWords."""
        try:
            sentence = self.sentences[what.key]
            fields = {name: self._fill(value) for name, value in what.fields}
            return sentence.format_map(fields)
        except (KeyError, IndexError) as error:
            raise MissingWords(f"{what.key}: {error}") from error

    def _fill(self, value: object) -> object:
        if isinstance(value, Text):
            return self.render(value)
        if isinstance(value, tuple):
            return "\n".join(self.render(line) for line in value)
        return value

    def has(self, key: str) -> bool:
        """Whether the catalogue has this sentence."""
        return key in self.sentences

    def gaps(self, key: str) -> set[str]:
        """The names of a sentence's gaps."""
        return {name for _, name, _, _ in string.Formatter().parse(self.sentences[key]) if name}


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    """(dotted key, sentence) of a TOML tree."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)


@cache
def shipped(folder: Path) -> Mapping[str, str]:
    """The sentences shipped with the program, read once."""
    found: dict[str, str] = {}
    for file in sorted(folder.glob("*.toml")):
        found.update(flatten(tomllib.loads(file.read_text(encoding="utf-8"))))
    return found


def load(folder: Path, override: Path | None = None) -> Catalogue:
    """The catalogue of a folder, a station's own sentences (`override`) replacing the shipped ones.

    Raises ValueError naming the key where the station's file holds a key or a gap the program does not know.
    """
    ours = Catalogue(shipped(folder))
    if override is None:
        return ours
    changed = dict(flatten(tomllib.loads(override.read_text(encoding="utf-8"))))
    station = Catalogue({**ours.sentences, **changed})
    for key in changed:
        if not ours.has(key):
            raise ValueError(f"{override}: {key}")
        if not station.gaps(key) <= ours.gaps(key):
            raise ValueError(f"{override}: {key}: {sorted(station.gaps(key) - ours.gaps(key))}")
    return station
