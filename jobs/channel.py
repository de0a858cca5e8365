"""What a channel is to the program: what it can do, how fast, and how a call can end. Channels live above."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol, runtime_checkable

from handlers.dialogue.drill import DrillCall
from handlers.dialogue.message import Incoming, Outgoing, PlayCall, RealCall
from storage.copies import CopyKind
from storage.outbox import CallKind

FOREVER = timedelta.max
Call = RealCall | PlayCall | DrillCall
Accept = Callable[[Incoming], Awaitable[None]]
"""Keeps a message; the platform may be told that it arrived once this returns."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do.

    `edits` and `deletes` say for how long after sending (None: never). Lengths are counted in `unit`: UTF-16
    units, or bytes of UTF-8. `writes_first` tells whether the bot may open a private talk by itself. `remembers` is
    for how long the platform recognises a repeated call by its `key` (None: it does not), so that repeating is safe.
    `hears_groups` tells whether anything said in a group can reach the bot at all. What is sent `by_hand` is there
    only once a person has passed it on; such a person can be reminded where it `nudges`, and a message nobody has
    passed on yet is taken out of their hands by `delete` where it `stops`. Where it `knocks`, somebody who must write
    first can be asked to. `directory` names the account whose user ids this one shares, where that is not itself.
    `opens` is the address that opens a private talk with the bot, to which a token is put; empty where there is none.
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
    remembers: timedelta | None = None
    hears_groups: bool = True
    by_hand: bool = False
    nudges: bool = False
    stops: bool = False
    knocks: bool = False
    directory: str = ""
    opens: str = ""

    @property
    def takes_back(self) -> bool:
        """Whether a copy can be made to vanish or change at all."""
        return self.edits is not None or self.deletes is not None


@dataclass(frozen=True, slots=True)
class Window:
    """At most `most` calls in any `seconds`, over the whole account or for each chat.

    `kinds` are the calls that count (None: all), `groups` whether only groups are limited. The last `reserve` of
    `most` are kept for the first three lanes.
    """

    of: Literal["account", "chat"]
    most: int
    seconds: float
    kinds: frozenset[CallKind] | None = None
    groups: bool = False
    reserve: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast an account may speak.

    `per_second` is the steady rate at which its calls are spaced (None: as fast as they come), `windows` are kept
    exactly whatever happens, also where two calls differ by `way` seconds on their way to the platform; calls of the
    kinds `free` count in neither. `in_flight` is how many calls may be on the
    wire at a time, however slow the way: what a crash leaves in doubt is at most as many. `in_order` lets only one
    message at a time leave for a chat, so that two never overtake each other; needless where a chat's window does that.
    """

    per_second: float | None = None
    windows: tuple[Window, ...] = ()
    way: float = 0.0
    free: frozenset[CallKind] = frozenset({CallKind.ANSWER})
    in_flight: int = 3
    in_order: bool = False


@dataclass(frozen=True, slots=True)
class Medium:
    """A medium to be shown: its bytes, or the id under which the platform already has it.

    `name` is what a file made here is called, empty for all that people sent; `url` a page where it can be seen, for
    channels that cannot show it.
    """

    id: int
    kind: Literal["photo", "voice", "video", "file"]
    mime: str
    blob: bytes | None
    file_id: str | None = None
    name: str = ""
    url: str = ""


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
    """Too fast (429 and kin): wait this long before the next call to this chat, or to the account.

    Less than a second is a second, or the same call would go to and fro; more than a day is a day.
    """

    SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=1)

    def __init__(self, wait: timedelta) -> None:
        super().__init__("refused")
        self.wait = min(max(wait, self.SHORTEST), self.LONGEST)


class Later(CallFailed):
    """The channel holds it back for so long: the platform would drop it without a word. Nothing was asked."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("later")
        self.wait = min(max(wait, Refused.SHORTEST), timedelta(days=31))


class WindowClosed(CallFailed):
    """The person must write first (again): the platform lets nobody answer later than so long after that."""


class TopicGone(CallFailed):
    """The topic of a forum is closed or deleted; the message may go into the group itself."""


class StaleUpload(CallFailed):
    """The platform no longer knows the id under which it had a medium; it must be uploaded anew."""


class MediumRefused(CallFailed):
    """The platform will not take this picture here; the words may go on without it."""


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
    """A way to speak and hear on one account of one platform. Each of its calls is one request on the wire."""

    account: str
    can: Capabilities
    limits: Limits

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """How many calls a message takes here; at least 1."""

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Send one part of a message; raises a CallFailed."""

    async def edit(self, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        """Change a sent message to this text and these buttons, without its picture where the text has none.

        `shows` is a picture that had been taken off it and stands there again.
        """

    async def delete(self, chat: str, platform_id: str) -> None:
        """Take a sent message away."""

    async def answer(self, callback: str, toast: str) -> None:
        """Answer a pressed button."""

    async def probe(self) -> None:
        """Ask the platform something harmless, to learn whether it is there; raises a CallFailed."""

    async def fetch(self, ref: str, most: int) -> bytes:
        """Fetch a medium of at most so many bytes; raises a CallFailed."""

    async def listen(self, accept: Accept) -> None:
        """Hear until cancelled."""

    async def close(self) -> None:
        """Give connections back."""


@runtime_checkable
class Nudges(Protocol):
    """A channel that can remind whoever was asked to pass a message on (`Capabilities.nudges`)."""

    async def nudge(self, chat: str, platform_id: str) -> None:
        """Remind them of this message; raises a CallFailed."""


@runtime_checkable
class Knocks(Protocol):
    """A channel that can ask somebody who must write first to do so (`Capabilities.knocks`)."""

    async def knock(self, chat: str) -> None:
        """Ask the person of this private chat; raises a CallFailed."""
