"""Forwarding (人工转发): when somebody is reminded, and how their words are read. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from storage.chats import ChatKind

REMINDERS: Final = (timedelta(minutes=15), timedelta(minutes=45))
"""How long after asking somebody is reminded: twice, then never again."""
SILENT_AFTER: Final = timedelta(hours=2)
"""How long after asking nobody waits for an answer any more."""
NAME_LENGTH: Final = 30
PUBLIC_WORDS: Final[Mapping[str, ChatKind]] = {
    "商户": ChatKind.MERCHANTS,
    "商家": ChatKind.MERCHANTS,
    "店": ChatKind.MERCHANTS,
    "义警": ChatKind.VOLUNTEERS,
    "志愿": ChatKind.VOLUNTEERS,
    "巡防": ChatKind.VOLUNTEERS,
}
_KIND = re.compile(r"(居民|商户|义警)群")
_DROP = re.compile(r"\s*(取消|注销|不用了|删除)$")


def next_look(asked_at: datetime, reminded: int) -> datetime:
    """When the clock looks again at something asked then, of which somebody was reminded so often."""
    return asked_at + (REMINDERS[reminded] if reminded < len(REMINDERS) else SILENT_AFTER)


@dataclass(frozen=True, slots=True)
class GroupWish:
    """Which group somebody looks after: its name, kind, area (empty where it was not said); or gives up."""

    name: str
    kind: ChatKind
    area: str
    dropped: bool


def read_group(words: str) -> GroupWish:
    """Read 水头村居民群 居民群 水头村, or 水头村居民群 取消; words are folded.

    The kind and the area may be left out: the kind is read from the name, else it is a group of residents.
    """
    dropped = _DROP.search(words)
    first, *rest = (words[: dropped.start()] if dropped else words).split() or [""]
    kind = next((kind for word, kind in PUBLIC_WORDS.items() if word in first), ChatKind.RESIDENTS)
    areas = []
    for one in rest:
        named = _KIND.fullmatch(one)
        if named:
            kind = PUBLIC_WORDS.get(named[1], ChatKind.RESIDENTS)
        else:
            areas.append(one)
    return GroupWish(first[:NAME_LENGTH], kind, "".join(areas), dropped is not None)
