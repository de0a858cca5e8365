"""The two shapes that cross a channel: `Incoming`, what somebody said, and `Outgoing`, what the bot says."""

import json
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from storage.worlds import WorldKind

IncomingKind = Literal[
    "message",
    "edited",
    "button",
    "opened",
    "joined",
    "left",
    "migrated",
    "muted",
    "unmuted",
    "met",
    "forwarded",
    "withheld",
]
"""message, edited: somebody wrote. button: pressed. opened: the private talk was opened (a start link).
joined, left, muted, unmuted: what became of the bot itself in a chat. migrated: the chat has a new id, `text`.
met: a group in which the bot hears nothing is there. forwarded: what became of a message somebody was asked to pass
on, `message_id`: `text` is done or refused. Nobody said these two: `sender` is empty.
withheld: somebody wrote what may not be kept at all (R6); who, where and when is all that is left of it."""


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A medium somebody sent: `ref` is what the channel needs to fetch it; size in bytes, duration in seconds."""

    kind: Literal["photo", "voice", "video", "file"]
    ref: str
    mime: str = ""
    size: int = 0
    duration: int = 0
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message somebody answers to; `text` is empty where the platform does not hand it over."""

    message_id: str
    from_bot: bool
    text: str = ""
    sender_id: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing that happened on a platform.

    `key` is unique for ever within its account (a repeat has the same key); `location` is (latitude, longitude)
    in degrees, WGS-84; `at` is the platform's time; `data` is a button's command, its signature already checked.
    """

    account: str
    key: str
    kind: IncomingKind
    chat: str
    private: bool
    sender: str
    sender_name: str
    at: datetime
    text: str = ""
    message_id: str = ""
    thread: str = ""
    chat_title: str = ""
    media: tuple[MediaRef, ...] = ()
    location: tuple[float, float] | None = None
    reply_to: Quoted | None = None
    mentioned: bool = False
    callback: str = ""
    album: str = ""

    @property
    def queue(self) -> str:
        """The inbox queue it waits in: what comes from one chat is answered in its order."""
        return f"{self.account}|{self.chat}"

    @property
    def message_name(self) -> str:
        """The message's name for `storage.sources`: account, chat and id in one string."""
        return f"{self.account}|{self.chat}|{self.message_id}"

    @property
    def album_name(self) -> str:
        """The album's name for `storage.sources`."""
        return f"{self.account}|{self.chat}|album {self.album}"

    def to_bytes(self) -> bytes:
        """As kept in the inbox."""
        # Not by `asdict`, which copies every value and takes longer than the encoding itself.
        values = {name: getattr(self, name) for name in _INCOMING}
        values["at"] = self.at.isoformat()
        values["media"] = [asdict(medium) for medium in self.media]
        values["reply_to"] = asdict(self.reply_to) if self.reply_to is not None else None
        return json.dumps(values, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, payload: bytes) -> "Incoming":
        """As read from the inbox."""
        raw: dict[str, Any] = json.loads(payload)
        raw["at"] = datetime.fromisoformat(raw["at"])
        raw["media"] = tuple(MediaRef(**medium) for medium in raw["media"])
        raw["location"] = tuple(raw["location"]) if raw["location"] else None
        raw["reply_to"] = Quoted(**raw["reply_to"]) if raw["reply_to"] else None
        return cls(**raw)


_INCOMING = tuple(one.name for one in fields(Incoming))


@dataclass(frozen=True, slots=True)
class OutButton:
    """A button as it is shown: pressing it says `does` in this chat, or opens the private talk with `token`."""

    label: str
    does: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the bot says: text, buttons in rows, media by row id; `toast` is the short answer to a pressed button.

    `mentions` are user ids of the account that are called by name where the platform can, @all for everybody.
    A `fleeting` one is forgotten as soon as it has gone out.
    """

    text: str
    buttons: tuple[tuple[OutButton, ...], ...] = ()
    media: tuple[int, ...] = ()
    toast: str = ""
    links: bool = False
    mentions: tuple[str, ...] = ()
    fleeting: bool = False

    def to_bytes(self) -> bytes:
        """As kept in the outbox."""
        buttons = [[{"label": b.label, "does": b.does, "token": b.token} for b in row] for row in self.buttons]
        values = {"text": self.text, "buttons": buttons, "media": self.media, "toast": self.toast, "links": self.links}
        if self.mentions:
            values["mentions"] = self.mentions
        if self.fleeting:
            values["fleeting"] = True
        return json.dumps(values, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, payload: bytes) -> "Outgoing":
        """As read from the outbox."""
        raw: dict[str, Any] = json.loads(payload)
        rows = tuple(tuple(OutButton(**button) for button in row) for row in raw["buttons"])
        mentions, fleeting = tuple(raw.get("mentions", ())), bool(raw.get("fleeting"))
        return cls(raw["text"], rows, tuple(raw["media"]), raw["toast"], raw["links"], mentions, fleeting)


@dataclass(frozen=True, slots=True)
class RealCall:
    """An outgoing call of the real world: the only type a real channel accepts.

    `key` names the call for ever, for platforms that recognise a repeated one by it.
    """

    chat: str
    thread: str
    outgoing: Outgoing
    reply_to: str = ""
    key: str = ""
    world: Literal[WorldKind.REAL] = field(default=WorldKind.REAL, init=False)


@dataclass(frozen=True, slots=True)
class PlayCall:
    """An outgoing call of a playground: no real channel takes it. A drill's is `handlers.dialogue.drill.DrillCall`."""

    chat: str
    thread: str
    outgoing: Outgoing
    reply_to: str = ""
    key: str = ""
    world: Literal[WorldKind.PLAYGROUND] = field(default=WorldKind.PLAYGROUND, init=False)
