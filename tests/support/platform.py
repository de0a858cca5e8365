"""A platform in memory: what stands in its chats, and every way in which it can misbehave."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from handlers.dialogue.message import Outgoing
from jobs.channel import (
    FOREVER,
    Accept,
    Call,
    CallFailed,
    Capabilities,
    ChatGone,
    ChatMoved,
    ChatMuted,
    Impossible,
    Limits,
    Medium,
    Sent,
)
from storage.copies import CopyKind


class Took(NamedTuple):
    """A call the platform took: send, edit, delete or answer; where; the message; its words and how they were named."""

    what: str
    chat: str
    message: str
    text: str
    key: str = ""


@dataclass
class Platform:
    """A channel and the platform behind it.

    `script` says how the next calls end: None well, a failure before the call is taken, or `(failure,)` after it was:
    the answer is lost. `meanwhile` runs while a call is on its way. Chats move (`moved`), close (`gone`), fall silent
    (`muted`).
    """

    account: str = "a"
    can: Capabilities = field(default_factory=lambda: Capabilities(edits=FOREVER, deletes=FOREVER, buttons=True))
    limits: Limits = field(default_factory=Limits)
    script: list[CallFailed | tuple[CallFailed] | None] = field(default_factory=list)
    down: CallFailed | None = None
    meanwhile: Callable[[], None] | None = None
    moved: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    muted: set[str] = field(default_factory=set)
    took: list[Took] = field(default_factory=list)
    shown: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    asked: int = 0
    probes: int = 0
    in_parts: int = 1

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """As many as the test says."""
        return self.in_parts

    def move(self, old: str, new: str) -> None:
        """A group becomes a supergroup; its messages go along."""
        self.moved[old] = new
        self.shown[new].update(self.shown.pop(old, {}))

    def _begin(self, chat: str) -> CallFailed | None:
        """What a call into a chat meets: raises what keeps it out; the failure that loses its answer."""
        self.asked += 1
        if self.meanwhile is not None:
            work, self.meanwhile = self.meanwhile, None
            work()
        if self.down is not None:
            raise self.down
        end = self.script.pop(0) if self.script else None
        if isinstance(end, CallFailed):
            raise end
        if chat in self.moved:
            raise ChatMoved(self.moved[chat])
        if chat in self.gone:
            raise ChatGone("gone")
        if chat in self.muted:
            raise ChatMuted("muted")
        return end[0] if end is not None else None

    def _standing(self, chat: str, message: str) -> str:
        if message not in self.shown[chat]:
            raise Impossible("no such message")
        return self.shown[chat][message]

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Take a message."""
        lost = self._begin(call.chat)
        message = str(len(self.took) + 1)
        self.shown[call.chat][message] = call.outgoing.text
        self.took.append(Took("send", call.chat, message, call.outgoing.text, call.key))
        if lost is not None:
            raise lost
        return Sent(((message, CopyKind.TEXT),))

    async def edit(self, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        """Change a message that stands."""
        lost = self._begin(call.chat)
        self._standing(call.chat, platform_id)
        self.shown[call.chat][platform_id] = call.outgoing.text
        self.took.append(Took("edit", call.chat, platform_id, call.outgoing.text, call.key))
        if lost is not None:
            raise lost

    async def delete(self, chat: str, platform_id: str) -> None:
        """Take a message away; one that is gone is fine."""
        lost = self._begin(chat)
        self.shown[chat].pop(platform_id, None)
        self.took.append(Took("delete", chat, platform_id, ""))
        if lost is not None:
            raise lost

    async def answer(self, callback: str, toast: str) -> None:
        """Answer a pressed button."""
        lost = self._begin("")
        self.took.append(Took("answer", "", callback, toast))
        if lost is not None:
            raise lost

    async def probe(self) -> None:
        """Whether it is there."""
        self.probes += 1
        if self.down is not None:
            raise self.down

    async def fetch(self, ref: str, most: int) -> bytes:
        """It has no media."""
        raise Impossible("nothing here")

    async def listen(self, accept: Accept) -> None:
        """Nothing is heard."""

    async def close(self) -> None:
        """There is no connection."""

    @property
    def texts(self) -> list[str]:
        """The words of what was sent and edited, in order."""
        return [one.text for one in self.took if one.what in ("send", "edit")]
