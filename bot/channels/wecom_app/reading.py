"""Reading (读取): a message or event of WeCom, as wechatpy reads it, becomes an `Incoming`, or nothing.

Left out on purpose: positions the app reports by itself, pressed menu links, the corp's own affairs (contacts,
approvals), and whatever kind of event comes later: all of them are taken and forgotten.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.channels.tencent import library, texts
from bot.channels.tencent.callback import Malformed, parse_xml, reading
from bot.channels.tencent.corp import USERID
from bot.channels.tencent.places import from_gcj
from handlers.dialogue.message import Incoming, IncomingKind, MediaRef

MOST_TEXT: Final = 10_000
ODD: Final = timedelta(days=2)
"""A moment further off than this is not believed."""

MEDIA: Final = {
    "image": ("photo", "image/jpeg"),
    "voice": ("voice", "audio/amr"),
    "video": ("video", "video/mp4"),
    "shortvideo": ("video", "video/mp4"),
    "file": ("file", ""),
}


@dataclass(frozen=True, slots=True)
class App:
    """Who reads: the account's name, the app's number, and the moment."""

    account: str
    agent_id: int
    now: Callable[[], datetime]

    def read(self, plain: str) -> Incoming | None:
        """What an opened callback says; None where it is none of the bot's business. Raises Malformed."""
        message = parse_xml(plain, library.parse_corp)
        with reading():
            return self._read(message._data, message.id, message.time)

    def _read(self, raw: dict[str, Any], number: int, at: int) -> Incoming | None:
        kind = _word(raw, "MsgType").lower()
        if (agent := _word(raw, "AgentID")) and int(agent) not in (self.agent_id, 0):
            raise Malformed("another app")
        sender = _word(raw, "FromUserName")
        if kind == "event":
            event = _word(raw, "Event").lower()
            return self._event(raw, sender, event, at)
        if USERID.fullmatch(sender) is None or number <= 0:
            raise Malformed("no sender")
        return self._message(raw, sender, kind, f"{sender}|{number}", at, str(number))

    def _message(
        self, raw: dict[str, Any], sender: str, kind: str, key: str, at: int, message_id: str
    ) -> Incoming | None:
        text, media, location = "", tuple[MediaRef, ...](), None
        if kind == "text":
            text = _word(raw, "Content")
        elif kind == "link":
            text = "\n".join(filter(None, (_word(raw, name) for name in ("Title", "Description", "Url"))))
        elif kind == "location":
            location = _place(float(_word(raw, "Location_X")), float(_word(raw, "Location_Y")))
        elif kind in MEDIA:
            what, mime = MEDIA[kind]
            media = (MediaRef(what, _needed(raw, "MediaId"), mime),)  # type: ignore[arg-type]
        else:
            return None
        return self._incoming("message", sender, key, at, text, message_id, media, location)

    def _event(self, raw: dict[str, Any], sender: str, event: str, at: int) -> Incoming | None:
        if USERID.fullmatch(sender) is None:
            return None
        key = f"{sender}|{at}|{event}|{_word(raw, 'EventKey')}"
        match event:
            case "subscribe":
                return self._incoming("opened", sender, key, at)
            case "enter_agent":
                # Told at every visit; only the first is an occasion to say hello.
                return self._incoming("opened", sender, f"{sender}|{event}", at)
            case "unsubscribe":
                return self._incoming("left", sender, key, at)
            case "click":
                return self._incoming("message", sender, key, at, _word(raw, "EventKey"))
        return None

    def _incoming(
        self,
        kind: IncomingKind,
        sender: str,
        key: str,
        at: int,
        text: str = "",
        message_id: str = "",
        media: tuple[MediaRef, ...] = (),
        location: tuple[float, float] | None = None,
    ) -> Incoming:
        return Incoming(
            self.account,
            _short(key),
            kind,
            sender,
            True,
            sender,
            "",
            self._moment(at),
            texts.clean(text)[:MOST_TEXT],
            message_id,
            media=media,
            location=location,
        )

    def _moment(self, at: int) -> datetime:
        """The platform's moment, or ours where that cannot be."""
        now = self.now()
        if abs(now.timestamp() - at) > ODD.total_seconds():
            return now
        return datetime.fromtimestamp(at, UTC)


def _word(raw: dict[str, Any], name: str) -> str:
    """A field of plain text; empty where it is missing. Raises Malformed."""
    found = raw.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise Malformed("field")
    return found


def _needed(raw: dict[str, Any], name: str) -> str:
    found = _word(raw, name)
    if not found or len(found) > 512:
        raise Malformed("field")
    return found


def _place(latitude: float, longitude: float) -> tuple[float, float]:
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Malformed("place")
    return from_gcj(latitude, longitude)


def _short(key: str) -> str:
    return key if len(key) <= 120 and key.isascii() else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
