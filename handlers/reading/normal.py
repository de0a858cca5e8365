"""One shape for what people type (归一): half-width, simplified, nothing hidden, and never a moved index."""

import unicodedata

from handlers.reading.normal_table import SIMPLIFIED, TRADITIONAL

_KNOWN_LIMIT = 20_000
_HIDDEN_RANGES = (
    (0x0300, 0x036F),  # combining marks, strike-through among them
    (0x115F, 0x1160),  # Hangul fillers, drawn as nothing
    (0x20D0, 0x20FF),  # keycap and other enclosing marks
    (0xFE00, 0xFE0F),  # variation selectors
    (0xE0100, 0xE01EF),
)
_HIDDEN_SINGLE = frozenset((0x2800, 0x3164, 0xFFA0))
_DASHES = frozenset("‐‑‒–−﹣－")


def is_hidden(character: str) -> bool:
    """Tell whether a character is drawn as nothing, controls the terminal or only decorates its neighbour."""
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs"):
        return character != "\n"
    point = ord(character)
    return point in _HIDDEN_SINGLE or any(low <= point <= high for low, high in _HIDDEN_RANGES)


class _Folding(dict[int, int]):
    """Code point → folded code point, worked out when first met; when full it stops growing but answers."""

    def __missing__(self, point: int) -> int:
        folded = _fold_character(chr(point))
        if len(self) < _KNOWN_LIMIT:
            self[point] = folded
        return folded


def _fold_character(character: str) -> int:
    """Fold one character that is not in the table of traditional ones."""
    if is_hidden(character):
        return ord(" ")
    if character in _DASHES:
        return ord("-")
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return ord("0") + digit
    composed = unicodedata.normalize("NFKC", character)
    if len(composed) != 1 or composed == character:
        return ord(character)
    return _TRADITIONAL_POINTS.get(ord(composed)) or _fold_character(composed)


_TRADITIONAL_POINTS: dict[int, int] = str.maketrans(TRADITIONAL, SIMPLIFIED)
_FOLDING = _Folding(_TRADITIONAL_POINTS)


def fold(text: str) -> str:
    """Return text with every character folded to one reading form; the length (in characters) never changes.

    Full-width letters, digits and signs become half-width, digits of any script 0–9, traditional characters
    simplified ones, dashes "-", invisible and control characters a space. A new line
    stays: it ends a sentence.
    """
    return text.translate(_FOLDING)
