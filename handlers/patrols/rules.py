"""A patrol's clock (巡逻时限) and what is said of a car door; pure, moments are aware."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from handlers.reading.identifiers import find
from handlers.reading.normal import fold

REMIND: Final = timedelta(hours=1)
LAPSES: Final = timedelta(hours=2)
"""So long after its hour a patrol nobody began is called off."""
STILL: Final = timedelta(hours=4)
ENDS: Final = timedelta(hours=8)
"""So long after its beginning a patrol ends by itself."""
FORGOTTEN: Final = timedelta(hours=24)
SLIP: Final = timedelta(minutes=30)
"""So long after its end a patrol can be taken up again."""
FARTHEST: Final = timedelta(days=60)
LIVES: Final = timedelta(days=365)
ANSWER: Final = timedelta(minutes=15)
"""So long an officer has to call a car's owner before the next one is asked."""
CAR_LIVES: Final = timedelta(days=30)
CAR_AFTER: Final = timedelta(days=3)
MOST_PLACE: Final = 60


class Mark(StrEnum):
    """What a moment of a patrol's clock is."""

    REMIND = "remind"
    START = "start"
    LAPSE = "lapse"
    STILL = "still"
    END = "end"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Times:
    """When a patrol starts by its plan, began, and ended."""

    starts_at: datetime
    began_at: datetime | None = None
    closed_at: datetime | None = None


def marks(state: str, times: Times) -> Mapping[Mark, datetime]:
    """The moments that matter in a state, in their order."""
    if state == "planned":
        start = times.starts_at
        return {Mark.REMIND: start - REMIND, Mark.START: start, Mark.LAPSE: start + LAPSES}
    if state == "going" and times.began_at is not None:
        return {Mark.STILL: times.began_at + STILL, Mark.END: times.began_at + ENDS}
    return {Mark.FORGET: times.closed_at + FORGOTTEN} if times.closed_at is not None else {}


def next_at(state: str, times: Times, after: datetime) -> datetime | None:
    """The next moment that matters after this one; None where none does."""
    return next((at for at in marks(state, times).values() if at > after), None)


def struck(state: str, times: Times, now: datetime) -> Mark | None:
    """The latest moment that has come: what was missed before it is not made up for."""
    passed = [mark for mark, at in marks(state, times).items() if at <= now]
    return passed[-1] if passed else None


@dataclass(frozen=True, slots=True)
class Door:
    """A car door as told: its plate (empty where it could not be read) and the other words."""

    plate: str
    words: str


_BARE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{5,8}(?![A-Za-z0-9点])")
_DULL = re.compile(r"^(?:没锁|未锁|没关|开着|拉开了?|车牌号?(?:是|:)?|[\s,，。:：]+)+|[\s,，。]+$")


_BY_THE_WAY = r"(?:我|刚才|刚刚|刚|终于|总算|已经?|都|也|还是|一直|现在|车主|电话|他|她|人家|对方|本人|[,，\s])*"
_BEHIND = r"(?:车主|他|她|人家|对方|本人|电话)?[了啦]?"
_REACHED = re.compile(rf"{_BY_THE_WAY}(?:联系(?:上|到)|打通|通知到|(?<=已)联系|(?<=已经)联系)[了啦]?{_BEHIND}")
_UNREACHED = re.compile(
    rf"{_BY_THE_WAY}(?:(?:打|联系)不[通上到]|没有?(?:打通|联系[上到])|[没无]人接听?|不接|关机|停机|(?:是)?空号){_BEHIND}"
)


def called(said: str) -> str:
    """The step that words about the call of an owner tell, and nothing else: 联系上车主了, 打不通; empty for others."""
    words = fold(said).strip().rstrip("。.!~ ")
    if _UNREACHED.fullmatch(words):
        return "联系不上"
    return "已联系" if _REACHED.fullmatch(words) else ""


def door(words: str) -> Door:
    """A plate, with its province or without, and the place beside it."""
    said = fold(words)
    spans = [one.span for one in find(said) if one.kind == "plate"]
    spans = spans or [one.span() for one in _BARE.finditer(said)]
    if not spans:
        return Door("", _DULL.sub("", words.strip()))
    start, end = spans[0]
    plate = re.sub(r"^(?:车牌照?|牌照|车号|号牌|挂牌|牌子)(?:号码|号)?[是为:就叫, ]*", "", said[start:end])
    rest = _DULL.sub("", f"{said[:start].strip()} {said[end:].strip()}".strip())
    return Door(re.sub(r"[ .·•・-]", "", plate).upper(), rest)
