"""What must not be said aloud (证件号、电话、卡号、车牌、门牌), found and masked; and record codes.

A floor made to be hardened: each pass blanks what it found before the next one reads, so a new form of
writing is one more pass. Every pattern is bounded, so the whole is linear in the length of the text.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from handlers.reading.codes import OFFICIAL_LINES, Code, codes
from handlers.reading.digit_runs import find_embedded, find_runs
from handlers.reading.doors import find_doors
from handlers.reading.normal import fold

__all__ = ["MASKS", "OFFICIAL_LINES", "Code", "Found", "codes", "find", "mask"]

MASKS = {
    "id": "〔身份证号〕",
    "phone": "〔电话〕",
    "card": "〔银行卡〕",
    "plate": "〔车牌〕",
    "door": "〔门牌〕",
    "house": "〔门牌〕",
    "coordinate": "〔坐标〕",
    "number": "〔号码〕",
}
_BLANK = "\x00"
_NUMERALS = str.maketrans(
    "零〇○洞一幺壹二贰两三叁四肆五伍六陆七柒拐八捌九玖勾",
    "00001112223344556677788999",
)
_COORDINATE = re.compile(r"(?<![0-9.])-?[0-9]{1,3}\.[0-9]{4,15}[ ,;/]{1,3}-?[0-9]{1,3}\.[0-9]{4,15}")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE_HEAD = rf"[{_PROVINCES}][ ·\-.]{{0,2}}[A-Za-z][ ·•\-.]{{0,3}}"
_PLATE_BODIES = (
    r"[A-Za-z0-9]{5,6}|[A-Za-z0-9]{4}[挂学警港澳领超]",
    r"(?:[A-Za-z0-9][ \-·.]{1,2}){4,5}[A-Za-z0-9]",
    r"[A-Za-z0-9]{2,3}[ \-·.]{1,2}[A-Za-z0-9]{2,3}",
)
_PLATES = (
    *(re.compile(rf"{_PLATE_HEAD}(?P<body>{body})(?![A-Za-z0-9])") for body in _PLATE_BODIES),
    re.compile(
        r"(?:车牌|牌照|车号)(?:号码|号)?(?:是|为|:)?[ :]{0,2}"
        r"(?P<body>[A-Za-z]?[ ·]?[A-Za-z0-9]{5,6})(?![A-Za-z0-9])"
    ),
    re.compile(r"WJ ?[一-龥]? ?(?P<body>[0-9]{4}[0-9A-Za-z])(?![A-Za-z0-9])"),
)


@dataclass(frozen=True, order=True)
class Found:
    """One thing not to be said aloud: span (start, end) in characters of the text, kind a key of MASKS."""

    span: tuple[int, int]
    kind: str


def find(text: str, keep: Iterable[str] = ()) -> list[Found]:
    """Return what must not be said aloud in text, left to right, without overlap.

    text: as typed; full-width, spaced, dashed and spelt-out forms are read. keep: numbers that may
    stand besides OFFICIAL_LINES, such as the station's own telephone; compared by digits and
    letters only. Never raises.
    """
    kept = OFFICIAL_LINES | {_bare(number) for number in keep}
    work = fold(text)
    found: list[Found] = []
    for one_pass in (_coordinates, _plates, _digits, _spelt_plates, _spelt_digits, _doors):
        hits = list(one_pass(work, kept))
        found.extend(hits)
        work = _blank(work, hits)
    return [Found((one.span[0], _past_marks(text, one.span[1])), one.kind) for one in _without_overlap(found)]


def mask(text: str, keep: Iterable[str] = (), *, doors: bool = True) -> str:
    """Return text with everything `find` finds replaced by a short word in 〔〕; the rest stays as typed.

    keep: as in `find`. doors: True for a public group, where house numbers (大侯村58号, 中山路18号) go too;
    False for a team group, which may see the building or house. Floor, unit and room go in both.
    """
    return masked(text, find(text, keep), doors=doors)


def masked(text: str, found: Iterable[Found], *, doors: bool = True) -> str:
    """Like `mask`, where it has been found already."""
    parts: list[str] = []
    position = 0
    for one in found:
        if one.kind == "house" and not doors:
            continue
        start, end = one.span
        parts += (text[position:start], MASKS[one.kind])
        position = end
    return "".join((*parts, text[position:]))


def _bare(number: str) -> str:
    """Reduce a number to its digits and capital letters, for comparing."""
    return "".join(character for character in fold(number).upper() if character.isalnum())


def _past_marks(text: str, end: int) -> int:
    """Move an end past the invisible marks (such as keycaps) of the last character."""
    while end < len(text) and unicodedata.category(text[end]) in ("Mn", "Me", "Cf"):
        end += 1
    return end


def _blank(text: str, hits: list[Found]) -> str:
    """Put blanks where something was found, so that no later pass reads a part of it again."""
    pieces: list[str] = []
    position = 0
    for one in _without_overlap(hits):
        start, end = one.span
        pieces += (text[position:start], _BLANK * (end - start))
        position = end
    return "".join((*pieces, text[position:]))


def _without_overlap(hits: list[Found]) -> list[Found]:
    """Sort by place and join overlapping finds; the first one's kind names the whole."""
    joined: list[Found] = []
    for one in sorted(hits):
        if joined and one.span[0] < joined[-1].span[1]:
            start, end = joined[-1].span
            joined[-1] = Found((start, max(end, one.span[1])), joined[-1].kind)
        else:
            joined.append(one)
    return joined


def _coordinates(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Find latitude and longitude precise enough to be a home (four decimals: about 10 m)."""
    for match in _COORDINATE.finditer(text):
        yield Found(match.span(), "coordinate")


def _plates(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Find vehicle plates, new-energy ones with six places among them."""
    for pattern in _PLATES:
        for match in pattern.finditer(text):
            body = _bare(match["body"])
            if 5 <= len(body) <= 7 and any(map(str.isdecimal, body)) and _bare(match.group()) not in kept:
                yield Found(match.span(), "plate")


def _digits(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Find identity, telephone and card numbers written in digits."""
    for run in find_runs(text):
        groups = re.findall(r"[0-9]+", text[slice(*run.span)])
        if run.digits not in kept and not all(group in kept for group in groups):
            yield Found(run.span, run.kind)


def _spelt_plates(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Find plates whose digits are spelt (晋E一二三四五)."""
    return _plates(text.translate(_NUMERALS), kept)


def _spelt_digits(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Find numbers with spelt digits in them (一三八零零…, 幺三八洞洞…)."""
    spelt = text.translate(_NUMERALS)
    for reader in (find_runs, find_embedded):
        for run in reader(spelt):
            start, end = run.span
            if run.digits not in kept and spelt[start:end] != text[start:end]:
                yield Found(run.span, run.kind)


def _doors(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Find floors, units, rooms and house numbers."""
    for kind, span in find_doors(text.translate(_NUMERALS)):
        if _bare(text[slice(*span)]) not in kept:
            yield Found(span, kind)
