"""Pictures are opened by a program that can be killed: within size, dots, memory and time; nothing hidden goes on."""

import io
import random
import struct
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot.channels.tencent import pictures as tencent
from bot.web.shelf import picture_type
from jobs import media, opening, pictures
from jobs.pictures import NoPicture
from tests.support.pictures import photo_bytes
from tests.support.stage import ROOT

CANARY = "CANARY7351"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *more: bytes, data: bytes = b"", colours: int = 0) -> bytes:
    """A PNG of dots (0 grey, 6 with transparency) that claims these sizes, with further chunks before its data."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))
    body = chunk(b"IDAT", data or zlib.compress(b"\0" * 10))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + body + chunk(b"IEND", b"")


def gif(width: int, height: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + frame + b"\x3b"


def webp(width: int, height: int) -> bytes:
    """A WEBP whose canvas claims these sizes."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    small = io.BytesIO()
    Image.new("RGB", (4, 4)).save(small, "WEBP")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size + small.getvalue()[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def many_pictures(kind: str, count: int) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), (one % 256, one // 256, 0)) for one in range(count)]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=10)
    return out.getvalue()


def jpeg(width: int, height: int) -> bytes:
    """A JPEG that claims these sizes."""
    blob = bytearray(photo_bytes())
    place = blob.index(b"\xff\xc0")
    blob[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(blob)


def bmp(width: int, height: int) -> bytes:
    return (
        b"BM"
        + struct.pack("<IHHI", 54, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    )


BOMBS = {
    "a PNG of 10,000 million dots": png(100_000, 100_000),
    "a PNG of a line of 2**31 dots": png(2**31 - 1, 1),
    "a PNG with a colour profile of 100 MB": png(10, 10, chunk(b"iCCP", b"x\0\0" + zlib.compress(b"\0" * 100_000_000))),
    "a PNG with a note of 100 MB": png(10, 10, chunk(b"zTXt", b"x\0\0" + zlib.compress(b"a" * 100_000_000))),
    "a GIF of 4,000 million dots": gif(65_535, 65_535),
    "a WEBP of 268 million dots": webp(16_383, 16_383),
    "a JPEG of 4,000 million dots": jpeg(65_500, 65_500),
    "a BMP of 10,000 million dots": bmp(100_000, 100_000),
    "half a PNG": png(10, 10)[:-20],
    "half a JPEG": photo_bytes()[:400],
    "a web page": b"<html><script>1</script></html>",
    "an SVG that calls home": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://h/'/></svg>",
    "PostScript, which is a program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "nothing": b"",
    "more bytes than are allowed": photo_bytes() + b"\0" * pictures.MOST_BYTES,
}


@pytest.mark.parametrize("name", list(BOMBS))
def test_a_bomb_is_no_picture_and_takes_no_time(name: str) -> None:
    began = time.monotonic()
    with pytest.raises(NoPicture):
        media.reencode(BOMBS[name])
    assert time.monotonic() - began < pictures.PATIENCE


@pytest.mark.parametrize("name", [name for name in BOMBS if "dots" in name or "bytes" in name])
def test_every_door_refuses_a_bomb(name: str) -> None:
    with pytest.raises(NoPicture):
        tencent.fit(BOMBS[name], 20)
    with pytest.raises(NoPicture):
        picture_type(BOMBS[name])


ENDLESS = {
    "gif": many_pictures("GIF", 500),
    "webp": many_pictures("WEBP", 200),
    "png": many_pictures("PNG", 200),
    "data": png(1000, 1000, data=zlib.compress(b"\0" * 50_000_000)),
}


@pytest.mark.parametrize("name", list(ENDLESS))
def test_of_what_goes_on_and_on_the_first_picture_is_taken(name: str) -> None:
    blob = ENDLESS[name]
    began = time.monotonic()
    picture = media.reencode(blob)
    assert picture.blob.startswith(b"\xff\xd8\xff")
    assert time.monotonic() - began < pictures.PATIENCE


def test_only_one_place_opens_pictures() -> None:
    """A new place that opens one by itself would have none of the bounds."""
    found = {
        str(path.relative_to(ROOT))
        for folder in ("bot", "jobs", "handlers", "storage")
        for path in (ROOT / folder).rglob("*.py")
        if "Image.open" in path.read_text(encoding="utf-8")
    }
    assert found == {"jobs/opening.py"}


# Killed


@pytest.fixture
def another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is run in place of the program that opens pictures, within the same limits."""
    path = tmp_path / "opening.py"
    monkeypatch.setattr(opening, "__file__", str(path))
    return path


def _hostile(path: Path, doing: str) -> None:
    """The program, with something else where the picture is opened."""
    source = (ROOT / "jobs" / "opening.py").read_text(encoding="utf-8")
    head = "    from PIL import Image, ImageOps\n\n    with"
    assert source.count(head) == 1
    path.write_text(source.replace(head, f"    {doing}\n{head}"), encoding="utf-8")


def test_a_picture_that_never_ends_is_killed(another_program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PATIENCE", 2)
    _hostile(another_program, "import time; time.sleep(3600)")
    began = time.monotonic()
    with pytest.raises(NoPicture, match="takes too long"):
        media.reencode(photo_bytes())
    assert time.monotonic() - began < 25


def test_a_picture_that_keeps_a_core_busy_is_killed(another_program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "SECONDS", 1)
    _hostile(another_program, "while True: pass")
    with pytest.raises(NoPicture, match="ended with -"):
        media.reencode(photo_bytes())


def test_a_picture_gets_so_much_memory_and_no_more(another_program: Path) -> None:
    _hostile(another_program, "bytearray(2 * MEMORY)")
    with pytest.raises(NoPicture, match="MemoryError"):
        media.reencode(photo_bytes())


@pytest.mark.parametrize(
    "doing", ["import os; os.abort()", "import os; os._exit(0)", "print('1 1'); raise SystemExit(0)"]
)
def test_a_program_that_breaks_down_or_talks_nonsense_gives_no_picture(another_program: Path, doing: str) -> None:
    _hostile(another_program, doing)
    with pytest.raises(NoPicture):
        media.reencode(photo_bytes())


def test_the_program_knows_no_secret_and_writes_no_file(
    another_program: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WANGGE_TELEGRAM__TOKEN", CANARY)
    _hostile(another_program, "import os; raise NoPicture(f'{[*os.environ.values()]} {os.getcwd()}')")
    with pytest.raises(NoPicture) as caught:
        media.reencode(photo_bytes())
    assert CANARY not in str(caught.value)
    assert str(caught.value).endswith(" /")
    _hostile(another_program, f"open({str(tmp_path / 'out')!r}, 'w').write('x' * 100_000)")
    with pytest.raises(NoPicture):
        media.reencode(photo_bytes())
    assert not (tmp_path / "out").exists() or (tmp_path / "out").stat().st_size == 0


# What is hidden in a picture


def _hidden() -> dict[str, bytes]:
    """Pictures with a canary wherever a format has room for one."""
    image, found = Image.new("RGB", (60, 40), "teal"), {}
    exif = Image.Exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x8298, 0x9C9C):
        exif[tag] = CANARY if tag != 0x9C9C else CANARY.encode("utf-16-le")
    exif.get_ifd(0x8825)[29] = CANARY
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + CANARY.encode()
    packet = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{CANARY}</x:xmpmeta>".encode()
    profile = CANARY.encode() * 20
    for kind in ("JPEG", "PNG", "WEBP"):
        out = io.BytesIO()
        more: dict[str, object] = {"comment": CANARY} if kind == "JPEG" else {}
        if kind == "PNG":
            notes = PngInfo()
            notes.add_text("Comment", CANARY)
            notes.add_itxt("Author", CANARY, zip=True)
            more["pnginfo"] = notes
        image.save(out, kind, exif=exif.tobytes(), xmp=packet, icc_profile=profile, **more)
        found[kind] = out.getvalue() + CANARY.encode() + b"PK\x03\x04" + CANARY.encode()
    out = io.BytesIO()
    image.save(out, "GIF", comment=CANARY)
    found["GIF"] = out.getvalue() + CANARY.encode()
    thumbnail = b"\xff\xd8\xff\xe1" + struct.pack(">H", 2 + 6 + 20) + b"Exif\0\0" + CANARY.encode() * 2
    found["a JPEG before the JPEG"] = photo_bytes()[:2] + thumbnail[2:] + photo_bytes()[2:]
    return found


@pytest.mark.parametrize("kind", list(_hidden()))
def test_nothing_hidden_in_a_picture_goes_on(kind: str) -> None:
    blob = _hidden()[kind]
    assert CANARY.encode() in blob
    for made in (media.reencode(blob), media.reencode(blob, drill=True)):
        for hidden in (CANARY.encode(), CANARY.encode("utf-16-le"), b"PK\x03\x04", b"Exif", b"ICC_PROFILE", b"adobe"):
            assert hidden not in made.blob
        with Image.open(io.BytesIO(made.blob)) as again:
            assert not again.getexif()
            assert not set(again.info) & {"exif", "icc_profile", "comment", "xmp"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("turned", "upright"), [(1, (60, 40)), (3, (60, 40)), (6, (40, 60)), (8, (40, 60)), (99, (60, 40))]
)
def test_every_format_is_turned_upright(kind: str, turned: int, upright: tuple[int, int]) -> None:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = turned
    Image.new("RGB", (60, 40)).save(out, kind, exif=exif.tobytes())
    width, height, _ = opening.written_anew(out.getvalue(), (1600,), 85, 1 << 20)
    assert (width, height) == upright


def test_the_largest_picture_allowed_is_read_within_the_limits() -> None:
    blob = png(8000, 5000, data=zlib.compress(bytes(5000 * (1 + 4 * 8000)), 1), colours=6)
    made = media.reencode(blob)
    assert (made.width, made.height) == (1600, 1000)


# Anything at all


def _real_ones() -> list[bytes]:
    found, draw = [], random.Random(5)
    image = Image.frombytes("RGB", (24, 18), draw.randbytes(24 * 18 * 3))
    for kind, mode in (("JPEG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("GIF", "P"), ("BMP", "RGB"), ("WEBP", "RGBA")):
        out = io.BytesIO()
        image.convert(mode).save(out, kind)
        found.append(out.getvalue())
    return [*found, photo_bytes(exif=True), many_pictures("GIF", 3)]


REAL = _real_ones()
CHANGES = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=12)


@settings(max_examples=150)
@given(st.sampled_from(REAL), CHANGES, st.integers(0, 4000), st.binary(max_size=40))
def test_a_spoilt_picture_is_written_anew_or_refused(
    blob: bytes, changes: list[tuple[int, int]], cut: int, more: bytes
) -> None:
    spoilt = bytearray(blob)
    for place, value in changes:
        spoilt[place % len(spoilt)] = value
    try:
        width, height, made = opening.written_anew(bytes(spoilt[: len(spoilt) - cut % 50]) + more, (64,), 80, 1 << 20)
    except opening.NoPicture:
        return
    assert 0 < width <= 64
    assert 0 < height <= 64
    with Image.open(io.BytesIO(made), formats=["JPEG"]) as again:
        again.load()
        assert again.size == (width, height)
