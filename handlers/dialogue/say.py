"""What a command or a job has to say, to whom, how urgently; and how it gets into the outbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.dialogue.aloud import aloud
from handlers.dialogue.message import OutButton, Outgoing
from handlers.dialogue.wording import Catalogue, Text, text
from storage import accounts, chats, contents, notices, outbox, people, tokens
from storage.chats import Chat, ChatState
from storage.lanes import URGENT, Lane
from storage.outbox import CallKind
from storage.people import Role

LINK_LIVES = timedelta(days=1)
MOST_CALLED = 5
WORKERS = (Role.GRID_WORKER, Role.AUXILIARY)


@dataclass(frozen=True, slots=True)
class Button:
    """A button (按钮): pressing it is the same as saying `does` in that chat, so it can be typed as well."""

    label: Text
    does: str


@dataclass(frozen=True, slots=True)
class Say:
    """One message to be sent.

    Without `chat` and `person` it answers where the message came from. `person` is reached privately, and if
    they have not opened a private talk yet it is held until then. `slot` names a message that edits itself.
    `topic` names the record whose copies these are (never for private talk about a tip). `opens_for` adds the
    button that opens this person's private talk. `key` names it for ever where the position in the answer does
    not; a job must give one. `quote` shows it as an answer to the message that caused it, `answers` to another
    message of that chat (its platform id). `calls` is the area whose workers are called by name where the platform
    can do that. What a `fleeting` message says is dropped once it has gone out; it has no buttons, for what is typed
    instead of pressing one could not be found again.
    """

    text: Text
    buttons: tuple[tuple[Button, ...], ...] = ()
    chat: int | None = None
    person: int | None = None
    lane: Lane = Lane.REPLY
    slot: str | None = None
    topic: str | None = None
    media: tuple[int, ...] = ()
    opens_for: int | None = None
    key: str | None = None
    quote: bool = False
    answers: str = ""
    toast: Text | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    links: bool = False
    calls: int | None = None
    fleeting: bool = False


def say(key: str, /, *buttons: Sequence[Button] | Button, **fields: object) -> Say:
    """A plain answer from the catalogue; each positional is a button or a row of buttons."""
    return Say(text(key, **fields), buttons=rows(*buttons))


def rows(*buttons: Sequence[Button] | Button) -> tuple[tuple[Button, ...], ...]:
    """Buttons as rows: one alone makes its own row."""
    return tuple((row,) if isinstance(row, Button) else tuple(row) for row in buttons)


def button(label: str, does: str, /, **fields: object) -> Button:
    """A button with a label of the catalogue."""
    return Button(text(label, **fields), does)


@dataclass(frozen=True, slots=True)
class Cause:
    """What made the bot speak: names its messages for ever, and says where an answer goes.

    `thread` is the topic of a forum in which somebody asked; an answer goes there, too. `asker` is who asked.
    """

    name: str
    chat: Chat | None = None
    message_id: str = ""
    thread: str = ""
    asker: int = 0


def post(session: Session, words: Catalogue, says: Iterable[Say], cause: Cause, now: datetime) -> list[int]:
    """Queue what is to be said, in this transaction; ids of the new outbox rows.

    The same cause and position never queue twice. A person nobody can reach is passed over, and so is one who wants
    no messages unless they asked, it is urgent, or they work here. Above the first thing somebody reads privately
    stands the privacy notice; help goes before it (R14). What goes to a group passes `aloud`.
    """
    queued = []
    for position, one in enumerate(says):
        chat = _chat_of(session, one, cause)
        if chat is None or _unwanted(session, one, cause, chat):
            continue
        _notice(session, words, cause, chat, now)
        outgoing = render(session, words, one, now)
        if chat.kind.is_group:
            outgoing = aloud(outgoing, words.lines, public=chat.kind.is_public)
        if one.calls is not None and (directory := accounts.directory_of(session, chat.account)):
            outgoing = replace(outgoing, mentions=_called(session, directory, one.calls))
        row_id = outbox.put(
            session,
            chat,
            one.key or f"{cause.name}:{position}",
            now,
            lane=one.lane,
            content_id=contents.keep(session, outgoing.to_bytes(), one.media, now),
            topic=one.topic,
            slot=one.slot,
            reply_to=_answered(one, cause, chat),
            thread=_thread(one, cause, chat),
            has_buttons=any(button.does for row in outgoing.buttons for button in row),
            not_before=one.not_before,
            expires_at=one.expires_at,
        )
        if row_id is not None:
            queued.append(row_id)
    return queued


def render(session: Session, words: Catalogue, one: Say, now: datetime) -> Outgoing:
    """The message as it will be shown."""
    shown = [tuple(OutButton(words.render(b.label), b.does) for b in row) for row in one.buttons]
    if one.opens_for is not None:
        token = tokens.new_link(session, one.opens_for, now, now + LINK_LIVES)
        shown.append((OutButton(words.render(text("common.open_private")), token=token),))
    toast = words.render(one.toast) if one.toast else ""
    return Outgoing(words.render(one.text), tuple(shown), one.media, toast, one.links, fleeting=one.fleeting)


def _called(session: Session, directory: str, area_id: int) -> tuple[str, ...]:
    """What the platform calls the workers nearest to an area, a handful of them."""
    workers = people.nearest_holders(session, WORKERS, area_id)
    return tuple(chats.user_ids(session, directory, workers[:MOST_CALLED]))


def to_each(one: Say, chat_ids: Iterable[int]) -> list[Say]:
    """The same message for several chats; only for a handful, many go by `storage.deliveries`."""
    key = one.key
    return [replace(one, chat=chat_id, key=f"{key}:{chat_id}" if key else None) for chat_id in dict.fromkeys(chat_ids)]


def to_people(one: Say, person_ids: Iterable[int]) -> list[Say]:
    """The same message for several people, privately."""
    key = one.key
    return [
        replace(one, person=person_id, key=f"{key}:p{person_id}" if key else None)
        for person_id in dict.fromkeys(person_ids)
    ]


def answer_press(session: Session, cause: Cause, callback: str, toast: str, now: datetime) -> None:
    """Answer a pressed button, so that it stops turning; `toast` is shown for a moment."""
    if cause.chat is not None and callback:
        outbox.put(
            session,
            cause.chat,
            f"{cause.name}:answer",
            now,
            lane=Lane.REPLY,
            kind=CallKind.ANSWER,
            content_id=contents.keep(session, Outgoing("", toast=toast).to_bytes(), (), now),
            callback=callback,
            expires_at=now + timedelta(seconds=140),
        )


def _notice(session: Session, words: Catalogue, cause: Cause, chat: Chat, now: datetime) -> None:
    """Queue the privacy notice ahead of what waits for somebody who has not heard this version of it.

    A talk that is not open yet will hear it when it opens, before what is held for it.
    """
    if chat.kind.is_group or chat.person_id is None or chat.state is ChatState.UNOPENED:
        return
    if people.hears_notice(session, chat.person_id, notices.VERSION):
        content = contents.keep(
            session, Outgoing(words.render(text(f"privacy.notice_{notices.VERSION}"))).to_bytes(), (), now
        )
        key = f"{cause.name}:notice:{chat.id}"
        outbox.put(session, chat, key, now, lane=Lane.REPLY, content_id=content, rank=outbox.CONTINUES)


def _unwanted(session: Session, one: Say, cause: Cause, chat: Chat) -> bool:
    """Whether somebody who said 退订 would get what they did not ask for (R14)."""
    if chat.kind.is_group or chat.person_id is None or chat is cause.chat or chat.person_id == cause.asker:
        return False
    if one.lane <= URGENT or one.lane is Lane.REMINDER:
        return False
    if people.get(session, chat.person_id).messages_agreed is not False:
        return False
    return all(role in (Role.RESIDENT, Role.MERCHANT) for role, _ in people.holds_of(session, chat.person_id))


def _answered(one: Say, cause: Cause, chat: Chat) -> str | None:
    if one.quote and cause.chat is chat:
        return cause.message_id
    return one.answers or None


def _thread(one: Say, cause: Cause, chat: Chat) -> str | None:
    here = one.quote or (one.chat is None and one.person is None)
    return cause.thread or None if here and cause.chat is chat else None


def _chat_of(session: Session, one: Say, cause: Cause) -> Chat | None:
    if one.chat is not None:
        chat: Chat | None = chats.get(session, one.chat)
    elif one.person is not None:
        chat = chats.private_of(session, one.person)
    else:
        chat = cause.chat
    return None if chat is None or chat.state is ChatState.GONE else chat
