"""Reading (读取): what the platform posts becomes an `Incoming`, or nothing where nobody said anything.

Left out on purpose: positions a phone reports by itself (nobody said them, and no answer is allowed), pages opened
from the menu, what became of template messages, and every event this program does not know.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.channels.buttons import Buttons
from bot.channels.tencent.callback import Malformed
from bot.channels.tencent.places import from_gcj
from bot.channels.tencent.texts import clean
from handlers.dialogue.message import Incoming, IncomingKind, MediaRef

ACCOUNT: Final = "official_account"
FILM: Final = "film:"
"""What the reference of a film begins with: its bytes are fetched in another way."""
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""An openid, a message's number."""
MEDIUM: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
MOMENT: Final = re.compile(r"[0-9]{1,10}")
DEGREES: Final = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,20})?")
NOT_SHOWN: Final = "【收到不支持的消息类型，暂无法显示】"
"""What the platform writes in place of a sticker and the like."""
VOICES: Final = {"amr": "audio/amr", "speex": "audio/speex", "mp3": "audio/mpeg"}
EVENTS: Final[Mapping[str, IncomingKind]] = {
    "subscribe": "opened",
    "SCAN": "opened",
    "unsubscribe": "left",
    "CLICK": "button",
}
Fields = Mapping[str, Any]


def read(fields: Fields, buttons: Buttons) -> Incoming | None:
    """What was said or happened; None for what is none of the bot's business. Raises Malformed."""
    if _text(fields, "MsgType") == "event":
        return _event(fields, buttons)
    # A kind yet to be invented may come without a number.
    number = _named(fields, "MsgId" if fields.get("MsgId") else "CreateTime")
    text, media, place = _content(fields)
    return _incoming(fields, "message", number, text=text, media=media, location=place, message_id=number)


def _event(fields: Fields, buttons: Buttons) -> Incoming | None:
    """Events carry no number: who, when and what tell them apart."""
    event, key = _text(fields, "Event"), _text(fields, "EventKey")
    kind = EVENTS.get(event)
    if kind is None:
        return None
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:16]
    name = f"{_text(fields, 'CreateTime')}:{event}:{digest}"
    if kind == "button":
        does = buttons.unpack(key) or ""
        return _incoming(fields, kind, name, text=does, message_id=f"press {name}")
    return _incoming(fields, kind, name)


def _content(fields: Fields) -> tuple[str, tuple[MediaRef, ...], tuple[float, float] | None]:
    """Words, media and place of a message; all empty for a kind that is not known."""
    match _text(fields, "MsgType"):
        case "text":
            said = clean(_text(fields, "Content"))
            return "" if said == NOT_SHOWN else said, (), None
        case "image":
            return "", (MediaRef("photo", _medium(fields), "image/jpeg"),), None
        case "voice":
            mime = VOICES.get(_text(fields, "Format").lower(), "audio/amr")
            heard = clean(_text(fields, "Recognition"))
            return "", (MediaRef("voice", _medium(fields), mime, transcript=heard),), None
        case "video" | "shortvideo":
            return "", (MediaRef("video", FILM + _medium(fields), "video/mp4"),), None
        case "location":
            north, east = _degrees(fields, "Location_X", 90.0), _degrees(fields, "Location_Y", 180.0)
            return clean(_text(fields, "Label")), (), from_gcj(north, east)
        case "link":
            parts = (clean(_text(fields, name)) for name in ("Title", "Description", "Url"))
            return "\n".join(part for part in parts if part), (), None
        case _:
            return "", (), None


def _incoming(fields: Fields, kind: IncomingKind, name: str, **more: Any) -> Incoming:  # noqa: ANN401 - fields of it
    """The account tells no names: a person is who they are by their openid, until they are bound to somebody."""
    openid, moment = _named(fields, "FromUserName"), _text(fields, "CreateTime")
    if not MOMENT.fullmatch(moment):
        raise Malformed("time")
    return Incoming(
        account=ACCOUNT,
        key=f"{openid}:{name}",
        kind=kind,
        chat=openid,
        private=True,
        sender=openid,
        sender_name="",
        at=datetime.fromtimestamp(int(moment), UTC),
        **more,
    )


def _text(fields: Fields, name: str) -> str:
    """A field, empty where it is missing or empty; raises Malformed where it is none of these."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed("field")
    return value


def _named(fields: Fields, name: str) -> str:
    value = _text(fields, name)
    if not NAME.fullmatch(value):
        raise Malformed("name")
    return value


def _medium(fields: Fields) -> str:
    value = _text(fields, "MediaId")
    if not MEDIUM.fullmatch(value):
        raise Malformed("medium")
    return value


def _degrees(fields: Fields, name: str, most: float) -> float:
    value = _text(fields, name)
    if not DEGREES.fullmatch(value) or abs(float(value)) > most:
        raise Malformed("place")
    return float(value)
