"""Films without their hidden data: MP4 and MOV (ISO base media, ISO/IEC 14496-12) blanked in place; pure, bounded.

Nothing is re-encoded and no byte moves, so that every offset stays true. A box nobody needs in order to see and hear
the film (`udta`, `meta`, `uuid` and whatever is unknown) becomes `free` and its bytes zero; so do tracks that are
neither picture nor sound (a camera's positions), and every byte of the media data that no kept track refers to. Times
of making, names of handlers and coders are zeroed. What a coder wrote into the pictures themselves stays.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

MOST_BOXES: Final = 20_000
MOST_DATA: Final = 64
MOST_CHUNKS: Final = 500_000
MOST_SAMPLES: Final = 4_000_000

_KEPT: Final[Mapping[bytes, frozenset[bytes]]] = {
    b"": frozenset((b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"styp")),
    b"moov": frozenset((b"mvhd", b"trak", b"mvex", b"iods")),
    b"trak": frozenset((b"tkhd", b"edts", b"mdia")),
    b"edts": frozenset((b"elst",)),
    b"mdia": frozenset((b"mdhd", b"hdlr", b"minf")),
    b"minf": frozenset((b"vmhd", b"smhd", b"dinf", b"stbl")),
    b"dinf": frozenset((b"dref",)),
    b"stbl": frozenset(
        (b"stsd", b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stco", b"co64", b"stss", b"sdtp", b"sgpd", b"sbgp")
    ),
    b"mvex": frozenset((b"mehd", b"trex")),
    b"moof": frozenset((b"mfhd", b"traf")),
    b"traf": frozenset((b"tfhd", b"tfdt", b"trun", b"sgpd", b"sbgp")),
}
_SEEN_AND_HEARD: Final = (b"vide", b"soun")
_CODERS: Final = (b"avc1", b"avc3", b"hvc1", b"hev1", b"mp4v", b"vp08", b"vp09", b"av01", b"s263", b"jpeg", b"dvh1")
_NAMED: Final = {b"mvhd": 4, b"tkhd": 4, b"mdhd": 4}


class NoFilm(Exception):
    """The bytes are no film of a kind that can be freed of its hidden data."""


@dataclass(frozen=True, slots=True)
class _Box:
    """A box: its kind, where it begins, where its content begins, where it ends; what it lies in, as kinds."""

    kind: bytes
    start: int
    inside: int
    end: int
    within: bytes


def clean(blob: bytes) -> bytes:
    """The film alone, as long as before; raises NoFilm."""
    try:
        return _clean(bytearray(blob))
    except (struct.error, IndexError, OverflowError, ValueError) as error:
        raise NoFilm("malformed") from error


def _clean(film: bytearray) -> bytes:
    top = list(_boxes(film, 0, len(film), b""))
    kinds = [box.kind for box in top]
    if b"moov" not in kinds or kinds[0] not in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        raise NoFilm("no film")
    if kinds.count(b"moov") != 1:
        raise NoFilm("two films")
    kept: list[tuple[int, int]] = []
    budget = _Budget()
    dropped = False
    for box in _tree(film, top, budget):
        if box.kind == b"trak" and box.within == b"moov":
            ranges = _samples(film, box, budget)
            if ranges is None:
                dropped = True
                _free(film, box)
            else:
                kept += ranges
        elif box.kind not in _KEPT[box.within]:
            _free(film, box)
        else:
            _blank_inside(film, box)
    if b"moof" in kinds:
        if dropped:
            raise NoFilm("in pieces, with more than picture and sound")
        return bytes(film)
    _blank_between(film, [box for box in top if box.kind == b"mdat"], kept)
    return bytes(film)


class _Budget:
    """How much may still be looked at, so that nothing made on purpose takes long."""

    def __init__(self) -> None:
        self.boxes, self.chunks, self.samples = MOST_BOXES, MOST_CHUNKS, MOST_SAMPLES

    def take(self, *, boxes: int = 0, chunks: int = 0, samples: int = 0) -> None:
        """Count; raises NoFilm where it is too much."""
        self.boxes, self.chunks, self.samples = self.boxes - boxes, self.chunks - chunks, self.samples - samples
        if min(self.boxes, self.chunks, self.samples) < 0:
            raise NoFilm("too long")


def _boxes(film: bytearray, at: int, end: int, within: bytes) -> Iterator[_Box]:
    """The boxes between two places, one behind another; raises NoFilm where they do not fit."""
    while at < end:
        if end - at < 8:
            if any(film[at:end]):
                raise NoFilm("ends in the middle")
            return
        size, kind = struct.unpack_from(">I4s", film, at)
        inside = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", film, inside)
            inside += 8
        elif size == 0:
            if within:
                raise NoFilm("endless box")
            size = end - at
        if size < inside - at or size > end - at:
            raise NoFilm("box does not fit")
        yield _Box(kind, at, inside, at + size, within)
        at += size


def _tree(film: bytearray, top: list[_Box], budget: _Budget) -> Iterator[_Box]:
    """Every box to be looked at, those inside after the one they lie in; nothing inside one that was freed."""
    waiting = list(reversed(top))
    while waiting:
        box = waiting.pop()
        budget.take(boxes=1)
        yield box
        now = bytes(film[box.start + 4 : box.start + 8])
        if now == box.kind and box.kind in _KEPT and box.kind:
            waiting += reversed(list(_boxes(film, box.inside, box.end, box.kind)))


def _free(film: bytearray, box: _Box) -> None:
    film[box.start + 4 : box.start + 8] = b"free"
    film[box.inside : box.end] = bytes(box.end - box.inside)


def _blank_inside(film: bytearray, box: _Box) -> None:
    """Zero what a kept box tells of its making."""
    if box.kind in _NAMED:
        width = 16 if film[box.inside] == 1 else 8
        if box.inside + 4 + width > box.end:
            raise NoFilm("header too short")
        film[box.inside + 4 : box.inside + 4 + width] = bytes(width)
    elif box.kind == b"hdlr":
        if box.end - box.inside < 24:
            raise NoFilm("header too short")
        # pre-defined 4, handler type 4, reserved 12 (QuickTime: maker, flags), then a name.
        if bytes(film[box.inside + 4 : box.inside + 8]) != b"mhlr":
            film[box.inside + 4 : box.inside + 8] = bytes(4)
        film[box.inside + 12 : box.end] = bytes(box.end - box.inside - 12)
    elif box.kind == b"stsd":
        _blank_coders(film, box)
    elif box.kind == b"dref":
        for entry in _boxes(film, box.inside + 8, box.end, b"dref"):
            if entry.kind not in (b"url ", b"alis") or not film[entry.inside + 3] & 1:
                raise NoFilm("lies elsewhere")
            film[entry.inside + 4 : entry.end] = bytes(max(entry.end - entry.inside - 4, 0))


def _blank_coders(film: bytearray, box: _Box) -> None:
    """Zero the maker's four letters and the coder's name of each picture entry (fixed places of 16 and 32 bytes)."""
    for entry in _boxes(film, box.inside + 8, box.end, b"stsd"):
        if entry.kind in _CODERS and entry.end - entry.inside >= 78:
            film[entry.inside + 12 : entry.inside + 16] = bytes(4)
            film[entry.inside + 42 : entry.inside + 74] = bytes(32)


def _find(film: bytearray, box: _Box, *path: bytes) -> _Box | None:
    for kind in path:
        found = next((one for one in _boxes(film, box.inside, box.end, box.kind) if one.kind == kind), None)
        if found is None:
            return None
        box = found
    return box


def _samples(film: bytearray, trak: _Box, budget: _Budget) -> list[tuple[int, int]] | None:
    """The ranges of bytes a track of picture or sound refers to; None for any other track."""
    handler = _find(film, trak, b"mdia", b"hdlr")
    if handler is None or bytes(film[handler.inside + 8 : handler.inside + 12]) not in _SEEN_AND_HEARD:
        return None
    table = _find(film, trak, b"mdia", b"minf", b"stbl")
    if table is None:
        raise NoFilm("no samples")
    sizes, per_chunk = _find(film, table, b"stsz"), _find(film, table, b"stsc")
    short, long = _find(film, table, b"stco"), _find(film, table, b"co64")
    where = short or long
    if sizes is None or per_chunk is None or where is None:
        raise NoFilm("no samples")
    same, count = struct.unpack_from(">II", film, sizes.inside + 4)
    (chunks,) = struct.unpack_from(">I", film, where.inside + 4)
    budget.take(chunks=chunks, samples=count)
    width = "Q" if short is None else "I"
    offsets = struct.unpack_from(f">{chunks}{width}", film, where.inside + 8)
    each = () if same else struct.unpack_from(f">{count}I", film, sizes.inside + 12)
    return list(_ranges(offsets, _runs(film, per_chunk), same, each, count))


def _runs(film: bytearray, box: _Box) -> list[tuple[int, int]]:
    """(first chunk from 1, samples of each chunk from there on)."""
    (entries,) = struct.unpack_from(">I", film, box.inside + 4)
    if entries * 12 > box.end - box.inside:
        raise NoFilm("table too long")
    return [struct.unpack_from(">II", film, box.inside + 8 + 12 * number) for number in range(entries)]


def _ranges(
    offsets: tuple[int, ...], runs: list[tuple[int, int]], same: int, each: tuple[int, ...], count: int
) -> Iterator[tuple[int, int]]:
    run, sample = -1, 0
    for chunk, offset in enumerate(offsets, 1):
        while run + 1 < len(runs) and runs[run + 1][0] <= chunk:
            run += 1
        if run < 0:
            raise NoFilm("no samples in the first chunk")
        some = min(runs[run][1], count - sample)
        long = same * some if same else sum(each[sample : sample + some])
        sample += some
        if long:
            yield offset, offset + long


def _blank_between(film: bytearray, data: list[_Box], kept: list[tuple[int, int]]) -> None:
    """Zero all media data no kept sample lies in."""
    if len(data) > MOST_DATA:
        raise NoFilm("too long")
    ordered = sorted(kept)
    for box in data:
        at = box.inside
        for start, end in ordered:
            if end <= at or start >= box.end:
                continue
            if start > at:
                film[at:start] = bytes(start - at)
            at = max(at, min(end, box.end))
        if at < box.end:
            film[at : box.end] = bytes(box.end - at)
