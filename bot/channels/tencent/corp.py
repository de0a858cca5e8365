"""What the WeCom channels with an access token have in common: media, ids, how a message is cut into calls."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.channel_settings import Wecom
from bot.channels.splitting import split
from bot.channels.tencent import texts
from bot.channels.tencent.client import SafeClient, corp_client
from bot.channels.tencent.errors import Codes
from handlers.dialogue.message import Outgoing, RealCall
from jobs.channel import Medium, MediumRefused, NotNow, Unsure
from storage.copies import CopyKind

USERID: Final = re.compile(r"(?!@all$)[A-Za-z0-9_.@-]{1,64}", re.IGNORECASE)
"""A member; never @all, which would be everybody."""

TEXT_BYTES: Final = 2048
NAMES: Final = {"photo": "photo.jpg", "voice": "voice.amr", "video": "video.mp4", "file": "file"}
MB: Final = 1 << 20
LEAST, MOST = 5, {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "file": 20 * MB}
"""What may be uploaded, in bytes (素材管理, document 90253)."""

COPIES: Final = {"image": CopyKind.PHOTO, "video": CopyKind.VIDEO}
PAPER: Final = "📎"


@dataclass(frozen=True, slots=True)
class Part:
    """One call of a message: words, or a medium."""

    text: str = ""
    medium: Medium | None = None


def client(wecom: Wecom, secret: str, codes: Codes | None = None, timeout: float = 10.0) -> SafeClient:
    """A client for one application of the corp in the settings."""
    return corp_client(
        wecom.corp_id, secret, base_url=wecom.api_base_url, proxy=wecom.proxy, codes=codes, timeout=timeout
    )


def plan(outgoing: Outgoing, media: Sequence[Medium], most: int) -> list[Part]:
    """How a message is cut into calls: media first, words last, in parts of at most `most` bytes.

    A file's name in its own letters goes into the words, since it travels in plain ASCII.
    """
    shown = [one for one in media if one.file_id or one.blob]
    titles = [f"{PAPER} {one.name}" for one in shown if one.name and not one.name.isascii()]
    words = texts.plain("\n".join([outgoing.text, *titles]))
    return [*(Part(medium=one) for one in shown), *(Part(text=one) for one in split(words, most, "bytes"))]


def wire_type(medium: Medium) -> str:
    """What WeCom calls a medium of this kind; a voice that is no AMR goes as a file."""
    if medium.kind == "voice":
        return "voice" if medium.mime in ("audio/amr", "audio/AMR") else "file"
    return {"photo": "image", "video": "video"}.get(medium.kind, "file")


async def upload(by: SafeClient, medium: Medium) -> str:
    """The id of a medium: the known one, or that of a new upload (good for three days); raises a CallFailed."""
    if medium.file_id:
        return medium.file_id
    kind, blob = wire_type(medium), medium.blob or b""
    if not LEAST <= len(blob) <= MOST[kind]:
        raise MediumRefused("size")
    name = texts.ascii_name(medium.name or NAMES[medium.kind], medium.kind)
    answer = await by.call(
        "post",
        "media/upload",
        params={"type": kind},
        files={"media": (name, blob, medium.mime or "application/octet-stream")},
        matters=False,
    )
    media_id = answer.get("media_id")
    if not isinstance(media_id, str) or not media_id:
        raise NotNow("no media id")
    return media_id


def unnamed(call: RealCall, part: int) -> str:
    """A name for a copy to which the platform gave none: it can be counted, not taken back."""
    return f"?{hashlib.sha256(f'{call.key}|{part}'.encode()).hexdigest()[:24]}"


def members(answer: dict[str, Any]) -> tuple[str, ...]:
    """The members of a duty group, from the answer of appchat/get; raises Unsure where it names none."""
    info = answer.get("chat_info")
    found = info.get("userlist") if isinstance(info, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Unsure("no members")
    return tuple(found)
