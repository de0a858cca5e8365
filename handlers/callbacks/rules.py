"""Rules of call-backs (规则): when people are asked, how often, and what their answers make of the round. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta

from handlers.reading import replies

AFTER = timedelta(days=7)
"""So long after something was done its people are asked."""
AGAIN = timedelta(days=3)
"""Whoever has not answered by then is asked once more, and the round ends as long again after that."""
MOST_WHY = 200

YES = frozenset({"满意", "很满意", "基本满意", "好", "是", "满意了"})
NO = frozenset({"不满意", "不太满意", "没解决", "不好", "否", "很不满意"})
UNREACHED = frozenset({"没联系上", "联系不上", "没人接", "没打通", "打不通"})
WORDS = {"satisfied": "满意", "dissatisfied": "不满意", "unreached": "没联系上"}
"""What says each answer."""
SLIP = "说是点错了，没有不满意"
"""What stands for why where 不满意 was a slip."""

_SLIP = re.compile(
    r"(?:不好意思|对不起|抱歉|不是|哎呀|是|我|刚才|刚刚|刚|手滑|不小心|[,，。.!！~\s])*(?:点|按|答|选|说|发|打|弄|搞|回)错"
    r"(?:了|啦|的|是|应该|要|想|点|选|其实|都|我|很|的?是|满意|[,，。.!！~\s])*"
)


def ask_at(moment: datetime, quiet_from: time, quiet_until: time) -> datetime:
    """The moment, or the end of the quiet hours it lies in (local times; they may go over midnight)."""
    clock = moment.timetz().replace(tzinfo=None)
    over_night = quiet_from > quiet_until
    late = clock >= quiet_from
    early = clock < quiet_until
    if not ((late or early) if over_night else (late and early)):
        return moment
    day = moment.date() + timedelta(days=1 if over_night and late else 0)
    return datetime.combine(day, quiet_until, moment.tzinfo)


def verdict(answers: Iterable[str]) -> str | None:
    """How a round stands: dissatisfied as soon as one is, else as at its end; None while some have not answered.

    answers: none, satisfied, dissatisfied or unreached, one of each question.
    """
    given = list(answers)
    if "dissatisfied" in given:
        return "dissatisfied"
    if "none" in given:
        return None
    return at_the_end(given)


def at_the_end(answers: Iterable[str]) -> str:
    """What a round is whose time is over: somebody who was not heard does not count as satisfied."""
    given = list(answers)
    return "satisfied" if given and all(one == "satisfied" for one in given) else "unanswered"


def is_slip(said: str) -> bool:
    """Whether folded words, asked why somebody is not satisfied, say that it was a slip: 点错了, 按错了，是满意."""
    return _SLIP.fullmatch(said.strip()) is not None or replies.satisfied(said) is True
