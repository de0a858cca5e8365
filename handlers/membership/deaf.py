"""Groups in which the bot hears nothing (听不到的群): they are bound from the private talk, by name or number."""

import re

from sqlalchemy.orm import Session

from handlers.dialogue.say import Say, button, say
from handlers.reading.normal import fold
from storage import chats
from storage.chats import Chat, ChatKind

MOST_OFFERED = 8
_NUMBER = re.compile(r"\s*群\s*([0-9]{1,9})(?![0-9])")


def mark(chat: Chat) -> str:
    """How a button names such a group, however long its name."""
    return f"群{chat.id} "


def named(session: Session, words: str) -> tuple[Chat, str] | None:
    """The group these words begin with, and what follows: 群12 居民群 大侯村, 大侯村通知群 居民群 大侯村."""
    folded = fold(words)
    groups = chats.deaf_groups(session)
    number = _NUMBER.match(folded)
    if number is not None:
        found = next((one for one in groups if one.id == int(number[1])), None)
        return (found, words[number.end() :].strip()) if found is not None else None
    start = len(folded) - len(folded.lstrip())
    for one in sorted(groups, key=lambda one: -len(one.title)):
        title = fold(one.title)
        if title and folded.startswith(title, start):
            return one, words[start + len(title) :].strip()
    return None


def offer(session: Session) -> Say:
    """What can be bound from here, by a button each; those nobody has bound yet where there are any."""
    groups = chats.deaf_groups(session)
    if not groups:
        return say("membership.bind_in_group")
    loose = [one for one in groups if one.kind is ChatKind.UNBOUND] or list(groups)
    buttons = [
        (button("help.word", f"绑定群 {mark(one).strip()}", word=one.title[:20]),) for one in loose[:MOST_OFFERED]
    ]
    return say("membership.which_group", *buttons)
