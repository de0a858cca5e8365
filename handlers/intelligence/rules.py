"""Rules of intelligence (规则): when an answer is owed and who hears when it does not come; what is alike. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final

from handlers.callbacks.rules import ask_at
from handlers.reading.workdays import Span, Workdays, due, workdays

MOST_WORDS: Final = 500
MOST_ANSWER: Final = 200


class Step(StrEnum):
    """What the clock says: not assessed yet; the one who has it is reminded; it is late; the desk and the chief."""

    ASSESS = "assess"
    REMIND = "remind"
    LATE = "late"
    DESK = "desk"


STEPS: Final = ((Step.ASSESS, 1), (Step.REMIND, 3), (Step.LATE, 5), (Step.DESK, 7))
"""After how many working days each step comes."""
AGAIN: Final = 5
"""After the last step it is said again every so many working days, until the answer is given."""
ANSWER_IN: Final = workdays(5)


@dataclass(frozen=True, slots=True)
class Hours:
    """The station's working days, and its quiet hours, in which nobody is reminded."""

    days: Workdays
    quiet_from: time
    quiet_until: time


def owed_at(since: datetime, days: Workdays) -> datetime:
    """When whoever told it must have been answered."""
    return due(since, ANSWER_IN, days)


def step_of(stage: int) -> Step:
    """Which step comes when so many are behind it."""
    return STEPS[min(stage, len(STEPS) - 1)][0]


def strikes_at(since: datetime, stage: int, hours: Hours) -> datetime:
    """When the step after so many comes."""
    last = len(STEPS) - 1
    amount = STEPS[stage][1] if stage <= last else STEPS[last][1] + AGAIN * (stage - last)
    return ask_at(due(since, Span(amount, ANSWER_IN.unit), hours.days), hours.quiet_from, hours.quiet_until)


def advance(since: datetime, stage: int, now: datetime, hours: Hours) -> tuple[Step, int, datetime]:
    """The latest step that is due by now (what was slept through is not said), the new stage, when the next comes."""
    while True:
        following = strikes_at(since, stage + 1, hours)
        if following > now:
            return step_of(stage), stage + 1, following
        stage += 1


SAME_WORDS: Final = 62
"""From this likeness (0–100) on, two tips say nearly the same."""
NEAR_WORDS: Final = 40
"""From this likeness on, two tips about the same spot may be about the same thing."""
SOON: Final = timedelta(hours=2)
WITHIN: Final = timedelta(days=7)
"""Only tips so near in time are compared."""


def why_alike(same_spot: bool | None, likeness: int, gap: timedelta) -> Sequence[str]:
    """Why two tips may be about the same thing: place, words, time; nothing where they most likely are not.

    same_spot: None where either names none. The time alone is never a reason, and two places are two things.
    """
    if same_spot is False or gap > WITHIN:
        return ()
    if likeness < (NEAR_WORDS if same_spot else SAME_WORDS):
        return ()
    reasons = ["place"] if same_spot else []
    reasons += ["words"] if likeness >= SAME_WORDS else []
    reasons += ["time"] if gap <= SOON else []
    return reasons if reasons != ["time"] else ()


_FALSE = re.compile(r"查否|不属实|不实|没有问题|没问题|误会|正常(?!处理)|虚惊|不是真的|没有这回事|没这回事")
_UNCHECKABLE = re.compile(r"无法核|没法核|核不了|无法查|查不到|查不了|查无|线索不够|联系不上")
_TRUE = re.compile(r"(?<!未)(?<!没)(?:查实|属实|抓获|抓到|到案|已核实|人赃|破案|找回|缴获|确有)")


def verdict_in(words: str) -> str:
    """Which verdict the words of 办结 tell by themselves; empty where they tell none. A person still looks at it."""
    for pattern, verdict in ((_UNCHECKABLE, "无法核"), (_FALSE, "查否"), (_TRUE, "查实")):
        if pattern.search(words):
            return verdict
    return ""


_DRAFT = re.compile(r"第\s*(\d{1,6})\s*稿")


def draft_seen(words: str) -> int | None:
    """Which version of an answer whoever says yes has read: 答复 线3 第2稿."""
    found = _DRAFT.search(words)
    return int(found[1]) if found else None
