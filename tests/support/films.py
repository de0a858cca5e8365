"""Films and voices for tests, made byte by byte, with hidden data that must go."""

import struct

from jobs.clean_sound import _sum

PLACE = b"+30.2741+120.1551/"
MAKER = b"SECRETCAM"
PICTURES = (b"first picture.", b"second picture", b"third")
SOUNDS = (b"la", b"lala")
POSITIONS = (b"$GPS 30.2741N 120.1551E 1", b"$GPS 30.2741N 120.1551E 2")


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of ISO base media."""
    inside = b"".join(parts)
    return struct.pack(">I4s", len(inside) + 8, kind) + inside


def _table(samples: tuple[bytes, ...], offsets: list[int], entry: bytes) -> bytes:
    sizes = struct.pack(f">II{len(samples)}I", 0, len(samples), *map(len, samples))
    return box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), entry),
        box(b"stts", struct.pack(">IIII", 0, 1, len(samples), 40)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
        box(b"stsz", struct.pack(">I", 0), sizes),
        box(b"stco", struct.pack(f">II{len(offsets)}I", 0, len(offsets), *offsets)),
    )


def _track(number: int, handler: bytes, samples: tuple[bytes, ...], offsets: list[int], entry: bytes) -> bytes:
    made = struct.pack(">IIII", 0, 0xDEADBEE1, 0xDEADBEE2, number)
    return box(
        b"trak",
        box(b"tkhd", made, bytes(68)),
        box(
            b"mdia",
            box(b"mdhd", struct.pack(">IIIIII", 0, 0xDEADBEE3, 0xDEADBEE4, 1000, 40, 0)),
            box(b"hdlr", bytes(8), handler, bytes(12), MAKER + b" handler\0"),
            box(
                b"minf",
                box(b"vmhd", bytes(12)),
                box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", struct.pack(">I", 1)))),
                _table(samples, offsets, entry),
            ),
        ),
        box(b"udta", box(b"name", MAKER)),
    )


def film(*, pieces: bool = False) -> bytes:
    """A film with a track of pictures, of sound, and of positions, and with its place and maker in many boxes."""
    named = b"\x0fSECRETCAM coder".ljust(32, b"\0")
    coder = struct.pack(">6xH", 1) + bytes(4) + MAKER[:4] + bytes(26) + named + bytes(4)
    pictures = box(b"avc1", coder, box(b"avcC", b"\x01\x64\x00\x1f"))
    voices, where = box(b"mp4a", bytes(28), box(b"esds", b"\x00\x00\x00\x00\x03")), box(b"gpmd", bytes(8))
    between = b"-hidden-between-"
    parts = [(0, one) for one in PICTURES] + [(1, one) for one in SOUNDS] + [(2, one) for one in POSITIONS]
    head = box(b"ftyp", b"isom", bytes(4), b"isomavc1")
    offsets: list[list[int]] = [[], [], []]
    data, at = b"", len(head) + 8
    for track, one in parts:
        data += between
        offsets[track].append(at + len(data))
        data += one
    tracks = [
        _track(1, b"vide", PICTURES, offsets[0], pictures),
        _track(2, b"soun", SOUNDS, offsets[1], voices),
        _track(3, b"meta", POSITIONS, offsets[2], where),
    ]
    made = struct.pack(">IIIII", 0, 0xDEADBEE5, 0xDEADBEE6, 1000, 40)
    moov = box(
        b"moov",
        box(b"mvhd", made, bytes(80)),
        *tracks,
        box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(PLACE), 0), PLACE), box(b"meta", bytes(4), MAKER)),
        box(b"meta", bytes(4), box(b"keys", b"com.apple.quicktime.location.ISO6709"), PLACE),
    )
    tail = box(b"uuid", bytes(16), MAKER), box(b"free", PLACE), box(b"odd!", MAKER)
    more = box(b"moof", box(b"mfhd", bytes(8)), box(b"traf", box(b"tfhd", bytes(8)))) if pieces else b""
    return head + box(b"mdat", data) + moov + more + b"".join(tail)


def page(stream: int, number: int, flags: int, *packets: bytes) -> bytes:
    """A page of an Ogg stream holding whole packets."""
    pieces = b"".join(b"\xff" * (len(one) // 255) + bytes((len(one) % 255,)) for one in packets)
    head = struct.pack("<4sBBQIIIB", b"OggS", 0, flags, number * 960, stream, number, 0, len(pieces))
    whole = bytearray(head + pieces + b"".join(packets))
    struct.pack_into("<I", whole, 22, _sum(whole))
    return bytes(whole)


def comments(*, begins: bytes = b"OpusTags", ends: bytes = b"") -> bytes:
    """A packet of comments that tell who made it and where."""
    words = b"LOCATION=" + PLACE, b"ARTIST=" + MAKER + b"x" * 300
    listed = b"".join(struct.pack("<I", len(one)) + one for one in words)
    return begins + struct.pack("<I", len(MAKER)) + MAKER + struct.pack("<I", len(words)) + listed + ends


def voice(head: bytes = b"OpusHead\x01\x01", told: bytes | None = None) -> bytes:
    """A voice message: head, comments, sound."""
    return page(7, 0, 2, head) + page(7, 1, 0, told or comments()) + page(7, 2, 4, b"sound one", b"sound two")
