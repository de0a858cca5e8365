"""Messages (群发内容) of a task: words, and up to nine attachments.

Facts: developer.work.weixin.qq.com, document 92135; sizes of uploads: 90389 (the stricter ones of older versions).
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from bot.channels.splitting import cut, split
from bot.channels.tencent import pictures, texts
from handlers.dialogue.message import Outgoing
from jobs.channel import Medium, MediumRefused
from storage.copies import CopyKind

TEXT, TITLE, ABOUT, URL = 4000, 128, 512, 2048
"""Bytes of the words, and of a link card's title, description and address."""
ATTACHMENTS: Final = 9
LEAST, PICTURE, FILM, FILE = 6, 2 << 20, 10 << 20, 20 << 20
"""Bytes of media."""
ENDINGS: Final = {"video/mp4": "mp4", "audio/amr": "amr", "audio/ogg": "ogg", "application/pdf": "pdf"}
Kind = Literal["image", "video", "file", "link"]
COPIES: Final = {"image": CopyKind.PHOTO, "video": CopyKind.VIDEO, "file": CopyKind.FILE}


@dataclass(frozen=True, slots=True)
class Part:
    """One task: words with attachments. A member has to confirm each, so there are as few as can be."""

    text: str
    media: tuple[Medium, ...] = ()

    @property
    def kind(self) -> CopyKind:
        """What the copy is in the ledger."""
        return COPIES.get(kind_of(self.media[0]) or "", CopyKind.TEXT) if self.media else CopyKind.TEXT


def plan(outgoing: Outgoing, media: tuple[Medium, ...]) -> list[Part]:
    """How a message is cut into tasks; a medium that cannot be shown is left out."""
    words = split(texts.clean(outgoing.text), TEXT, "bytes")
    shown = [one for one in media if kind_of(one) is not None]
    rows = [tuple(shown[at : at + ATTACHMENTS]) for at in range(0, len(shown), ATTACHMENTS)]
    return [
        Part(words[place] if place < len(words) else "", rows[place] if place < len(rows) else ())
        for place in range(max(len(words), len(rows)))
    ]


def kind_of(one: Medium) -> Kind | None:
    """What a medium is attached as; None where it cannot be. There is no speech here: it goes as a file."""
    size = len(one.blob or b"")
    if one.kind == "photo":
        return "image" if one.file_id or size else None
    if one.kind == "video" and one.mime in ("video/mp4", "") and (one.file_id or LEAST <= size <= FILM):
        return "video"
    if one.kind == "video" and one.url and len(one.url.encode()) <= URL:
        return "link"
    return "file" if one.file_id or LEAST <= size <= FILE else None


def goes_the_same_way(one: Medium, media_id: str) -> bool:
    """Whether a medium just uploaded can be attached by its id the next time: an id belongs to the kind it came as."""
    return kind_of(replace(one, blob=None, file_id=media_id)) == kind_of(one)


async def uploaded(one: Medium) -> tuple[str, str, bytes]:
    """The kind, the name and the bytes under which a medium is uploaded; raises MediumRefused."""
    kind, blob = kind_of(one) or "file", one.blob or b""
    if kind != "image":
        name = one.name if "." in one.name else f"{one.name or one.kind}.{ENDINGS.get(one.mime, 'bin')}"
        return kind, texts.ascii_name(name, one.kind), blob
    try:
        blob = await asyncio.to_thread(pictures.fit, blob, PICTURE)
    except pictures.NoPicture:
        raise MediumRefused("no picture") from None
    return kind, "photo.png" if blob.startswith(b"\x89PNG") else "photo.jpg", blob


def attachment(one: Medium, media_id: str, text: str) -> dict[str, Any]:
    """An attachment as the platform takes it: uploaded, or a card that opens the page where a film can be seen."""
    kind = kind_of(one) or "file"
    if kind != "link":
        return {"msgtype": kind, kind: {"media_id": media_id}}
    first, _, rest = text.strip().partition("\n")
    title, about = cut(texts.clean(one.name) or first, TITLE, "bytes"), cut(rest.strip(), ABOUT, "bytes")
    return {"msgtype": "link", "link": {"title": title or "视频", "desc": about or "点开观看", "url": one.url}}
