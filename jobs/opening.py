"""Opening a picture (打开图片), as a program of its own: what is done here is done to what anybody may have sent.

`jobs/pictures.py` starts it for one picture, gives the bytes on standard input and kills it after a time. It limits its
own memory and time, knows no setting and no secret, and writes the size and the picture written anew. It is run
by its path, so it imports nothing of the program.
"""

import base64
import io
import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MOST_PIXELS = 40_000_000
MEMORY = 1 << 30
"""Bytes of address space: the largest picture allowed needs half of it."""
REFUSED = 3
"""Exit code for what is no picture, or too large."""
LONGEST_WORD = 60

SIGN_SIZE = (56, 28)
SIGN = base64.b85decode(
    "00000000000000000000000000001R0Dxcs0f2A-;BWu~|Nr5@Z~y`S|KZ2~-~e0!;m7~r02~10hyTC;AOGX9zyJaV|A#;L00)3@2lxB{2f%O#_xu"
    "0@kN?NxoB#li|G~qY000hg!N>o=01yAe_y52E@Bhd1|G)t5amU~s00HiC#si&z0nh)yGo8Qz&;P*p9l!&FjtBP~-~*4(ht3?}2fqX74*cK&909-p"
    "_y7O^0001B0000000000"
)
"""演练 as black and white dots."""


class NoPicture(Exception):
    """The bytes are no picture, or one too large to be opened or brought below the limit."""


def written_anew(
    blob: bytes, edges: Sequence[int], quality: int, most: int, *, drill: bool = False
) -> tuple[int, int, bytes]:
    """The picture alone as a JPEG: width, height, bytes; raises NoPicture.

    It is turned upright and scaled to the first of `edges` (pixels) with which it has at most `most` bytes. Of a film
    of pictures it is the first one. In a `drill` it says so.
    """
    try:
        flat = _opened(blob, edges[0])
        for edge in edges:
            flat.thumbnail((edge, edge))
            out = io.BytesIO()
            (_signed(flat) if drill else flat).save(out, "JPEG", quality=quality)
            if out.tell() <= most:
                return flat.width, flat.height, out.getvalue()
    except NoPicture:
        raise
    except Exception as error:
        raise NoPicture(type(error).__name__) from error
    raise NoPicture("too big")


def _opened(blob: bytes, edge: int) -> "Image.Image":
    """The picture upright on white, not much larger than `edge`; nothing but its dots."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = Image.open(io.BytesIO(blob), formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise NoPicture("too many pixels")
        image.draft("RGB", (edge, edge))
        image.load()
        seen: Image.Image = image.convert("RGBA") if image.mode in ("P", "LA", "PA", "RGBA") else image.convert("RGB")
        seen.thumbnail((edge, edge))
        try:
            upright = ImageOps.exif_transpose(seen) or seen
        except Exception:  # What says how the camera was held is spoilt: the picture is taken as it lies.
            upright = seen
        flat = Image.new("RGB", upright.size, "white")
        flat.paste(upright, mask=upright if upright.mode == "RGBA" else None)
        return flat


def _signed(flat: "Image.Image") -> "Image.Image":
    """The picture with a band that says 演练, red on white, from side to side at its top."""
    from PIL import Image

    signed, high = flat.copy(), max(SIGN_SIZE[1], flat.height // 10)
    wide = SIGN_SIZE[0] * high // SIGN_SIZE[1]
    sign = Image.frombytes("1", SIGN_SIZE, SIGN).resize((wide, high))
    signed.paste("white", (0, 0, flat.width, min(high, flat.height)))
    for left in range(0, flat.width, wide):
        signed.paste("red", (left, 0), sign)
    return signed


def kind_of(blob: bytes) -> str:
    """The format of a picture by its own header, one of `FORMATS`; raises NoPicture."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = Image.open(io.BytesIO(blob), formats=FORMATS)
            if image.width * image.height > MOST_PIXELS:
                raise NoPicture("too many pixels")
            return str(image.format)
    except NoPicture:
        raise
    except Exception as error:
        raise NoPicture(type(error).__name__) from error


def _limit(seconds: int) -> None:
    """Take no more memory and time than a picture needs, and write no file; where the system knows such limits."""
    try:
        import resource
    except ImportError:
        return
    limits: dict[int, Any] = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for which, most in limits.items():
        try:
            resource.setrlimit(which, (most, most))
        except (ValueError, OSError):
            continue


def main(site: str, seconds: str, task: str, *order: str) -> int:
    """Do one task with the picture on standard input; the exit code.

    `site` is the folder in which Pillow lives. Tasks: `kind`; `anew` with the edges, the quality, the most bytes
    and whether it is for a drill.
    """
    sys.path.append(site)
    _limit(int(seconds))
    blob = sys.stdin.buffer.read()
    try:
        if task == "kind":
            said = kind_of(blob).encode()
        else:
            edges, quality, most, drill = order
            sizes = [int(edge) for edge in edges.split(",")]
            width, height, made = written_anew(blob, sizes, int(quality), int(most), drill=drill == "drill")
            said = f"{width} {height}\n".encode() + made
    except NoPicture as refused:
        sys.stderr.write(str(refused)[:LONGEST_WORD])
        return REFUSED
    sys.stdout.buffer.write(said)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
