"""What a channel is to the program: what it can do, how fast, and how a call can end. Channels live above."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol

from handlers.dialogue.message import Incoming, PlayCall, RealCall
from storage.copies import CopyKind

FOREVER = timedelta.max
Call = RealCall | PlayCall
Accept = Callable[[Incoming], Awaitable[None]]
"""Keeps a message; the platform may be told that it arrived once this returns."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do.

    `edits` and `deletes` say for how long after sending (None: never). Lengths are counted in `unit`: UTF-16
    units, or bytes of UTF-8. `writes_first` tells whether the bot may open a private talk by itself.
    """

    hears_all: bool = True
    edits: timedelta | None = None
    deletes: timedelta | None = None
    buttons: bool = False
    photo: bool = False
    video: bool = False
    voice: bool = False
    text_length: int = 4096
    caption_length: int = 1024
    unit: Literal["utf16", "bytes"] = "utf16"
    writes_first: bool = False
    toasts: bool = False

    @property
    def takes_back(self) -> bool:
        """Whether a copy can be made to vanish or change at all."""
        return self.edits is not None or self.deletes is not None


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast an account may speak: calls a second, seconds between calls to one chat, calls a minute to a group."""

    per_second: float | None = None
    chat_gap: float = 0.0
    group_per_minute: int | None = None
    group_reserve: int = 3
    in_flight: int = 3


@dataclass(frozen=True, slots=True)
class Medium:
    """A medium to be shown: its bytes, or the id under which the platform already has it."""

    id: int
    kind: Literal["photo", "voice", "video", "file"]
    mime: str
    blob: bytes | None
    file_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a platform took: message ids in order with their kind, and ids of media uploaded on the way."""

    parts: tuple[tuple[str, CopyKind], ...]
    uploads: Mapping[int, str] = field(default_factory=dict)


class CallFailed(Exception):
    """A call that did not succeed; `reason` is a short word for ledgers, never a platform's text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(CallFailed):
    """Too fast (429 and kin): wait this long before the next call to this chat, or to the account."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("refused")
        self.wait = wait


class ChatGone(CallFailed):
    """The bot cannot speak in that chat any more: kicked, blocked, deleted."""


class ChatMuted(CallFailed):
    """The bot is in the chat but may not speak there."""


class ChatMoved(CallFailed):
    """The chat goes on under another id."""

    def __init__(self, platform_id: str) -> None:
        super().__init__("moved")
        self.platform_id = platform_id


class Impossible(CallFailed):
    """The platform will never do this: the copy is too old, the message malformed."""


class Unsure(CallFailed):
    """Nobody knows whether it arrived: time-out or a broken connection after the request left."""


class NotNow(CallFailed):
    """It surely did not arrive: no connection, the platform is down; try again later."""


class Channel(Protocol):
    """A way to speak and hear on one account of one platform."""

    account: str
    can: Capabilities
    limits: Limits

    async def send(self, call: Call, media: tuple[Medium, ...]) -> Sent:
        """Send a message; raises a CallFailed."""

    async def edit(self, call: Call, platform_id: str, kind: CopyKind) -> None:
        """Change a sent message to this text and these buttons, without its picture where the text has none."""

    async def delete(self, chat: str, platform_id: str) -> None:
        """Take a sent message away."""

    async def answer(self, callback: str, toast: str) -> None:
        """Answer a pressed button."""

    async def fetch(self, ref: str, most: int) -> bytes:
        """Fetch a medium of at most so many bytes; raises a CallFailed."""

    async def listen(self, accept: Accept) -> None:
        """Hear until cancelled."""

    async def close(self) -> None:
        """Give connections back."""
