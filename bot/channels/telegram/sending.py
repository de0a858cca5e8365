"""Sending (发送): an outgoing call becomes messages, at most as long as Telegram takes them, and is changed later."""

import io
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from PIL import Image
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    InputMediaPhoto,
    InputMediaVideo,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.error import TelegramError

from bot.channels.buttons import Buttons
from bot.channels.splitting import cut, length, split
from bot.channels.telegram import errors
from bot.channels.telegram.errors import Answered, failure
from handlers.dialogue.message import OutButton, Outgoing, RealCall
from jobs.channel import CallFailed, ChatGone, Impossible, Medium, MediumRefused, Sent, StaleUpload, TopicGone
from storage.copies import CopyKind

LOG = logging.getLogger("wangge.telegram")
TEXT, CAPTION, ALBUM, TOAST = 4096, 1024, 10, 200

KINDS = {"photo": CopyKind.PHOTO, "video": CopyKind.VIDEO}
NAMES = {"photo": "photo.jpg", "video": "video.mp4", "voice": "voice.ogg", "file": "file"}
Answer = TypeVar("Answer")


def opening(username: str) -> str:
    """The address that opens a private talk with this bot; a token is put to it."""
    return f"https://t.me/{username}?start="


@dataclass(frozen=True, slots=True)
class Part:
    """One call of a message: words, a medium with a caption, or an album of two to ten."""

    text: str = ""
    media: tuple[Medium, ...] = ()


class Sender:
    """Makes the calls of one bot; each is one request."""

    def __init__(self, bot: Bot, buttons: Buttons) -> None:
        self._bot, self._buttons = bot, buttons
        self._placeholder_id: str | None = None

    async def send(self, call: RealCall, media: tuple[Medium, ...], part: int, username: str) -> Sent:
        """Send one part of a message; raises a CallFailed."""
        out = call.outgoing
        markup = self.keyboard(out.buttons, username)
        parts = plan(out.text, [one for one in media if one.file_id or one.blob], markup is not None)
        if part >= len(parts):
            raise Impossible("nothing to say")
        reply = _number(call.reply_to) if part == 0 else None
        options: dict[str, Any] = {
            "chat_id": chat_id(call.chat),
            "message_thread_id": _number(call.thread),
            "reply_parameters": ReplyParameters(reply, allow_sending_without_reply=True) if reply else None,
        }
        if part == len(parts) - 1:
            options["reply_markup"] = markup
        try:
            messages = await self._once(parts[part], out, options)
        except Answered as refusal:
            raise _why(refusal, parts[part], options["message_thread_id"]) from None
        except TelegramError as error:
            raise failure(error) from None
        return _sent(messages, parts[part].media)

    async def edit(
        self, call: RealCall, message_id: str, kind: CopyKind, username: str, shows: tuple[Medium, ...] = ()
    ) -> None:
        """Change a message; where its picture shall go, an empty one takes its place, since a caption needs one.

        `shows` is the picture that takes the place of the empty one again.
        """
        chat, message, out = chat_id(call.chat), _known(message_id), call.outgoing
        markup = self.keyboard(out.buttons, username)
        if kind is CopyKind.TEXT:
            if length(out.text) > TEXT:
                raise Impossible("too long")
            preview = _preview(out)
            work = self._bot.edit_message_text(
                out.text, chat, message, reply_markup=markup, link_preview_options=preview
            )
        elif out.media and shows and shows[0].kind in ("photo", "video"):
            await self._with_picture(chat, message, shows[0], cut(out.text, CAPTION), markup)
            return
        elif out.media:
            work = self._bot.edit_message_caption(chat, message, caption=cut(out.text, CAPTION), reply_markup=markup)
        else:
            await self._without_picture(chat, message, cut(out.text, CAPTION), markup)
            return
        await _unless(work, errors.DONE_ALREADY)

    async def delete(self, chat: str, message_id: str) -> None:
        """Take a message away; one that is gone is fine."""
        work = self._bot.delete_message(chat_id(chat), _known(message_id))
        await _unless(work, errors.GONE_ALREADY, of_message=True)

    async def answer(self, callback: str, toast: str) -> None:
        """Answer a pressed button; one pressed too long ago needs no answer any more."""
        await _unless(
            self._bot.answer_callback_query(callback, text=cut(toast, TOAST) or None), errors.TOO_OLD_TO_ANSWER
        )

    def keyboard(self, rows: Sequence[Sequence[OutButton]], username: str) -> InlineKeyboardMarkup | None:
        """The buttons under a message; None where there are none."""
        shown = [[made for one in row if (made := self._button(one, username))] for row in rows]
        full = [row for row in shown if row]
        return InlineKeyboardMarkup(full) if full else None

    def _button(self, one: OutButton, username: str) -> InlineKeyboardButton | None:
        if one.token:
            return InlineKeyboardButton(one.label, url=f"{opening(username)}{one.token}")
        try:
            return InlineKeyboardButton(one.label, callback_data=self._buttons.pack(one.does))
        except ValueError:
            LOG.error("a button was left out, what it says is too long: %s bytes", len(one.does.encode()))
            return None

    async def _once(self, part: Part, out: Outgoing, options: dict[str, Any]) -> Sequence[Message]:
        bot = self._bot
        if len(part.media) > 1:
            album = [_in_album(one, part.text if place == 0 else "") for place, one in enumerate(part.media)]
            options.pop("reply_markup", None)
            return await bot.send_media_group(media=album, **options)
        if not part.media:
            return (await bot.send_message(text=part.text, link_preview_options=_preview(out), **options),)
        one, caption = part.media[0], part.text or None
        what = one.file_id or InputFile(one.blob or b"", filename=one.name or NAMES[one.kind])
        match one.kind:
            case "photo":
                return (await bot.send_photo(photo=what, caption=caption, **options),)
            case "video":
                return (await bot.send_video(video=what, caption=caption, **options),)
            case "voice":
                return (await bot.send_voice(voice=what, caption=caption, **options),)
            case _:
                return (await bot.send_document(document=what, caption=caption, **options),)

    async def _with_picture(
        self, chat: int, message: int, medium: Medium, caption: str, markup: InlineKeyboardMarkup | None
    ) -> None:
        shown = _in_album(medium, caption)
        try:
            await self._bot.edit_message_media(shown, chat, message, reply_markup=markup)
        except Answered as refusal:
            if medium.file_id is not None and refusal.says(errors.WRONG_FILE):
                raise StaleUpload("file id unknown") from None
            if not refusal.says(errors.DONE_ALREADY):
                raise failure(refusal) from None
        except TelegramError as error:
            raise failure(error) from None

    async def _without_picture(
        self, chat: int, message: int, caption: str, markup: InlineKeyboardMarkup | None
    ) -> None:
        known = self._placeholder_id
        what = known or InputFile(placeholder(), filename="empty.png", attach=True)
        try:
            changed = await self._bot.edit_message_media(
                InputMediaPhoto(what, caption=caption), chat, message, reply_markup=markup
            )
        except Answered as refusal:
            if known is not None and refusal.says(errors.WRONG_FILE):
                self._placeholder_id = None
                raise StaleUpload("file id unknown") from None
            if not refusal.says(errors.DONE_ALREADY):
                raise failure(refusal) from None
        except TelegramError as error:
            raise failure(error) from None
        else:
            if isinstance(changed, Message) and changed.photo:
                self._placeholder_id = changed.photo[-1].file_id


def plan(text: str, media: Sequence[Medium], buttons: bool) -> list[Part]:
    """How a message is cut into calls: pictures first, words last, since the buttons hang on the last.

    One picture or film carries the words as its caption where they fit; so does an album without buttons.
    """
    shown = [one for one in media if one.kind in KINDS]
    others = [Part(media=(one,)) for one in media if one.kind not in KINDS]
    parts = [Part(media=tuple(shown[at : at + ALBUM])) for at in range(0, len(shown), ALBUM)]
    fits = length(text) <= CAPTION
    if fits and len(shown) == 1 and not others:
        return [Part(text.strip(), tuple(shown))]
    if fits and len(parts) == 1 and not others and not buttons:
        return [Part(text.strip(), tuple(shown))]
    return [*parts, *others, *(Part(words) for words in split(text, TEXT))]


@cache
def placeholder() -> bytes:
    """A small grey picture that shows nobody, for where a picture has to stand but the old one may not."""
    out = io.BytesIO()
    Image.new("L", (320, 180), 200).save(out, "PNG", optimize=True)
    return out.getvalue()


def chat_id(platform_id: str) -> int:
    """A chat as Telegram counts it; raises ChatGone for one that cannot be written to (who wrote as a chat)."""
    try:
        return int(platform_id)
    except ValueError:
        raise ChatGone("no such chat") from None


def _known(message_id: str) -> int:
    number = _number(message_id)
    if number is None:
        raise Impossible("unknown message")
    return number


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _preview(out: Outgoing) -> LinkPreviewOptions:
    return LinkPreviewOptions(is_disabled=not out.links)


def _in_album(one: Medium, caption: str) -> InputMediaPhoto | InputMediaVideo:
    what = one.file_id or InputFile(one.blob or b"", filename=NAMES[one.kind], attach=True)
    make = InputMediaPhoto if one.kind == "photo" else InputMediaVideo
    return make(what, caption=caption or None)


def _why(refusal: Answered, part: Part, thread: int | None) -> CallFailed:
    """What a refusal of a new message means: the topic, a file id, the picture, or the chat."""
    if thread is not None and refusal.says(errors.NO_SUCH_TOPIC):
        return TopicGone("no such topic")
    if part.media and refusal.says(errors.WRONG_FILE) and any(one.file_id for one in part.media):
        return StaleUpload("file id unknown")
    if part.media and refusal.says(errors.MEDIA_REFUSED):
        LOG.warning("a medium was refused, the words go without it")
        return MediumRefused("medium refused")
    return failure(refusal)


def _sent(messages: Sequence[Message], media: Sequence[Medium]) -> Sent:
    """What stands there now and under which ids its media can be sent again."""
    stands, uploads = [], {}
    for place, message in enumerate(messages):
        medium = media[place] if place < len(media) else None
        kind = CopyKind.TEXT if medium is None else KINDS.get(medium.kind, CopyKind.FILE)
        stands.append((str(message.message_id), kind))
        if medium is not None and medium.file_id is None and (found := _file_id(message)):
            uploads[medium.id] = found
    return Sent(tuple(stands), uploads)


def _file_id(message: Message) -> str | None:
    if message.photo:
        return message.photo[-1].file_id
    held = message.video or message.animation or message.voice or message.document or message.audio
    return held.file_id if held else None


async def _unless(work: Awaitable[Answer], fine: tuple[str, ...], *, of_message: bool = False) -> Answer | None:
    """Make a call; a refusal that means it is done already counts as done.

    With `of_message` any other refusal is about that message, and says nothing about the chat.
    """
    try:
        return await work
    except Answered as refusal:
        if refusal.says(fine):
            return None
        if of_message and refusal.code == 400 and not refusal.parameters and not refusal.says(errors.NO_SUCH_CHAT):
            raise Impossible("refused") from None
        raise failure(refusal) from None
    except TelegramError as error:
        raise failure(error) from None
