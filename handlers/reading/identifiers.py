"""What must not be said aloud (证件号、电话、卡号、车牌、门牌、坐标), found and masked; and record codes.

Each pass blanks what it found before the next one reads, so a new form of writing is one more pass. Every
pattern is bounded, so the whole is linear in the length of the text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from handlers.reading.codes import OFFICIAL_LINES, Code, codes
from handlers.reading.coordinates import find_coordinates
from handlers.reading.digit_runs import find_embedded, find_runs
from handlers.reading.doors import find_doors
from handlers.reading.normal import is_hidden
from handlers.reading.plates import find_plates
from handlers.reading.visible import Visible, spelt, visible

__all__ = ["MASKS", "OFFICIAL_LINES", "Code", "Found", "codes", "find", "mask", "mask_but_links"]

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
_DWELLING = ("住", "住在", "单元", "栋", "幢", "座", "-", "层")
_LINK = re.compile(r"https?://[^\s，。；、！）)》”]+", re.I)
_NOT_IN_LINKS = frozenset({"id", "phone", "coordinate"})


_CHECKSUM = re.compile(r"(?<![0-9A-Za-z一-龥])(?=[0-9]*[a-f])(?:[0-9a-f]{8}|[0-9a-f]{64})(?![0-9A-Za-z])")
"""A SHA-256 or its first eight signs, as the bot says them of approvals and of the audit chain: nobody's number."""


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
    typed = visible(text)
    plain = _CHECKSUM.sub(lambda seen: _BLANK * len(seen.group()), typed.text)
    work, hits = _read(plain, (_coordinates, _plates, _digits), kept)
    said = spelt(work)
    _, spelt_hits = _read(said.text, (_coordinates, _plates, _spelt_digits(said, work), _doors), kept)
    hits += [Found(said.back(one.span), one.kind) for one in spelt_hits]
    found = [Found(typed.back(one.span), one.kind) for one in _without_overlap(hits)]
    return [Found((one.span[0], _past_marks(text, one.span[1])), one.kind) for one in _without_overlap(found)]


def mask(text: str, keep: Iterable[str] = (), *, doors: bool = True) -> str:
    """Return text with everything `find` finds replaced by a short word in 〔〕; the rest stays as typed.

    keep: as in `find`. doors: True for a public group, where house numbers (大侯村58号, 中山路18号) go too;
    False for a team group, which may see the building or house. Floor, unit and room go in both.
    """
    return masked(text, find(text, keep), doors=doors)


def mask_but_links(text: str, keep: Iterable[str] = (), *, doors: bool = True) -> str:
    """Like `mask`, but links stay as typed: the digits in them are the page's.

    A link in which a telephone or identity number or a place stands is masked like the rest.
    """
    kept = tuple(keep)
    parts: list[str] = []
    position = 0
    for link in _LINK.finditer(text):
        if not any(found.kind in _NOT_IN_LINKS for found in find(link.group(), kept)):
            parts += (mask(text[position : link.start()], kept, doors=doors), link.group())
            position = link.end()
    return "".join((*parts, mask(text[position:], kept, doors=doors)))


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


Pass = Callable[[str, frozenset[str]], Iterable[Found]]


def _read(work: str, passes: Iterable[Pass], kept: frozenset[str]) -> tuple[str, list[Found]]:
    """Let each pass read what the ones before it left; the text with blanks, and all that was found."""
    found: list[Found] = []
    for one_pass in passes:
        hits = list(one_pass(work, kept))
        found += hits
        work = _blank(work, hits)
    return work, found


def _bare(number: str) -> str:
    """Reduce a number to its digits and capital letters, for comparing."""
    return "".join(character for character in visible(number).text.upper() if character.isalnum())


def _past_marks(text: str, end: int) -> int:
    """Move an end past the invisible marks (such as keycaps) of the last character."""
    while end < len(text) and is_hidden(text[end]) and not text[end].isspace():
        end += 1
    return end


def _blank(text: str, hits: Iterable[Found]) -> str:
    """Put blanks where something was found, so that no later pass reads a part of it again."""
    pieces: list[str] = []
    position = 0
    for one in _without_overlap(hits):
        start, end = one.span
        pieces += (text[position:start], _BLANK * (end - start))
        position = end
    return "".join((*pieces, text[position:]))


def _without_overlap(hits: Iterable[Found]) -> list[Found]:
    """Sort by place and join overlapping finds; the first one's kind names the whole, and a room is no house."""
    joined: list[Found] = []
    for one in sorted(hits):
        if joined and one.span[0] < joined[-1].span[1]:
            start, end = joined[-1].span
            kind = "door" if (joined[-1].kind, one.kind) == ("house", "door") else joined[-1].kind
            joined[-1] = Found((start, max(end, one.span[1])), kind)
        else:
            joined.append(one)
    return joined


def _coordinates(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Find latitudes and longitudes precise enough to be a home."""
    return (Found(span, "coordinate") for span in find_coordinates(text))


def _plates(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Find vehicle plates."""
    return (Found(span, "plate") for span in find_plates(text) if _bare(text[slice(*span)]) not in kept)


def _digits(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Find identity, telephone and card numbers written in digits."""
    for run in find_runs(text):
        if not _is_kept(run.digits, text[slice(*run.span)], kept):
            yield Found(run.span, run.kind)


def _spelt_digits(said: Visible, work: str) -> Pass:
    """A pass that finds numbers with spelt digits in them (一三八零零…, 幺三八洞洞…); `said` was read from `work`."""

    def read(text: str, kept: frozenset[str]) -> Iterator[Found]:
        for reader in (find_runs, find_embedded):
            hits = []
            for run in reader(text):
                shown = text[slice(*run.span)]
                if shown != work[slice(*said.back(run.span))] and not _is_kept(run.digits, shown, kept):
                    hits.append(Found(run.span, run.kind))
            yield from hits
            text = _blank(text, hits)

    return read


def _is_kept(digits: str, shown: str, kept: frozenset[str]) -> bool:
    """Whether a number is one that may stand, or several of them in a row (110、119)."""
    return digits in kept or all(group in kept for group in re.findall(r"[0-9]+", shown))


def _doors(text: str, kept: frozenset[str]) -> Iterator[Found]:
    """Find floors, units, rooms and house numbers; 楼下120来了 is the ambulance, 住120 a room."""
    for kind, (start, end) in find_doors(text):
        dwelling = text[:start].endswith(_DWELLING) or "门牌" in text[max(0, start - 6) : start]
        if kind == "house" or text[start:end] not in kept or dwelling:
            yield Found((start, end), kind)
