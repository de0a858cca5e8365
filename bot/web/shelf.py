"""The shelf (图片架): pictures shown on the pages, in memory, under names nobody can guess."""

import secrets
from collections import OrderedDict
from typing import Literal

from jobs import pictures, sheets
from jobs.pictures import NoPicture

__all__ = ["FORMATS", "MOST_UPLOAD", "NoPicture", "Shelf", "kind_of", "picture_type", "upload_type"]

MOST_BYTES = 64 * 1024 * 1024
MOST_UPLOAD = 10 * 1024 * 1024
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
SHOWN_TYPES = frozenset({*FORMATS.values(), "video/mp4", "video/webm", "audio/ogg", "audio/mpeg", "audio/mp4"})


class Shelf:
    """Holds at most `most` bytes; the oldest give way."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most = most
        self._kept: OrderedDict[str, tuple[bytes, str]] = OrderedDict()
        self._titles: dict[str, str] = {}
        self._size = 0

    def put(self, blob: bytes, mime: str, title: str = "") -> str:
        """Keep a medium; its opaque name (128 random bits). `title` is what a file is called where it is taken down."""
        name = secrets.token_urlsafe(16)
        if title:
            self._titles[name] = title
        self._kept[name] = (blob, mime if mime in SHOWN_TYPES else "application/octet-stream")
        self._size += len(blob)
        while self._size > self.most and len(self._kept) > 1:
            gone, (old, _mime) = self._kept.popitem(last=False)
            self._size -= len(old)
            self._titles.pop(gone, None)
        return name

    def get(self, name: str) -> tuple[bytes, str] | None:
        """A medium and its type, None once it has given way."""
        return self._kept.get(name)

    def title(self, name: str) -> str:
        """What a file is called, empty for one without a title."""
        return self._titles.get(name, "")

    def drop(self, name: str) -> None:
        """Forget a medium."""
        self._titles.pop(name, None)
        kept = self._kept.pop(name, None)
        self._size -= len(kept[0]) if kept else 0

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._titles.clear()
        self._size = 0


def upload_type(blob: bytes) -> tuple[str, str]:
    """The type of what somebody sends by its own bytes, and what a table is called; raises NoPicture for anything else.

    A picture, an MP4 film, or a table (CSV, XLSX) of two columns at least. It takes a thread a while.
    """
    if blob[4:8] == b"ftyp":
        return "video/mp4", ""
    try:
        return picture_type(blob), ""
    except NoPicture:
        try:
            if "\t" in sheets.lines_of(blob):
                return "application/octet-stream", "表格.xlsx" if blob.startswith(sheets.PACKED) else "表格.csv"
        except sheets.NoSheet:
            pass
        raise


def kind_of(mime: str) -> Literal["photo", "video", "file"]:
    """What a medium of this type is to whoever is sent it."""
    kinds: dict[str, Literal["photo", "video"]] = {"image": "photo", "video": "video"}
    return kinds.get(mime.partition("/")[0], "file")


def picture_type(blob: bytes) -> str:
    """The type of a picture by its own header, whatever was claimed; raises NoPicture. It takes a thread a while."""
    try:
        return FORMATS[pictures.kind_of(blob)]
    except KeyError:
        raise NoPicture("no picture of a kind browsers show") from None
