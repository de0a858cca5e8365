"""Reading (读取): what the platform calls back with becomes an `Incoming`, or nothing where nobody said anything.

Long connection and HTTP callback carry the same bodies. A group's id gets the mark `group:`, because the platform wants
to be told with every message whether an id is a person's or a group's, and the ids alone don't tell.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from bot.channels.buttons import Buttons
from handlers.dialogue.message import Incoming, IncomingKind, MediaRef, Quoted

Body = Mapping[str, Any]
GROUP: Final = "group:"
MOST_ID: Final = 120
GAP: Final = " \t\r\n\u2005\u3000\xa0"
SOME_NAME: Final = re.compile(r"@[^\s\u2005@]{1,32}(?=[\s\u2005]|$)")
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
KINDS: Final[Mapping[str, Literal["photo", "video", "file"]]] = {"image": "photo", "video": "video", "file": "file"}


class NotReadable(ValueError):
    """A callback that is not what the platform says it would be."""


class Reader:
    """Reads the callbacks of one bot.

    names: what the bot is called in its groups. quoted: the id of what the bot said in a chat with these words, empty
    where it never did. now: the moment of what the platform does not date.
    """

    def __init__(
        self,
        account: str,
        names: Sequence[str],
        buttons: Buttons,
        quoted: Callable[[str, str], str],
        now: Callable[[], datetime],
    ) -> None:
        self._account, self._buttons, self._quoted, self._now = account, buttons, quoted, now
        self._names = sorted(names, key=len, reverse=True)

    def read(self, body: Body, callback: str = "") -> Incoming | None:
        """What a callback says; `callback` is what a pressed button is answered by. Raises NotReadable."""
        try:
            return self._event(body, callback) if body.get("msgtype") == "event" else self._message(body)
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError, OSError, RecursionError) as error:
            raise NotReadable(type(error).__name__) from None

    def _message(self, body: Body) -> Incoming | None:
        chat = chat_of(body)
        said, media = _content(body, body["msgtype"])
        private = not chat.startswith(GROUP)
        words = said if private else self._without_name(said)
        quote = body.get("quote")
        if not (words or media) and private:
            return None
        return self._incoming(
            body,
            "message",
            text=words,
            message_id=_short(_word(body["msgid"])),
            media=media,
            reply_to=self._answered(chat, quote) if isinstance(quote, Mapping) else None,
            mentioned=not private,
        )

    def _event(self, body: Body, callback: str) -> Incoming | None:
        event = body["event"]
        kind = event["eventtype"]
        if kind == "enter_chat":
            return self._incoming(body, "opened", message_id=_short(_key(body)))
        if kind != "template_card_event":
            return None
        told = event.get(kind) if isinstance(event.get(kind), Mapping) else event
        task = _word(told.get("task_id") or "")
        return self._incoming(
            body,
            "button",
            text=self._buttons.unpack(_word(told.get("event_key") or "")) or "",
            message_id=f"press {_short(_key(body), 0)}",
            reply_to=Quoted(task, True) if task else None,
            callback=callback and _short(callback, 0),
        )

    def _incoming(self, body: Body, kind: IncomingKind, **more: Any) -> Incoming:  # noqa: ANN401 - fields of Incoming
        chat, at = chat_of(body), body.get("create_time")
        return Incoming(
            account=self._account,
            key=_key(body),
            kind=kind,
            chat=chat,
            private=not chat.startswith(GROUP),
            sender=_word(body["from"]["userid"]),
            sender_name="",
            at=datetime.fromtimestamp(at, UTC) if type(at) is int and at > 0 else self._now(),
            **more,
        )

    def _answered(self, chat: str, quote: Body) -> Quoted | None:
        """The quoted message; the platform tells its words only, which the bot knows where they are its own."""
        words, _ = _content(quote, str(quote.get("msgtype")))
        known = self._quoted(chat, words) if words else ""
        return Quoted(known, bool(known), words) if words else None

    def _without_name(self, said: str) -> str:
        """The words without the mention they begin with: the bot's name, else whatever follows the first @."""
        text = said.lstrip(GAP)
        for name in self._names:
            if name and text[1:].startswith(name) and text[:1] == "@":
                return text[len(name) + 1 :].strip(GAP)
        found = SOME_NAME.match(text)
        return text[found.end() :].strip(GAP) if found else text.strip(GAP)


def chat_of(body: Body) -> str:
    """Where it happened: a marked group id, or the person's own id."""
    if body.get("chattype") == "group" or body.get("chatid"):
        return GROUP + _word(body["chatid"])
    return _word(body["from"]["userid"])


def target(chat: str) -> dict[str, object]:
    """Whom to write to, as the platform wants to be told."""
    if chat.startswith(GROUP):
        return {"chatid": chat.removeprefix(GROUP), "chat_type": 2}
    return {"chatid": chat, "chat_type": 1}


def event_of(body: object) -> str:
    """What kind of event a body tells of; empty for a message."""
    event = body.get("event") if isinstance(body, Mapping) else None
    return str(event.get("eventtype") or "") if isinstance(event, Mapping) else ""


def _content(body: Body, kind: str) -> tuple[str, tuple[MediaRef, ...]]:
    """The words and media of a message, or of a part of one; a voice comes as the words it was understood as."""
    if kind == "mixed":
        items = [_content(item, item["msgtype"]) for item in body["mixed"]["msg_item"][:20]]
        return "\n".join(words for words, _ in items if words), tuple(one for _, media in items for one in media)
    if kind in ("text", "voice"):
        return _clean(body[kind]["content"]), ()
    if kind in KINDS and isinstance(body[kind].get("url"), str):
        key = body[kind].get("aeskey")
        return "", (MediaRef(KINDS[kind], json.dumps({"url": body[kind]["url"], "aeskey": key or ""})),)
    return "", ()


def _key(body: Body) -> str:
    """What names a callback for ever: its msgid, else what it is, of whom and when."""
    if body.get("msgid"):
        return _word(body["msgid"])
    return f"{event_of(body)}:{_word(body['from']['userid'])}:{int(body['create_time'])}"


def _word(value: object) -> str:
    """An id of the platform's."""
    if not isinstance(value, str) or len(value) > MOST_ID or not value.isprintable():
        raise ValueError("no word")
    return value


def _short(name: str, most: int = 64) -> str:
    """The name itself where it is short enough to be kept as an id, else what stands for it."""
    return name if len(name) <= most else hashlib.sha256(name.encode()).hexdigest()[:32]


def _clean(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError("no text")
    return CONTROL.sub("", text).encode("utf-8", "replace").decode().strip()
