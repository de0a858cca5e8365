"""The clocks of a meeting (见面) and what is typed about it: 30 minutes to reach, 2 hours to meet. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.reading.lazy import Lazy
from handlers.reading.money import sum_in
from handlers.reading.normal import fold

REACH = timedelta(minutes=30)
STILL_NOT_REACHED = timedelta(hours=1)
MEET = timedelta(hours=2)
AGAIN = timedelta(hours=2)
DAY = timedelta(days=1)
NIGHT = timedelta(hours=12)
"""So long at most a missing result waits for the morning."""
WITHDRAW = timedelta(minutes=10)
MOST = 1000
LONGEST_STEP = 16
MOST_YUAN = 10**9


class Missing(StrEnum):
    """What has not happened in time."""

    CONTACT = "contact"
    MEETING = "meeting"
    RESULT = "result"


class Rung(StrEnum):
    """Who hears of it besides the handler."""

    HANDLER = "handler"
    OFFICER = "officer"
    CHIEF = "chief"


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a task stands in time."""

    given_at: datetime
    reached: bool = False
    met_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A moment at which something is missing, and who hears of it."""

    at: datetime
    missing: Missing
    rung: Rung


def steps(clock: Clock) -> Iterator[Step]:
    """Every moment at which its clock strikes as long as nothing changes, the first first; without end."""
    if clock.met_at is not None:
        yield Step(clock.met_at + AGAIN, Missing.RESULT, Rung.HANDLER)
        day = 1
        while True:
            yield Step(clock.met_at + AGAIN + day * DAY, Missing.RESULT, Rung.OFFICER)
            day += 1
    missing = Missing.MEETING if clock.reached else Missing.CONTACT
    if not clock.reached:
        yield Step(clock.given_at + REACH, missing, Rung.OFFICER)
        yield Step(clock.given_at + STILL_NOT_REACHED, missing, Rung.CHIEF)
    at = clock.given_at + MEET
    while True:
        yield Step(at, missing, Rung.CHIEF)
        at += AGAIN if at - clock.given_at < DAY else DAY


def following(clock: Clock, after: datetime) -> Step:
    """The first step behind a moment."""
    return next(one for one in steps(clock) if one.at > after)


def since(clock: Clock, at: datetime) -> datetime:
    """From when on a step counts of which something is to be said at a moment: a result waited for the morning."""
    return at - NIGHT if clock.met_at is not None else at


def due(clock: Clock, since: datetime, now: datetime) -> Step | None:
    """The last step from `since` on that has come by now; None where none has."""
    found = None
    for one in steps(clock):
        if one.at > now:
            return found
        if one.at >= since:
            found = one
    return found


def yuan(words: str) -> int | None:
    """A sum of money in yuan, 3万, 3万5, 三万五千, 30,000元; None where none is told, it is none, or not clear."""
    total = sum_in(words)
    return total if total is not None and 0 < total <= MOST_YUAN else None


_WHO = r"(?:人|他|她|本人|对方|[一-龥]?(?:[大老][爷妈]|大[娘叔伯婶姐哥]|阿姨|奶奶|爷爷|叔叔|老人|老爷子|老太太))"
_LEAD = Lazy(rf"{_WHO}[,\s]*(?!到)")
_WHOLE = Lazy(
    rf"(?:{_WHO}|钱|电话|我|现在|刚|还|已经?|都|全|终于|总算|[,\s])*"
    r"(?:(?:没|未)(?:有)?(?:联系|见)[上到着]?|(?:联系|见)不[上到着]|联系(?:上|到)?|打通(?:了?电话)?|见[到着面]|到现场"
    r"|止付(?:成功)?|冻结成功|[拦劝](?:住|下)|劝阻成功|追回(?:来)?|[未没](?:有)?(?:转|付|汇|打)(?:成|出|账|钱|走)*|已转|转(?:账|走|出)?(?=了))"
    r"(?:本?人|他|她|[大老][爷妈]|去|面)?[了啦]?[,\s]*(?:[\d.,零一二两三四五六七八九十百千万亿wk]+[元块钱整]*)?[了啦]?"
)


def _step(words: str) -> str:
    """Words folded, and, where they tell a step and nothing else, without who it is told of: 他|已经转了3万了."""
    said = fold(words).strip()
    lead = _LEAD.match(said) if _WHOLE.fullmatch(said) else None
    return said[lead.end() :] if lead is not None else said


_RESULTS = (
    ("已转", Lazy(r"(?<!没)(?<!未)(?<!没有)(?:已经?|全)?转(?:了|出|账了|走)|^已转|来不及")),
    ("已止付", Lazy(r"止付|冻结成功|拦(?:住|下|截)|追回")),
    ("未转", Lazy(r"[未没](?:有)?(?:转|付|汇|打)|劝(?:住|阻成功|下)")),
)


def result(words: str) -> str:
    """已止付, 未转 or 已转 as told at the head of some words; empty where none is."""
    said = _step(words)[:20]
    for name, pattern in (_RESULTS[1], _RESULTS[2], _RESULTS[0]):
        if pattern.search(said):
            return name
    return ""


class Told(StrEnum):
    """What its handler tells by a word."""

    REACHED = "reached"
    MET = "met"
    NOT_YET = "not_yet"


_NOT_YET = Lazy(r"^(?:还)?(?:没|未)(?:有)?(?:联系|见)|^(?:联系|见)不[上到着]")
_REACHED = Lazy(r"^已?经?(?:电话)?联系(?:上|到|了|$)|^打通")
_MET = Lazy(r"^已?经?见(?:到|着|面|了|$)|^到(?:了|家|现场)")


def told(words: str) -> Told | None:
    """已联系, 见到了, or that the one or the other was pressed by mistake (没联系上)."""
    said = _step(words)
    if _NOT_YET.search(said):
        return Told.NOT_YET
    if _REACHED.search(said):
        return Told.REACHED
    return Told.MET if _MET.search(said) else None


def is_step(words: str) -> bool:
    """Whether words tell a step and nothing else: 打通了, 没转 8万; 转了一圈 and 转发了 are others."""
    whole = _WHOLE.fullmatch(fold(words).strip()) is not None
    return whole and len(words) <= LONGEST_STEP and (told(words) is not None or bool(result(words)))
