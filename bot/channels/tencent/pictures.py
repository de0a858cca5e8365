"""Pictures (图片) as the WeChat family takes them: JPEG or PNG, at most so many bytes."""

from typing import Final

from jobs.pictures import NoPicture, written_anew

__all__ = ["NoPicture", "fit", "is_jpeg_or_png"]

EDGES: Final = (1600, 1280, 960, 640)
"""Longest sides tried one after another, in pixels; 640 pixels of noise still stay below 400 KB."""
QUALITY: Final = 80


def fit(blob: bytes, most: int) -> bytes:
    """The picture as it is where it fits, else written anew as a JPEG of at most `most` bytes; raises NoPicture.

    It takes up to a few tenths of a second: call it in a thread.
    """
    if len(blob) <= most and is_jpeg_or_png(blob):
        return blob
    return written_anew(blob, EDGES, QUALITY, most).blob


def is_jpeg_or_png(blob: bytes) -> bool:
    """Whether it begins like a JPEG or a PNG."""
    return blob.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
