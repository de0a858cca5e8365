"""Rules of evening talks (规则): their clock, their notes, and what a note may become. Pure."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from handlers.reading.normal import fold
from handlers.reading.numerals import number

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
_MOVED: Final = re.compile(r"^(?:(?:改期|推迟|延后|延期|提前|[改换挪])到|改[成为在])[\s:,]*")
_SHIFTED: Final = re.compile(r"^(?P<way>改期|推迟|延后|延期|提前)")
_SPAN: Final = re.compile(
    r"(?:(?P<half>半)个?(?:小时|钟头)|(?P<n>[\d一二两三四五六七八九十]+)个?(?P<unit>小时|钟头|分钟?|天|周|星期|礼拜))"
)
_HOUR, _MINUTE, _DAY_LONG = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
_LENGTHS: Final = {"小": _HOUR, "钟": _HOUR, "分": _MINUTE, "天": _DAY_LONG}
_DAY: Final = re.compile(r"[今明后周日号月天]|星期|礼拜")
AFTERNOON: Final = timedelta(hours=6)
"""An hour without a day is looked for from so long before the talk on: 8点 of one at 19:00 is 20:00."""


@dataclass(frozen=True, slots=True)
class OfNote:
    """What is to become of a note: its number, and 心愿 … or 删."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Move:
    """Where to it is moved, as typed, or by how long; neither where that cannot be read."""

    to: str = ""
    by: timedelta = timedelta()


def of_note(words: str) -> OfNote | None:
    """第2条 心愿, 2转诉求, 第2条 删; None where the words are a note themselves."""
    found = _OF_NOTE.match(fold(words).strip())
    return OfNote(int(found["n"]), "删" if found["what"].startswith("删") else found["what"]) if found else None


def move_of(words: str) -> Move | None:
    """改到周五晚7点, 推迟一小时; None where nothing is to be moved."""
    folded = fold(words).strip()
    if found := _MOVED.match(folded):
        return Move(to=folded[found.end() :])
    if found := _SHIFTED.match(folded):
        span = _SPAN.fullmatch(folded[found.end() :].strip(" 。了吧"))
        length = _length(span) if span is not None else timedelta()
        return Move(by=-length if found["way"] == "提前" else length)
    return None


def _length(span: re.Match[str]) -> timedelta:
    if span["half"]:
        return timedelta(minutes=30)
    return (number(span["n"]) or 0) * _LENGTHS.get(span["unit"][0], timedelta(weeks=1))


def names_place(words: str) -> bool:
    """Whether words that name no time can be a place: no mere length of time, no number."""
    return re.search(r"[一-龥]{2}", words) is not None and _SPAN.search(words) is None


def names_day(words: str) -> bool:
    """Whether a day is named, and not an hour alone."""
    return _DAY.search(words) is not None


def notes_in(words: str) -> list[str]:
    """Notes as typed: one a line or up to a semicolon, numbers and dots before them left out."""
    lines = [re.sub(r"^\s*(?:\d{1,2}\s*[、.．)）]|[-*·•])\s*", "", one).strip() for one in re.split(r"[\n；;]", words)]
    return [one for one in lines if one]
