"""Moved (改到): what was arranged for one time and place is put to another, in people's own words."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from handlers.reading.normal import fold
from handlers.reading.numerals import number
from handlers.reminders import rules
from handlers.reminders.actions import plan_of

_BEFORE: Final = r"(?:还是|那就|就|原定)?[\d一二三四五六七八九十点半分:号月日今明后天周星期上下午晚早 ]{0,14}?"
_MOVED: Final = re.compile(rf"^{_BEFORE}(?:(?:改期|改约|推迟|延后|延期|提前|[改换挪约])到|改[成为在])[\s:,]*")
_RATHER: Final = re.compile(r"^(?:还是|改约|那就)[\s:,]*(?=.*\d|.*[一二两三四五六七八九十]点|.*(?:[今明后]天|周|星期))")
_SHIFTED: Final = re.compile(r"^(?P<way>改期|推迟|延后|延期|提前)")
_SPAN: Final = re.compile(
    r"(?:(?P<half>半)个?(?:小时|钟头)|(?P<n>[\d一二两三四五六七八九十]+)个?(?P<unit>小时|钟头|分钟?|天|周|星期|礼拜))"
)
_HOUR, _MINUTE, _DAY_LONG = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
_LENGTHS: Final = {"小": _HOUR, "钟": _HOUR, "分": _MINUTE, "天": _DAY_LONG}
_DAY: Final = re.compile(r"[今明后周日号月天]|星期|礼拜")
_TAIL: Final = re.compile(r"(?:好?吧|好吗|行吗|可以吗|[了啊呀])?[\s。.!?~]*$")
AFTERNOON: Final = timedelta(hours=6)
"""An hour without a day is looked for from so long before the first time on: 8点 of one at 19:00 is 20:00."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where to it is moved, as typed, or by how long; neither where that cannot be read."""

    to: str = ""
    by: timedelta = timedelta()


def move_of(words: str) -> Move | None:
    """改到周五晚7点, 推迟一小时, 还是后天9点吧; None where nothing is to be moved."""
    folded = fold(words).strip()
    if found := _MOVED.match(folded) or _RATHER.match(folded):
        return Move(to=_TAIL.sub("", folded[found.end() :]))
    if found := _SHIFTED.match(folded):
        span = _SPAN.fullmatch(folded[found.end() :].strip(" 。了吧"))
        length = _length(span) if span is not None else timedelta()
        return Move(by=-length if found["way"] == "提前" else length)
    return None


def moved(move: Move, before: datetime, now: datetime) -> tuple[datetime, str] | None:
    """When and where it is to be now, None where that cannot be read; `before` is the time it was arranged for.

    An hour alone is one of its own day, and what is not said stays: an empty place.
    """
    if move.by:
        return before + move.by, ""
    own = before.astimezone(now.tzinfo)
    base = now if _DAY.search(move.to) else own - AFTERNOON
    wish = rules.read(move.to, base)
    if wish.when is None and re.search(r"[一-龥]{2}", wish.text) and _SPAN.search(wish.text) is None:
        return before, wish.text
    if wish.when is None or wish.when.repeat is not None:
        return None
    at = plan_of(wish.when, base).at
    if base is not now and at.astimezone(now.tzinfo).date() != own.date():
        return None
    return at, wish.text


def _length(span: re.Match[str]) -> timedelta:
    if span["half"]:
        return timedelta(minutes=30)
    return (number(span["n"]) or 0) * _LENGTHS.get(span["unit"][0], timedelta(weeks=1))
