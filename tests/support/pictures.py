"""Pictures for tests, made on the spot."""

import io

from PIL import Image


def photo_bytes(width: int = 320, height: int = 240, *, exif: bool = False) -> bytes:
    """A small JPEG; with `exif` it carries a camera's name and a position."""
    image = Image.new("RGB", (width, height), (90, 140, 110))
    out = io.BytesIO()
    if exif:
        data = Image.Exif()
        data[0x010F] = "SECRETCAM"
        data.get_ifd(0x8825)[2] = (30.0, 15.0, 0.0)
        image.save(out, "JPEG", exif=data.tobytes())
    else:
        image.save(out, "JPEG")
    return out.getvalue()
