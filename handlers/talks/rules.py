"""Rules of evening talks (规则): their clock, their notes, and what a note may become. Pure."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from handlers.reading.normal import fold

MOST_NOTE: Final = 300
MOST_NOTES: Final = 40
MOST_SHOWN: Final = 10
A_MESSAGE: Final = 2
"""So many notes a message shows, each with four buttons."""
MOST_PLACE: Final = 30
BEFORE: Final = timedelta(hours=1)
"""So long before it the groups and its leader are reminded."""
LASTS: Final = timedelta(hours=2)
NOTES_AFTER: Final = timedelta(days=2)
"""So long after it its leader is asked for notes once more."""
CLOSED_AFTER: Final = timedelta(days=7)
"""So long after that it closes by itself."""
FARTHEST: Final = timedelta(days=30)
BECOMES: Final = ("心愿", "诉求", "隐患", "纠纷")
"""What a note may become; without a word it stays one."""

_OF_NOTE: Final = re.compile(
    r"^第?\s*(?P<n>\d{1,2})\s*条?\s*[,:]?\s*(?:转成|转为|变成|转|成|作为)?\s*(?P<what>心愿|诉求|隐患|纠纷|删掉|删除|删)$"
)


@dataclass(frozen=True, slots=True)
class OfNote:
    """What is to become of a note: its number, and 心愿 … or 删."""

    number: int
    what: str


def of_note(words: str) -> OfNote | None:
    """第2条 心愿, 2转诉求, 第2条 删; None where the words are a note themselves."""
    found = _OF_NOTE.match(fold(words).strip())
    return OfNote(int(found["n"]), "删" if found["what"].startswith("删") else found["what"]) if found else None


def notes_in(words: str) -> list[str]:
    """Notes as typed: one a line or up to a semicolon, numbers and dots before them left out."""
    lines = [re.sub(r"^\s*(?:\d{1,2}\s*[、.．)）]|[-*·•])\s*", "", one).strip() for one in re.split(r"[\n；;]", words)]
    return [one for one in lines if one]
