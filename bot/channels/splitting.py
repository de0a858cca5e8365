"""Splitting (分段): a long text becomes parts a platform takes, cut where a reader would pause."""

import unicodedata
from collections.abc import Iterator
from typing import Literal

Unit = Literal["utf16", "bytes"]

BORDERS = ("\n\n", "\n", "。！？；…!?;", "，、,:： \t")
"""Where to cut, the best first: between paragraphs, lines, sentences, phrases."""

JOINER = "\u200d"
STICKY = 32
"""How many characters one sign on the screen may be made of (a family of emoji and the like)."""


def length(text: str, unit: Unit = "utf16") -> int:
    """How long the platform finds a text: UTF-16 code units, or bytes of UTF-8."""
    if unit == "bytes":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(char > "\uffff" for char in text)


def split(text: str, most: int, unit: Unit = "utf16") -> list[str]:
    """The text in parts of at most `most` units, in order; blanks at the cuts are dropped, and nothing else.

    An empty or blank text has no parts. Raises ValueError where `most` does not hold a single character.
    """
    return list(_parts(text.strip(), most, unit))


def cut(text: str, most: int, unit: Unit = "utf16", sign: str = "……") -> str:
    """The text where it fits, else its beginning with a sign that there was more."""
    if length(text, unit) <= most:
        return text
    parts = split(text, most - length(sign, unit), unit)
    return parts[0] + sign if parts else ""


def _parts(text: str, most: int, unit: Unit) -> Iterator[str]:
    while text:
        room = _room(text, most, unit)
        if room == len(text):
            yield text
            return
        end = _border(text, room)
        part = text[:end].rstrip()
        if part:
            yield part
        text = text[end:].lstrip()


def _room(text: str, most: int, unit: Unit) -> int:
    """How many characters fit."""
    used = 0
    for place, char in enumerate(text):
        used += length(char, unit)
        if used > most:
            if place == 0:
                raise ValueError("not even one character fits")
            return place
    return len(text)


def _border(text: str, room: int) -> int:
    """The best place to cut in the second half of the room, else its very end."""
    for marks in BORDERS:
        ends = [marks] if marks.startswith("\n") else list(marks)
        best = max(text.rfind(mark, room // 2, room) + len(mark) for mark in ends)
        if room // 2 < best <= room:
            return best
    for place in range(room, max(room - STICKY, 0), -1):
        if not _sticks(text, place):
            return place
    return room


def _sticks(text: str, place: int) -> bool:
    """Whether the characters around this place make one sign on the screen."""
    after = text[place]
    joined = JOINER in (after, text[place - 1])
    return joined or bool(unicodedata.combining(after)) or "\ufe00" <= after <= "\ufe0f" or "🏻" <= after <= "🏿"
