"""Pictures (图片) as the WeChat family takes them: JPEG or PNG, at most so many bytes."""

import io
import warnings
from typing import Final

MOST_PIXELS: Final = 40_000_000
EDGES: Final = (1600, 1280, 960, 640)
"""Longest sides tried one after another, in pixels; 640 pixels of noise still stay below 400 KB."""
QUALITY: Final = 80


class NoPicture(Exception):
    """The bytes are no picture, or one that cannot be brought below the limit."""


def fit(blob: bytes, most: int) -> bytes:
    """The picture as it is where it fits, else written anew as a JPEG of at most `most` bytes; raises NoPicture.

    It takes up to a few tenths of a second: call it in a thread.
    """
    if len(blob) <= most and is_jpeg_or_png(blob):
        return blob
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = Image.open(io.BytesIO(blob), formats=("JPEG", "PNG", "WEBP", "GIF", "BMP"))
            if image.width * image.height > MOST_PIXELS:
                raise NoPicture("too many pixels")
            image.draft("RGB", (EDGES[0], EDGES[0]))
            upright = ImageOps.exif_transpose(image) or image
            flat = Image.new("RGB", upright.size, "white")
            seen = upright.convert("RGBA") if upright.mode in ("P", "LA", "PA", "RGBA") else None
            flat.paste(seen or upright.convert("RGB"), mask=seen)
    except NoPicture:
        raise
    except Exception as error:
        raise NoPicture(type(error).__name__) from None
    for edge in EDGES:
        flat.thumbnail((edge, edge))
        out = io.BytesIO()
        flat.save(out, "JPEG", quality=QUALITY)
        if out.tell() <= most:
            return out.getvalue()
    raise NoPicture("too big")


def is_jpeg_or_png(blob: bytes) -> bool:
    """Whether it begins like a JPEG or a PNG."""
    return blob.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
