"""The console channel: says into a list; used by `wangge say` and by tests of whole dialogues."""

from dataclasses import dataclass, field

from handlers.dialogue.drill import DrillCall
from handlers.dialogue.message import Outgoing, PlayCall
from jobs.channel import FOREVER, Accept, Call, CallFailed, Capabilities, Impossible, Limits, Medium, Sent
from storage.copies import CopyKind

ACCOUNT = "play"
EVERYTHING = Capabilities(
    edits=FOREVER,
    deletes=FOREVER,
    buttons=True,
    photo=True,
    video=True,
    voice=True,
    writes_first=True,
    toasts=True,
)
"""What the platform of a playground can do."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Something everybody in a chat saw happen: a message `sent`, `edited`, `deleted`, or a short `answer`."""

    what: str
    chat: str
    text: str = ""
    buttons: tuple[tuple[str, str], ...] = ()
    photo: bool = False
    message_id: str = ""
    file: str = ""


@dataclass(slots=True)
class Console:
    """A channel of the playground world without a screen; message ids count up from `first_id`.

    `faults` are chats into which nothing can be sent, with how that fails. `takes` are the calls of its world.
    """

    account: str = ACCOUNT
    can: Capabilities = EVERYTHING
    limits: Limits = field(default_factory=lambda: Limits(in_flight=1))
    shown: list[Shown] = field(default_factory=list)
    first_id: int = 1
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, CallFailed] = field(default_factory=dict)
    takes: type[PlayCall] | type[DrillCall] = PlayCall

    def parts(self, outgoing: Outgoing, media: tuple[Medium, ...]) -> int:
        """Every message is one."""
        return 1

    async def probe(self) -> None:
        """Always there."""

    async def send(self, call: Call, media: tuple[Medium, ...], part: int = 0) -> Sent:
        """Show a message; raises the fault of a chat that has one."""
        self._only_play(call)
        if (fault := self.faults.get(call.chat)) is not None:
            raise fault
        message_id = str(self.first_id)
        self.first_id += 1
        photo = any(medium.kind == "photo" for medium in media)
        file = "、".join(medium.name for medium in media if medium.kind == "file")
        self.shown.append(Shown("sent", call.chat, call.outgoing.text, _buttons(call), photo, message_id, file))
        return Sent(((message_id, CopyKind.PHOTO if photo else CopyKind.TEXT),))

    async def edit(self, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        """Show that a message changed."""
        self._only_play(call)
        photo = bool(call.outgoing.media)
        self.shown.append(Shown("edited", call.chat, call.outgoing.text, _buttons(call), photo, platform_id))

    async def delete(self, chat: str, platform_id: str) -> None:
        """Show that a message vanished."""
        self.shown.append(Shown("deleted", chat, message_id=platform_id))

    async def answer(self, callback: str, toast: str) -> None:
        """Show the short answer to a pressed button."""
        if toast:
            self.shown.append(Shown("answer", callback, toast))

    async def fetch(self, ref: str, most: int) -> bytes:
        """A medium put into `files` before."""
        if ref not in self.files or len(self.files[ref]) > most:
            raise Impossible("no such file")
        return self.files[ref]

    async def listen(self, accept: Accept) -> None:
        """The console hears nothing by itself."""

    async def close(self) -> None:
        """Nothing to give back."""

    def _only_play(self, call: Call) -> None:
        if not isinstance(call, self.takes):
            raise TypeError("the console belongs to a playground or drill, and shows nothing of another world")


def _buttons(call: Call) -> tuple[tuple[str, str], ...]:
    return tuple((button.label, button.does) for row in call.outgoing.buttons for button in row)
