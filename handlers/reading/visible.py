"""What the eye reads (看得见的字): nothing hidden, one shape for each digit, and the way back to what was typed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import category, normalize

from handlers.reading.normal import fold, is_hidden

_KNOWN_LIMIT = 20_000
_DASHES = frozenset("—―⸺⸻")
_ROWS = ("零〇○洞", "一幺壹弌", "二两贰弍", "三叁参弎", "四肆", "五伍", "六陆", "七柒拐", "八捌", "九玖勾")
_NUMERALS = str.maketrans(
    {character: str(digit) for digit, row in enumerate(_ROWS) for character in row}
    | {"拾": "十", "佰": "百", "仟": "千"}
)
_COMPOUND = re.compile(
    r"(?:(?P<thousands>[1-9])千(?:0(?=[1-9]百))?)?(?:(?P<hundreds>[1-9])百)?"
    r"(?:(?:(?<=[千百])0)?(?P<tens>[1-9])?(?P<ten>十)(?P<ones>[1-9])?|(?P<zero>0?)(?P<last>[1-9])(?![0-9]))?"
)
_SCALED = re.compile(r"(?<![0-9十百千])[0-9十百千]*[十百千][0-9十百千]*")


@dataclass(frozen=True, slots=True)
class Visible:
    """A text as it is read; `starts` and `ends` say for each character where what it stands for was typed."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def back(self, span: tuple[int, int]) -> tuple[int, int]:
        """The span, in characters of what was typed, of a span (not empty) of what is read."""
        return self.starts[span[0]], self.ends[span[1] - 1]


class _Pieces(dict[str, str]):
    """Character → what is read for it: nothing, one character or several; when full it stops growing but answers."""

    def __missing__(self, character: str) -> str:
        piece = _piece(character)
        if len(self) < _KNOWN_LIMIT:
            self[character] = piece
        return piece


def _piece(character: str) -> str:
    if character == "\n":
        return character
    kind = category(character)
    if kind in ("Zs", "Zl", "Zp") or character in "\t\r\x0b\x0c\x85":
        return " "
    if is_hidden(character):
        return ""
    if character in _DASHES:
        return "-"
    folded = fold(character)
    spread = normalize("NFKC", character)
    if len(spread) == 1 or folded.isascii():
        return folded
    return "".join(_PIECES[one] for one in spread)


_PIECES = _Pieces({"🔟": "10"})


def visible(text: str) -> Visible:
    """Return text without invisible characters (zero width, keycap marks), every digit as 0–9.

    Full-width, ringed, keycap and other digits become 0–9, ⑫ becomes 12, traditional characters simplified ones,
    dashes "-", every kind of blank but the new line a space. Never raises.
    """
    pieces = [_PIECES[character] for character in text]
    shown = "".join(pieces)
    if len(shown) == len(text) and all(pieces):
        return Visible(shown, range(len(text)), range(1, len(text) + 1))
    starts = [place for place, piece in enumerate(pieces) for _ in piece]
    return Visible(shown, starts, [place + 1 for place in starts])


def spelt(text: str) -> Visible:
    """Return a visible text with its Chinese numerals as digits: 幺三八, 壹叁捌, 一百三十八 and 廿 tens are read.

    A number with 十, 百 or 千 becomes the digits of its value; each of them leads back to the whole number.
    """
    digits = text.translate(_NUMERALS)
    shown: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for start, end, value in _compounds(digits):
        shown += (digits[position:start], value)
        starts += (*range(position, start), *[start] * len(value))
        ends += (*range(position + 1, start + 1), *[end] * len(value))
        position = end
    if not position:
        return Visible(digits, range(len(digits)), range(1, len(digits) + 1))
    return Visible(
        "".join((*shown, digits[position:])),
        [*starts, *range(position, len(digits))],
        [*ends, *range(position + 1, len(digits) + 1)],
    )


def _compounds(digits: str) -> list[tuple[int, int, str]]:
    """(start, end, digits of its value) of each number written with 十, 百 or 千."""
    found = []
    for run in _SCALED.finditer(digits):
        position = run.start()
        while position < run.end():
            match = _COMPOUND.match(digits, position)
            if match is None or not (match["thousands"] or match["hundreds"] or match["ten"]):
                position += 1
                continue
            found.append((position, match.end(), str(_value(match))))
            position = match.end()
    return found


def _value(match: re.Match[str]) -> int:
    """The value of 一千二百三十四; 一百二 is 120, as people say it."""
    value = int(match["thousands"] or 0) * 1000 + int(match["hundreds"] or 0) * 100
    if match["ten"]:
        return value + int(match["tens"] or 1) * 10 + int(match["ones"] or 0)
    if match["last"]:
        return value + int(match["last"]) * (10 if match["hundreds"] and not match["zero"] else 1)
    return value
