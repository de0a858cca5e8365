"""Forms (问答): a guided talk of a few questions, each with 不知道, back and cancel, kept in the database."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from handlers.dialogue.say import Button
from handlers.dialogue.wording import Text
from handlers.dialogue.wording import text as sentence
from handlers.reading.normal import fold

FORM_SIGN = "·"
"""How what the buttons of a question say begins."""
FORM_MOVES = frozenset({"不知道", "返回", "取消"})
"""What the buttons under every question say; a bare number is none of them, for it may be the answer."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an answer cannot be taken, and what to say instead."""

    text: Text


_NOD = re.compile(
    r"(?:好的?|好嘞|好滴|好吧|行|嗯+|哦+|收到|知道了|明白了?|了解|谢谢|感谢|多谢|谢了|您|你们?|大家|啦|了|[\s,.!~])+|在吗|你好|您好"
)
"""A nod, thanks or a greeting, which answers no question."""

_LATER = re.compile(
    r"(?:(?:我|您|请|先|那)*"
    r"(?:还?没(?:有)?(?:写|想|商量|准备)好|(?:稍?等|再等)(?:会儿?|一会儿?|一?下|一等|等|我)*|[待过]一?会儿?|回头|晚点|晚些|明天|改天)"
    r"再?(?:写|说|填|弄|发|讲|给您|给你)*[吧啊呢了哈]*[\s,.!~]*)+"
)
"""That the answer comes later, which is none yet."""

Reader = Callable[..., Any]
"""Reads an answer: (text, now, media, location) by parameter name → a JSON value, or a Problem."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    `name` is the answer's name; its sentence stands in the catalogue as `<form>.<name>.ask`. `choices` are
    buttons whose `does` is the answer text. `optional` shows 不知道, or what `skip` names, which answers None. `when`
    leaves the question out where the answers so far make it needless.
    """

    name: str
    read: Reader
    choices: tuple[tuple[Button, ...], ...] = ()
    optional: bool = True
    skip: str = "form.unknown"
    when: Callable[[Mapping[str, Any]], bool] = lambda _answers: True


@dataclass(frozen=True, slots=True)
class Form:
    """A guided talk.

    `name` is unique and prefixes its sentences. `finish` gets the answers and answers like a command (parameters
    by name, the answers as `answers`). `on_answer` (optional) is called after each answer, by name, with
    `answers` and `form`; it may say things to others. `fills` (optional) is called before it: the answers to further
    questions that stand in this answer, too. `on_end` (optional) is called when it is cancelled or lapses.
    `keeps` names what is known besides the answers; anything else is refused before it is stored (R2).
    """

    name: str
    questions: tuple[Question, ...]
    finish: Callable[..., Any]
    on_answer: Callable[..., Any] | None = None
    on_end: Callable[..., Any] | None = None
    lives: timedelta = timedelta(hours=24)
    keeps: frozenset[str] = frozenset()
    fills: Callable[..., Any] | None = None


def plain(text: str) -> str | Problem:
    """Take the words as they are, 1 to 500 characters."""
    words = text.strip()
    if _NOD.fullmatch(fold(words)):
        return Problem(sentence("form.nod"))
    if not words:
        return Problem(sentence("form.empty"))
    if _LATER.fullmatch(fold(words)):
        return Problem(sentence("form.later"))
    if len(words) > 500:
        return Problem(sentence("form.too_long", most=500))
    return words
