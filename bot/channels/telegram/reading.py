"""Reading (读取): a Bot API update becomes an `Incoming`, or nothing where it is none of the bot's business.

Left out on purpose: channel posts, other bots, forwarded messages in groups (somebody else's words, possibly the
bot's own notice), commands for another bot, stickers and the like in groups, live positions that keep moving.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from telegram import (
    Bot,
    CallbackQuery,
    Chat,
    ChatMember,
    ChatMemberRestricted,
    ChatMemberUpdated,
    Location,
    Message,
    MessageEntity,
    TelegramObject,
    Update,
)
from telegram.constants import ChatMemberStatus, ChatType, MessageEntityType

from bot.channels.buttons import Buttons
from handlers.dialogue.message import Incoming, IncomingKind, MediaRef, Quoted

KINDS = ["message", "edited_message", "callback_query", "my_chat_member"]
"""What is asked for; an explicit list, since the default changes with the server."""

GENERAL = 1
"""The topic every forum has; what is said there carries no thread."""

PLAIN_FIELDS = frozenset({"message_id", "date", "chat", "from", "text", "entities"})
"""A message with no other fields than these is nothing but text."""

NAMING = frozenset({MessageEntityType.MENTION, MessageEntityType.TEXT_MENTION, MessageEntityType.BOT_COMMAND})
"""What is marked in a text and may name the bot, or another one."""

START = re.compile(r"/start(?:@\w+)?(?:\s+(\S+))?\s*")
Standing = Literal["in", "muted", "out"]


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is on the platform."""

    id: int
    username: str
    name: str
    hears_all: bool


class Reader:
    """Reads the updates of one account; `now` is the moment a button is pressed, which the platform does not tell."""

    def __init__(self, account: str, bot: Bot, me: Me, buttons: Buttons, now: Callable[[], datetime]) -> None:
        self._account, self._bot, self._me, self._buttons, self._now = account, bot, me, buttons, now

    def read(self, raw: Mapping[str, Any]) -> Incoming | None:
        """What an update says; any exception means that it cannot be read at all."""
        plain = self._plain(raw)
        if plain is not None:
            return plain
        update = Update.de_json(dict(raw), self._bot)
        if update.message is not None:
            return self._message(update.update_id, update.message, "message")
        if update.edited_message is not None:
            return self._message(update.update_id, update.edited_message, "edited")
        if update.callback_query is not None:
            return self._press(update.update_id, update.callback_query)
        if update.my_chat_member is not None:
            return self._standing(update.update_id, update.my_chat_member)
        return None

    def _plain(self, raw: Mapping[str, Any]) -> Incoming | None:
        """A message that is nothing but text, read without making the library's objects of it, which takes longer
        than keeping it durably; None for anything else, which is then read with them."""
        message = raw.get("message")
        if len(raw) != 2 or not isinstance(message, dict) or not message.keys() <= PLAIN_FIELDS:
            return None
        try:
            chat, sender, text, date = message["chat"], message["from"], message["text"], message["date"]
            kind, first, last = chat["type"], sender["first_name"], sender.get("last_name")
            numbers = (raw["update_id"], message["message_id"], chat["id"], sender["id"], date)
            words = (text, kind, first, last or "", chat.get("title") or "")
            marked = {entity["type"] for entity in message.get("entities", ())}
        except (KeyError, TypeError, AttributeError):
            return None
        plain = all(type(one) is int for one in numbers) and all(type(one) is str for one in words)
        private = kind == "private"
        if not plain or not clean(text) or not first or sender.get("is_bot") is not False or marked & NAMING:
            return None
        if kind not in ("private", "group", "supergroup") or (private and text.startswith("/start")):
            return None
        return Incoming(
            account=self._account,
            key=f"{raw['update_id']}:{date}",
            kind="message",
            chat=str(chat["id"]),
            private=private,
            sender=str(sender["id"]),
            sender_name=clean(f"{first} {last}" if last else first),
            at=datetime.fromtimestamp(date, UTC),
            text=clean(text),
            message_id=str(message["message_id"]),
            chat_title=clean(chat.get("title") or ""),
        )

    def _message(self, update_id: int, message: Message, kind: IncomingKind) -> Incoming | None:
        chat = message.chat
        if chat.type == ChatType.CHANNEL or message.is_automatic_forward:
            return None
        if message.migrate_to_chat_id is not None:
            return self._moved(update_id, message, chat.id, message.migrate_to_chat_id)
        if message.migrate_from_chat_id is not None:
            return self._moved(update_id, message, message.migrate_from_chat_id, chat.id)
        sender, private = _sender(message), chat.type == ChatType.PRIVATE
        if sender is None or (message.forward_origin is not None and not private):
            return None
        if kind == "edited" and message.location is not None:
            return None
        text, mentioned, foreign = self._words(message)
        media, place = _media(message), _place(message)
        if foreign or (not (text or media or place) and (not private or message.effective_attachment is None)):
            return None
        opened = START.fullmatch(text) if private and kind == "message" else None
        return Incoming(
            account=self._account,
            key=f"{update_id}:{int(message.date.timestamp())}",
            kind="opened" if opened else kind,
            chat=str(chat.id),
            private=private,
            sender=sender[0],
            sender_name=sender[1],
            at=message.date,
            text=(opened.group(1) or "") if opened else text,
            message_id=str(message.message_id),
            thread=_thread(message),
            chat_title=_title(chat),
            media=media,
            location=place,
            reply_to=self._quoted(message.reply_to_message),
            mentioned=mentioned,
            album=message.media_group_id or "",
        )

    def _words(self, message: Message) -> tuple[str, bool, bool]:
        """Text or caption as typed, whether the bot is named in it, and whether it is a command for another bot."""
        text, mentioned, foreign = message.text or message.caption or "", False, False
        for entity, words in (*message.parse_entities().items(), *message.parse_caption_entities().items()):
            if entity.type == MessageEntityType.MENTION:
                mentioned |= self._is_me(words[1:])
            elif entity.type == MessageEntityType.TEXT_MENTION and entity.user and entity.user.id == self._me.id:
                mentioned = True
                text = _without_name(text, entity, words)
            elif entity.type == MessageEntityType.BOT_COMMAND and "@" in words:
                mine = self._is_me(words.partition("@")[2])
                mentioned |= mine
                foreign |= entity.offset == 0 and not mine
        return clean(text), mentioned, foreign

    def _is_me(self, name: str) -> bool:
        return name.lower() == self._me.username.lower()

    def _quoted(self, message: Message | None) -> Quoted | None:
        """The message that was answered; in a topic everything "answers" its first message, which is no answer."""
        if message is None or message.forum_topic_created is not None:
            return None
        user = message.from_user
        text = clean(message.text or message.caption or "")
        sender = _sender(message)
        return Quoted(str(message.message_id), user is not None and user.id == self._me.id, text, (sender or ("",))[0])

    def _press(self, update_id: int, query: CallbackQuery) -> Incoming | None:
        """A pressed button; one whose signature does not fit says nothing, which is answered as an old button is."""
        message, user = query.message, query.from_user
        if message is None or user.is_bot or message.chat.type == ChatType.CHANNEL:
            return None
        does = self._buttons.unpack(query.data or "") or ""
        thread, asked = "", None
        if isinstance(message, Message):
            thread, asked = _thread(message), self._quoted(message.reply_to_message)
        return Incoming(
            account=self._account,
            key=f"{update_id}:{query.id}",
            kind="button",
            chat=str(message.chat.id),
            private=message.chat.type == ChatType.PRIVATE,
            sender=str(user.id),
            sender_name=clean(user.full_name),
            at=self._now(),
            text=does,
            message_id=f"press {query.id}",
            thread=thread,
            chat_title=_title(message.chat),
            reply_to=Quoted(
                str(message.message_id), True, asked.text if asked else "", asked.sender_id if asked else ""
            ),
            callback=query.id,
        )

    def _standing(self, update_id: int, change: ChatMemberUpdated) -> Incoming | None:
        """What became of the bot in a chat; a private talk that is unblocked is opened by the start that follows."""
        chat, before, after = change.chat, _speaks(change.old_chat_member), _speaks(change.new_chat_member)
        private = chat.type == ChatType.PRIVATE
        if before == after or chat.type == ChatType.CHANNEL or (private and after != "out"):
            return None
        kinds: Mapping[Standing, IncomingKind] = {
            "out": "left",
            "muted": "muted",
            "in": "joined" if before == "out" else "unmuted",
        }
        return self._happened(update_id, kinds[after], chat, str(chat.id), change)

    def _moved(self, update_id: int, message: Message, old: int, new: int) -> Incoming:
        """A group became a supergroup; told under its old id, once or twice."""
        return self._happened(update_id, "migrated", message.chat, str(old), message, str(new))

    def _happened(
        self,
        update_id: int,
        kind: IncomingKind,
        chat: Chat,
        chat_id: str,
        what: Message | ChatMemberUpdated,
        text: str = "",
    ) -> Incoming:
        user = what.from_user
        return Incoming(
            account=self._account,
            key=f"{update_id}:{int(what.date.timestamp())}",
            kind=kind,
            chat=chat_id,
            private=chat.type == ChatType.PRIVATE,
            sender=f"as:{chat.id}" if user is None or user.is_bot else str(user.id),
            sender_name=_title(chat) if user is None or user.is_bot else clean(user.full_name),
            at=what.date,
            text=text,
            chat_title=_title(chat),
        )


def clean(text: str) -> str:
    """The text without what no database and no encoding can hold: lone surrogates and NUL."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\x00", "")


def system_now() -> datetime:
    """The moment, aware UTC."""
    return datetime.now(UTC)


def _title(chat: Chat) -> str:
    return clean(chat.title or "")


def _sender(message: Message) -> tuple[str, str] | None:
    """Who wrote: id and name; None for other bots. Who writes as a chat (anonymous admins) is that chat."""
    if message.sender_chat is not None:
        return f"as:{message.sender_chat.id}", _title(message.sender_chat)
    user = message.from_user
    if user is None or user.is_bot:
        return None
    return str(user.id), clean(user.full_name)


def _thread(message: Message) -> str:
    thread = message.message_thread_id
    return str(thread) if message.is_topic_message and thread not in (None, GENERAL) else ""


def _without_name(text: str, entity: MessageEntity, name: str) -> str:
    """A person without a user name is named by plain words, which a command's reader cannot tell from the rest."""
    return text.removeprefix(name).lstrip() if entity.offset == 0 else text


def _place(message: Message) -> tuple[float, float] | None:
    location: Location | None = message.venue.location if message.venue else message.location
    return (location.latitude, location.longitude) if location else None


def _media(message: Message) -> tuple[MediaRef, ...]:
    if message.photo:
        return (_ref("photo", max(message.photo, key=lambda size: size.width * size.height), "image/jpeg"),)
    if message.voice:
        return (_ref("voice", message.voice, "audio/ogg"),)
    film = message.video or message.video_note or message.animation
    if film:
        return (_ref("video", film, "video/mp4"),)
    if message.document:
        kind = {"image": "photo", "video": "video"}.get((message.document.mime_type or "").partition("/")[0], "file")
        return (_ref(kind, message.document, "application/octet-stream"),)
    return (_ref("file", message.audio, "audio/mpeg"),) if message.audio else ()


def _ref(kind: str, medium: TelegramObject, mime: str) -> MediaRef:
    told = medium.to_dict()
    return MediaRef(
        kind=kind,  # type: ignore[arg-type]  # one of the four named above
        ref=told["file_id"],
        mime=clean(told.get("mime_type") or mime),
        size=int(told.get("file_size") or 0),
        duration=int(told.get("duration") or 0),
    )


def _speaks(member: ChatMember) -> Standing:
    if member.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED):
        return "out"
    if isinstance(member, ChatMemberRestricted):
        if not member.is_member:
            return "out"
        return "in" if member.can_send_messages else "muted"
    return "in"
