"""Voices lose their comments and tags; what is no sound of a known kind is refused."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.clean_sound import NoSound, _sum, clean
from tests.support.films import MAKER, PLACE, comments, page, voice

ID3 = b"ID3\x04\x00\x00" + bytes((0, 0, 1, 0)) + (MAKER + PLACE).ljust(128, b"\0")
FRAMES = b"\xff\xfb\x90\x64" + b"frames of sound" * 20
APE = struct.pack("<8sIIII8x", b"APETAGEX", 2000, 50, 1, 0)
MP3 = ID3 + FRAMES + MAKER.ljust(18, b"!") + APE + b"TAG" + MAKER.ljust(125)
WAV_DATA = struct.pack("<4sI", b"data", 6) + b"sound!"
WAV = (
    b"RIFF\0\0\0\0WAVE"
    + struct.pack("<4sI", b"LIST", len(MAKER) + 1)
    + MAKER
    + b"\0\0"[: 1 + (len(MAKER) + 1) % 2]
    + struct.pack("<4sI", b"fmt ", 16)
    + bytes(16)
    + WAV_DATA
)
AMR = b"#!AMR\n" + (b"\x3c" + b"f" * 31) * 3
SILK = b"\x02#!SILK_V3" + struct.pack("<H", 5) + b"sound"
VORBIS = voice(b"\x01vorbis\x01", comments(begins=b"\x03vorbis", ends=b"\x01"))
SPEEX = voice(b"Speex   1.2", comments(begins=b""))


@pytest.mark.parametrize(
    ("blob", "kept", "kind"),
    [
        (voice(), (b"OpusHead", b"OpusTags", b"sound one", b"sound two"), "audio/ogg"),
        (VORBIS, (b"\x01vorbis", b"\x03vorbis", b"sound two"), "audio/ogg"),
        (SPEEX, (b"Speex   ", b"sound two"), "audio/ogg"),
        (MP3, (FRAMES,), "audio/mpeg"),
        (WAV, (WAV_DATA,), "audio/wav"),
        (AMR + MAKER + PLACE, (AMR,), "audio/amr"),
        (SILK + b"\xff\xff" + MAKER + PLACE, (SILK,), "audio/silk"),
    ],
)
def test_the_sound_stays_and_the_rest_goes(blob: bytes, kept: tuple[bytes, ...], kind: str) -> None:
    bare, what = clean(blob)
    assert what == kind
    assert all(one in bare for one in kept)
    assert MAKER in blob
    assert MAKER not in bare
    assert PLACE not in bare
    assert clean(bare) == (bare, kind), "nothing is left to do"


def test_pages_keep_their_length_and_have_true_sums() -> None:
    bare, _ = clean(voice())
    assert len(bare) == len(voice())
    at = 0
    while at < len(bare):
        end = at + 27 + bare[at + 26] + sum(bare[at + 27 : at + 27 + bare[at + 26]])
        (told,) = struct.unpack_from("<I", bare, at + 22)
        assert told == _sum(bytearray(bare[at : at + 22] + bytes(4) + bare[at + 26 : end]))
        at = end
    assert _sum(bytearray(b"123456789")) == 0x89A1897F, "CRC-32 with this polynomial, as published"


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"%PDF-1.7 who wrote it",
        b"PK\x03\x04docx",
        b"\xd0\xcf\x11\xe0doc",
        b"OggS" * 20,
        voice(b"fishead\0"),
        voice(told=b"OpusTags\xff\xff"),
        page(7, 0, 0, b"OpusHead") + page(7, 1, 0, comments()),
        page(7, 0, 2, b"OpusHead"),
        b"ID3\x04\0\0\xff\xff\xff\xff",
        b"ID3\x04\0\0\0\0\0\0no frames",
        b"RIFF\0\0\0\0WAVEnothing",
        b"#!AMRx",
        b"\xff\xff\xff\xff",
        b"RIFF\0\0\0\0AVI film",
    ],
)
def test_what_is_no_sound_is_refused(blob: bytes) -> None:
    with pytest.raises(NoSound):
        clean(blob)


@given(st.sampled_from([voice(), VORBIS, MP3, WAV, AMR, SILK]), st.data())
def test_whatever_is_changed_is_bare_or_refused(blob: bytes, data: st.DataObject) -> None:
    changed = bytearray(blob)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, max(len(changed) - 1, 0)))
        changed[at : at + 1] = data.draw(st.binary(max_size=3))
    try:
        bare, _ = clean(bytes(changed[: data.draw(st.integers(0, len(changed)))]))
    except NoSound:
        return
    assert len(bare) <= len(changed) + 2


@given(st.sampled_from([b"OggS", b"#!AMR\n", b"RIFF....WAVE", b"ID3", b"\xff\xfb"]), st.binary(max_size=200))
def test_anything_at_all_is_bare_or_refused(begins: bytes, rest: bytes) -> None:
    try:
        clean(begins + rest)
    except NoSound:
        pass
