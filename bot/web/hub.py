"""The hub: the playground's platform (平台), as a messenger's servers would be, in the memory of this process.

It keeps what people type, who is in which group and who has a page open. The bot sees of it only what
`Incoming` carries, like on any other platform; after a restart the talk is gone and the bot's records stay.
"""

import asyncio
import secrets
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.channels.console import ACCOUNT
from bot.web.roster import PlayPerson, Roster
from bot.web.shelf import Shelf, kind_of
from handlers.dialogue.message import Incoming, MediaRef, OutButton, Quoted
from jobs.channel import Accept

KEPT = 500
SNAPSHOT = 150
CALLBACKS = 2000
BEHIND = 400
Buttons = tuple[tuple[OutButton, ...], ...]
Event = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Message:
    """A message as the platform has it; `author` None is the bot, `media` are (kind, name on the shelf)."""

    id: str
    author: str | None
    text: str
    at: datetime
    buttons: Buttons = ()
    media: list[tuple[str, str]] = field(default_factory=list)
    place: tuple[float, float, str] | None = None
    answers: str = ""
    edited: bool = False
    gone: bool = False


@dataclass(slots=True)
class Chatroom:
    """A chat: a group, or somebody's private talk with the bot (then `owner` is set)."""

    id: str
    name: str
    members: frozenset[str]
    owner: str | None = None
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=KEPT))

    def find(self, message_id: str) -> Message | None:
        """A message still in memory."""
        return next((message for message in self.messages if message.id == message_id), None)


class Denied(Exception):
    """What somebody tried is not possible there; `reason` is a short word the page has a sentence for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Stream:
    """What one open page still has to be told; a page that falls too far behind is asked to start over."""

    def __init__(self, person: PlayPerson) -> None:
        self.person = person
        self.waiting: asyncio.Queue[Event | None] = asyncio.Queue(BEHIND)

    def tell(self, event: Event | None) -> None:
        """Queue an event; None ends the stream."""
        try:
            self.waiting.put_nowait(event)
        except asyncio.QueueFull:
            while not self.waiting.empty():
                self.waiting.get_nowait()
            self.waiting.put_nowait(None)


class PlaygroundHub:
    """Chats, messages and open pages of a playground.

    `now` is the world's clock, `drill` tells whether the world is a drill's. `accept` is set while the channel
    listens; `move_clock` (a span, or None for the next moment something is due), `restart` and, where a story is told,
    `pause_story` (True: stand still) are handed in by whoever runs the world.
    """

    def __init__(
        self,
        roster: Roster,
        now: Callable[[], datetime],
        bot_names: Sequence[str] = ("网格助手",),
        *,
        drill: bool = False,
    ) -> None:
        self.roster, self.now, self.bot_names, self.drill = roster, now, tuple(bot_names), drill
        self.shelf = Shelf()
        self.accept: Accept | None = None
        self.hears = asyncio.Event()
        self.move_clock: Callable[[timedelta | None], Awaitable[bool]] | None = None
        self.restart: Callable[[], Awaitable[None]] | None = None
        self.boot = secrets.token_hex(4)
        self.narration: dict[str, Any] | None = None
        self.pause_story: Callable[[bool], None] | None = None
        self._count = 0
        self._streams: set[Stream] = set()
        self._callbacks: OrderedDict[str, str] = OrderedDict()
        self._rooms: dict[str, Chatroom] = {}
        for group in roster.groups:
            self._rooms[group.name] = Chatroom(group.id, group.name, frozenset(group.members))
        for person in roster.people:
            own = Chatroom(f"me-{person.id}", person.name, frozenset({person.name}), person.name)
            self._rooms.setdefault(person.name, own)

    def room(self, name: str) -> Chatroom | None:
        """The chat of this platform id: a group's name, or whose private talk it is."""
        return self._rooms.get(name)

    def rooms(self) -> list[Chatroom]:
        """Every chat there is."""
        return list(self._rooms.values())

    def room_for(self, person: PlayPerson, chat_id: str) -> Chatroom:
        """The chat a page means, if this person is in it; raises Denied."""
        if chat_id == "me":
            return self._rooms[person.name]
        group = self.roster.group(chat_id)
        if group is None:
            raise Denied("no_chat")
        if person.name not in group.members:
            raise Denied("not_member")
        return self._rooms[group.name]

    # What the bot does

    def post(
        self,
        room: Chatroom,
        author: str | None,
        text: str,
        *,
        buttons: Buttons = (),
        media: Sequence[tuple[str, str]] = (),
        place: tuple[float, float, str] | None = None,
        answers: str = "",
    ) -> Message:
        """Put a message into a chat and show it."""
        self._count += 1
        message_id = f"{self.boot}-{self._count}"
        message = Message(message_id, author, text, self.now(), buttons, list(media), place, answers)
        room.messages.append(message)
        self._show(room, "message", message)
        return message

    def change(
        self,
        room: Chatroom,
        message: Message,
        text: str,
        *,
        buttons: Buttons = (),
        keeps_media: bool = True,
        media: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Change a message where it stands; `media` is what it shows again."""
        message.text, message.buttons, message.edited = text, buttons, True
        if not keeps_media:
            self._unshelve(message)
        message.media.extend(media)
        self._show(room, "change", message)
        self._requote(room, message)

    def take_down(self, room: Chatroom, message: Message) -> None:
        """Take a message away: what it said is forgotten, that there was one stays visible."""
        message.gone, message.text, message.buttons, message.place, message.answers = True, "", (), None, ""
        self._unshelve(message)
        self._show(room, "change", message)
        self._requote(room, message)

    def _unshelve(self, message: Message) -> None:
        for _kind, name in message.media:
            self.shelf.drop(name)
        message.media.clear()

    def _requote(self, room: Chatroom, changed: Message) -> None:
        """Whoever quoted a message quotes what it says now."""
        for message in room.messages:
            if message.answers == changed.id:
                self._show(room, "change", message)

    def toast(self, callback: str, text: str) -> None:
        """Show a short answer to whoever pressed the button."""
        name = self._callbacks.pop(callback, None)
        if name is not None and text:
            self._tell("toast", {"text": text}, to=name)

    # What people do

    async def say(
        self,
        person: PlayPerson,
        room: Chatroom,
        text: str,
        *,
        photo: str = "",
        place: tuple[float, float, str] | None = None,
        answers: str = "",
    ) -> Message:
        """Somebody writes; raises Denied for an empty message, or a picture, film or table that is no longer here."""
        if not (text.strip() or photo or place):
            raise Denied("empty")
        kept = self.shelf.get(photo) if photo else None
        if photo and kept is None:
            raise Denied("no_photo")
        kind = kind_of(kept[1]) if kept else "photo"
        message = self.post(
            room,
            person.name,
            text,
            media=[(kind, photo)] if photo else (),
            place=place,
            answers=answers if room.find(answers) else "",
        )
        media = (MediaRef(kind, photo, kept[1], len(kept[0])),) if kept else ()
        await self._hand(self._incoming("message", person, room, message, media=media))
        return message

    async def rewrite(self, person: PlayPerson, room: Chatroom, message_id: str, text: str) -> None:
        """Somebody changes what they wrote; raises Denied for another's message."""
        message = room.find(message_id)
        if message is None or message.gone:
            raise Denied("no_message")
        if message.author != person.name:
            raise Denied("not_yours")
        if not text.strip():
            raise Denied("empty")
        self.change(room, message, text)
        await self._hand(self._incoming("edited", person, room, message))

    async def press(self, person: PlayPerson, room: Chatroom, message_id: str, row: int, column: int) -> bool:
        """Somebody presses a button; whether it opened the private talk. Raises Denied for one that is gone.

        Where the bot's message answered somebody, the bot is handed what they had said.
        """
        message = room.find(message_id)
        if message is None or message.gone:
            raise Denied("old_button")
        try:
            button = message.buttons[row][column]
        except IndexError:
            raise Denied("old_button") from None
        if button.token:
            own = self._rooms[person.name]
            await self._hand(self._incoming("opened", person, own, None, text=button.token))
            return True
        callback = secrets.token_urlsafe(12)
        self._callbacks[callback] = person.name
        while len(self._callbacks) > CALLBACKS:
            self._callbacks.popitem(last=False)
        original = room.find(message.answers)
        said = original.text if original is not None and original.author else message.text
        quoted = Quoted(message.id, message.author is None, said, original.author or "" if original else "")
        await self._hand(
            self._incoming("button", person, room, None, text=button.does, quoted=quoted, callback=callback)
        )
        return False

    def _incoming(
        self,
        kind: Literal["message", "edited", "button", "opened"],
        person: PlayPerson,
        room: Chatroom,
        message: Message | None,
        *,
        text: str = "",
        media: tuple[MediaRef, ...] = (),
        quoted: Quoted | None = None,
        callback: str = "",
    ) -> Incoming:
        private = room.owner is not None
        said = message.text if message else text
        answered = room.find(message.answers) if message and message.answers else None
        if answered is not None:
            quoted = Quoted(answered.id, answered.author is None, answered.text, answered.author or "")
        return Incoming(
            account=ACCOUNT,
            key=secrets.token_hex(16),
            kind=kind,
            chat=room.name,
            private=private,
            sender=person.name,
            sender_name=person.name,
            at=self.now(),
            text=said,
            message_id=message.id if message else "",
            chat_title="" if private else room.name,
            media=media,
            location=message.place[:2] if message and message.place else None,
            reply_to=quoted,
            mentioned=kind in ("message", "edited") and any(f"@{name}" in said for name in self.bot_names),
            callback=callback,
        )

    async def _hand(self, incoming: Incoming) -> None:
        if self.accept is None:
            raise Denied("not_ready")
        await self.accept(incoming)

    # What pages see

    def open(self, person: PlayPerson) -> Stream:
        """A page opens for this person: first everything they see, then what changes."""
        stream = Stream(person)
        stream.tell(("snapshot", self._snapshot(person)))
        if self.narration is not None:
            stream.tell(("story", {**self.narration, "late": True}))
        self._streams.add(stream)
        return stream

    def leave(self, stream: Stream) -> None:
        """A page closed."""
        self._streams.discard(stream)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        for stream in self._streams:
            stream.tell(None)

    def clock_moved(self) -> None:
        """Tell the pages what time it is."""
        self._tell("clock", {"now": self.now().isoformat()})

    def narrate(self, told: dict[str, Any]) -> None:
        """Tell the pages what the story has come to, and who does what where (`who`, `chat`)."""
        self.narration = told
        self._tell("story", told)

    def start_over(self) -> None:
        """Clear every chat, as on a new phone, and let the pages start over."""
        self.shelf.clear()
        self._callbacks.clear()
        for room in self._rooms.values():
            room.messages.clear()
        for stream in self._streams:
            stream.tell(("snapshot", self._snapshot(stream.person)))

    def _snapshot(self, person: PlayPerson) -> dict[str, Any]:
        chats: dict[str, list[dict[str, Any]]] = {}
        for room in self._rooms.values():
            if room.owner is None or room.owner == person.name:
                recent = list(room.messages)[-SNAPSHOT:]
                chats[self._chat_id(room)] = [self._view(room, message) for message in recent]
        return {"boot": self.boot, "now": self.now().isoformat(), "chats": chats}

    def _show(self, room: Chatroom, what: str, message: Message) -> None:
        shown = {"chat": self._chat_id(room), "message": self._view(room, message)}
        self._tell(what, shown, to=room.owner)
        if room.owner is not None and what == "message" and message.author is None:
            owner = next(person.id for person in self.roster.people if person.name == room.owner)
            self._tell("nudge", {"person": owner})

    def _tell(self, what: str, data: dict[str, Any], to: str | None = None) -> None:
        for stream in self._streams:
            if to is None or stream.person.name == to:
                stream.tell((what, data))

    @staticmethod
    def _chat_id(room: Chatroom) -> str:
        return "me" if room.owner is not None else room.id

    def _view(self, room: Chatroom, message: Message) -> dict[str, Any]:
        answered = room.find(message.answers) if message.answers else None
        quote = None
        if answered is not None:
            quote = {"id": answered.id, "author": answered.author, "text": answered.text[:120], "gone": answered.gone}
        return {
            "id": message.id,
            "author": message.author,
            "text": message.text,
            "at": message.at.isoformat(),
            "buttons": [[{"label": b.label, "opens": bool(b.token)} for b in row] for row in message.buttons],
            "media": [{"kind": kind, "name": name, "title": self.shelf.title(name)} for kind, name in message.media],
            "place": list(message.place) if message.place else None,
            "quote": quote,
            "edited": message.edited,
            "gone": message.gone,
        }
