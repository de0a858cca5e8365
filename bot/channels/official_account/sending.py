"""Sending (发送): how a message is cut into customer messages, and what of it the platform can show.

There are no buttons. The menu kind of a customer message (`msgmenu`) is not used: its entries are links whose press
comes back as plain text, which any reply does as well, and what older phones make of it is told nowhere. `回复 1`
below a text works on every phone, also for somebody to whom the message is read aloud.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.channels.splitting import split
from bot.channels.tencent.texts import plain
from jobs.channel import Medium
from storage.copies import CopyKind

TEXT: Final = 2048
"""Bytes of UTF-8 a customer message may have."""

MEGABYTE: Final = 1 << 20
TAKEN: Final = {
    ("photo", "image/jpeg"): ("image", "jpg", 10 * MEGABYTE),
    ("photo", "image/png"): ("image", "png", 10 * MEGABYTE),
    ("photo", "image/gif"): ("image", "gif", 10 * MEGABYTE),
    ("voice", "audio/amr"): ("voice", "amr", 2 * MEGABYTE),
    ("voice", "audio/mpeg"): ("voice", "mp3", 2 * MEGABYTE),
    ("video", "video/mp4"): ("video", "mp4", 10 * MEGABYTE),
}
"""What can be shown: our kind and MIME type → the platform's kind, the ending of the file's name, the most bytes."""

COPIES: Final = {"image": CopyKind.PHOTO, "voice": CopyKind.FILE, "video": CopyKind.VIDEO}


@dataclass(frozen=True, slots=True)
class Part:
    """One customer message: words, or a medium."""

    text: str = ""
    medium: Medium | None = None


def plan(text: str, media: Sequence[Medium]) -> list[Part]:
    """How a message is cut: what can be shown first, words last, since they end in what may be answered."""
    shown = [Part(medium=one) for one in media if shows(one)]
    return [*shown, *(Part(words) for words in split(plain(text), TEXT, "bytes"))]


def shows(medium: Medium) -> bool:
    """Whether the platform can show it; the words say the rest."""
    taken = TAKEN.get((medium.kind, medium.mime))
    if taken is None:
        return False
    return bool(medium.file_id) or 0 < len(medium.blob or b"") <= taken[2]
