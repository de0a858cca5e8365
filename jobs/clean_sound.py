"""Voices without their hidden data: Ogg, MP3, AMR, SILK and WAV freed of comments and tags; pure, bounded.

Sources: RFC 3533 (Ogg), RFC 7845 (Opus comments), the Vorbis I specification, id3.org (ID3v1, ID3v2.4), RFC 4867 (AMR).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MOST_PAGES: Final = 200_000
_AMR: Final = {b"#!AMR\n": (12, 13, 15, 17, 19, 20, 26, 31, 5, 6, 5, 5, 0, 0, 0, 0)}
_AMR[b"#!AMR-WB\n"] = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5, 0, 0, 0, 0, 0, 0)
_SILK: Final = b"#!SILK_V3"
_COMMENTS: Final = {b"OpusHead": b"OpusTags", b"\x01vorbis": b"\x03vorbis", b"Speex   ": b""}
"""How a stream's first packet begins, and how its second one does, which holds the comments."""


class NoSound(Exception):
    """The bytes are no sound of a kind that can be freed of its hidden data."""


def clean(blob: bytes) -> tuple[bytes, str]:
    """The sound alone and its kind (a media type); raises NoSound."""
    try:
        return _clean(blob)
    except (struct.error, IndexError, OverflowError, ValueError) as error:
        raise NoSound("malformed") from error


def _clean(blob: bytes) -> tuple[bytes, str]:
    if blob.startswith(b"OggS"):
        return _ogg(bytearray(blob)), "audio/ogg"
    if blob.startswith(b"#!AMR"):
        return _amr(blob), "audio/amr"
    if blob.startswith((_SILK, b"\x02" + _SILK)):
        return _silk(blob), "audio/silk"
    if blob.startswith(b"RIFF") and blob[8:12] == b"WAVE":
        return _wav(blob), "audio/wav"
    if blob.startswith(b"ID3") or _is_frame(blob, 0):
        return _mp3(blob), "audio/mpeg"
    raise NoSound("no sound of a known kind")


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of an Ogg stream: where it begins, where its content begins, and the lengths of its pieces."""

    start: int
    inside: int
    pieces: tuple[int, ...]
    stream: int
    first: bool

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.inside + sum(self.pieces)


def _pages(sound: bytearray) -> Iterator[_Page]:
    at = count = 0
    while at < len(sound):
        version, flags = sound[at + 4], sound[at + 5]
        if bytes(sound[at : at + 4]) != b"OggS" or version != 0:
            raise NoSound("no page")
        (stream,) = struct.unpack_from("<I", sound, at + 14)
        inside = at + 27 + sound[at + 26]
        pieces = tuple(sound[at + 27 : inside])
        page = _Page(at, inside, pieces, stream, bool(flags & 2))
        count += 1
        if page.end > len(sound) or count > MOST_PAGES:
            raise NoSound("page does not fit")
        yield page
        at = page.end


def _ogg(sound: bytearray) -> bytes:
    """Blank the second packet of each stream, as long as before, and reckon the sums of its pages anew."""
    pages = list(_pages(sound))
    for stream in {page.stream for page in pages}:
        own = [page for page in pages if page.stream == stream]
        if not own[0].first or sum(page.first for page in own) != 1:
            raise NoSound("stream without a beginning")
        spans = list(_first_packets(own))
        head = b"".join(bytes(sound[start:end]) for start, end in spans[0])
        begins = next((begin for begin in _COMMENTS if head.startswith(begin)), None)
        if begins is None:
            raise NoSound("unknown coder")
        _blank_comments(sound, spans[1], _COMMENTS[begins])
    for page in pages:
        sound[page.start + 22 : page.start + 26] = bytes(4)
        struct.pack_into("<I", sound, page.start + 22, _sum(sound[page.start : page.end]))
    return bytes(sound)


def _first_packets(pages: list[_Page]) -> Iterator[list[tuple[int, int]]]:
    """The ranges of the first two packets of a stream, which may go over several pages."""
    found: list[tuple[int, int]] = []
    count = 0
    for page in pages:
        at = page.inside
        for piece in page.pieces:
            found.append((at, at + piece))
            at += piece
            if piece < 255:
                yield found
                found, count = [], count + 1
                if count == 2:
                    return
    raise NoSound("no comments where they must stand")


def _blank_comments(sound: bytearray, spans: list[tuple[int, int]], begins: bytes) -> None:
    """Let the maker's name, empty, take all the room the comments had: the packet stays as long."""
    old = b"".join(bytes(sound[start:end]) for start, end in spans)
    ends = b"\x01" if begins == b"\x03vorbis" else b""
    room = len(old) - len(begins) - 8 - len(ends)
    if not old.startswith(begins) or room < 0:
        raise NoSound("comments malformed")
    new = begins + struct.pack("<I", room) + b" " * room + struct.pack("<I", 0) + ends
    at = 0
    for start, end in spans:
        sound[start:end] = new[at : at + end - start]
        at += end - start


def _table() -> tuple[int, ...]:
    found = []
    for number in range(256):
        value = number << 24
        for _ in range(8):
            value = (value << 1) ^ 0x04C11DB7 if value & 0x80000000 else value << 1
        found.append(value & 0xFFFFFFFF)
    return tuple(found)


_TABLE: Final = _table()


def _sum(page: bytearray) -> int:
    """The sum of a page (CRC-32, polynomial 0x04c11db7, neither turned round nor inverted)."""
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ _TABLE[(value >> 24) ^ byte]
    return value


def _amr(blob: bytes) -> bytes:
    """The frames; AMR has no room for words, so what follows the last whole frame is none of it."""
    begins = next((one for one in _AMR if blob.startswith(one)), None)
    if begins is None:
        raise NoSound("unknown coder")
    at = len(begins)
    while at < len(blob):
        frame = blob[at]
        end = at + 1 + _AMR[begins][(frame >> 3) & 15]
        if frame & 0x83 or end > len(blob):
            break
        at = end
    return blob[:at]


def _silk(blob: bytes) -> bytes:
    at = blob.index(_SILK) + len(_SILK)
    while at + 2 <= len(blob):
        (long,) = struct.unpack_from("<H", blob, at)
        if long == 0xFFFF or at + 2 + long > len(blob):
            break
        at += 2 + long
    return blob[:at]


def _wav(blob: bytes) -> bytes:
    """The form of the sound and the sound; what else a program wrote beside it goes."""
    kept, at = b"", 12
    while at + 8 <= len(blob):
        kind, size = struct.unpack_from("<4sI", blob, at)
        end = min(at + 8 + size, len(blob))
        if kind in (b"fmt ", b"fact", b"data"):
            part = blob[at + 8 : end]
            kept += struct.pack("<4sI", kind, len(part)) + part + b"\0" * (len(part) % 2)
        at = end + size % 2
    if b"fmt " not in kept or b"data" not in kept:
        raise NoSound("no sound in it")
    return struct.pack("<4sI4s", b"RIFF", len(kept) + 4, b"WAVE") + kept


def _is_frame(blob: bytes, at: int) -> bool:
    """Whether a frame of MPEG sound begins here."""
    head = blob[at : at + 4]
    return len(head) == 4 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0 and head[2] >> 4 != 15


def _mp3(blob: bytes) -> bytes:
    """The frames between the tags before and behind."""
    at, end = 0, len(blob)
    while blob[at : at + 3] == b"ID3":
        a, b, c, d = blob[at + 6 : at + 10]
        if max(a, b, c, d) > 127:
            raise NoSound("tag malformed")
        footer = 10 if blob[at + 5] & 0x10 else 0
        at += 10 + footer + (a << 21 | b << 14 | c << 7 | d)
    while at < end and blob[at] == 0:
        at += 1
    if end - at >= 128 and blob[end - 128 : end - 125] == b"TAG":
        end -= 128
    if end - at >= 32 and blob[end - 32 : end - 24] == b"APETAGEX":
        (size, _, flags) = struct.unpack_from("<III", blob, end - 20)
        end -= size + (32 if flags & 0x80000000 else 0)
    if end <= at or not _is_frame(blob, at):
        raise NoSound("no sound in it")
    return blob[at:end]
