"""Rules of ten households (规则): what follows 十户 means, when the clock strikes, what is too much. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from handlers.help.rules import is_hello, is_thanks
from handlers.reading.identifiers import mask
from handlers.reading.normal import fold

MOST_MEMBERS: Final = 15
MOST_CALLED: Final = 16
MOST_NAME: Final = 20
MOST_WORDS: Final = 200
CODE_LIVES: Final = timedelta(days=7)
FALSE_WITHIN: Final = timedelta(minutes=10)
"""So long whoever raised an alarm may say that it was none; the team may at any time."""
ANSWER_IN: Final = timedelta(minutes=3)
CLOCK: Final = (ANSWER_IN, timedelta(minutes=30), timedelta(hours=12))
"""After so long the officer hears who has not answered; that nobody has cleared it; and it ends by itself."""
MOST_ALARMS: Final = 3
"""So many alarms of one household within `ALARMS_WITHIN` reach the neighbours; further ones the team alone."""
ALARMS_WITHIN: Final = timedelta(hours=1)
MOST_ADDED: Final = 5
"""So many further words to one alarm reach the neighbours; further ones the team alone."""
TRIES: Final = 5
TRIES_WITHIN: Final = timedelta(minutes=15)


class Wish(StrEnum):
    """What is wanted by 十户 and the word behind it; anything else that is said is an alarm."""

    ALARM = "报警"
    SHOW = "看"
    KNOW = "收到"
    CLEAR = "解除"
    FALSE = "误报"
    LEAVE = "退出"
    JOIN = "加入"
    FOUND = "新建"
    INVITE = "邀请"
    REMOVE = "移出"
    END = "撤组"
    HOW = "怎么用"


@dataclass(frozen=True, slots=True)
class Said:
    """What 十户 means: the wish, the numbers behind it, and the words."""

    wish: Wish
    numbers: tuple[int, ...] = ()
    words: str = ""


_LOOKS = "看|查看|名单|成员|列表|情况"
_SLIPS = "按错|点错|误点|误触|发错|弄错"
_EXACT = re.compile(
    rf"(?P<word>报警|一键报警|{_LOOKS}|收到|知道|解除|没事|误报|{_SLIPS}|退出|邀请|移出|撤组)了?"
    r"(?:联?\s*(?P<a>[0-9]{1,9})(?:\s+(?P<b>[0-9]{1,9}))?(?:号|组)?)?[。.!]*"
)
_FOUND = re.compile(r"(?:新建|建立|建组)\s+(?P<name>\S.*)", re.DOTALL)
_JOIN = re.compile(
    r"加入\s*(?P<code>[0-9a-z](?:[- ]?[0-9a-z]){7})(?![0-9a-z])[\s,，:：]*(?P<called>.*)", re.DOTALL | re.IGNORECASE
)
_HOW = re.compile(
    r"(?:联防)?(?:怎么|如何|咋)(?:样)?(?:用|加入?|退出?|报警?|操作|弄|建|设)(?:啊|呢|呀)?|(?:联防)?(?:是|有)?(?:什么|啥)(?:意思|用|东西)?"
    r"|(?:联防)?(?:是)?(?:干什么|干啥)的?|怎么回事"
)
_I_AM = re.compile(r"^(?:我们?家?|俺们?家?)(?:这一?[家户])?(?:是|叫做?)")
_OTHER_NAMES = {
    "知道": "收到",
    "没事": "解除",
    "一键报警": "报警",
    **dict.fromkeys(_LOOKS.split("|"), "看"),
    **dict.fromkeys(_SLIPS.split("|"), "误报"),
}


def read(rest: str) -> Said:
    """What follows 十户: one of its own words and nothing else, or else what is wrong, for that is never missed."""
    folded = fold(rest).strip()
    exact = _EXACT.fullmatch(re.sub(r"(?<=\D)\s+(?=联?\s*\d)|\s+(?=联)", "", folded))
    if exact is not None:
        word = _OTHER_NAMES.get(exact["word"], exact["word"])
        return Said(Wish(word), tuple(int(one) for one in (exact["a"], exact["b"]) if one))
    if joins := _JOIN.fullmatch(folded):
        code = re.sub(r"[- ]", "", joins["code"]).upper()
        return Said(Wish.JOIN, words=f"{code} {rest.strip()[joins.start('called') :].strip()}".strip())
    if found := _FOUND.fullmatch(folded):
        return Said(Wish.FOUND, words=found["name"].strip())
    if _HOW.fullmatch(folded.rstrip("?。!吗 ")):
        return Said(Wish.HOW)
    if folded in ("加入", "新建", "建组"):
        return Said(Wish.JOIN if folded == "加入" else Wish.FOUND)
    return Said(Wish.ALARM, words=rest.strip())


def joins(words: str) -> bool:
    """加入 and a code, said without 十户."""
    told = _JOIN.fullmatch(fold(words).strip())
    return told is not None and not told["called"]


def named(words: str) -> str:
    """What a household calls itself, as the others may read it; empty where it is none, as a mere 收到."""
    said = _I_AM.sub("", " ".join(words.split()).strip(" ，,。."))
    if is_thanks(said) or is_hello(said):
        return ""
    return said if 0 < len(said) <= MOST_CALLED and mask(said, doors=False) == said else ""


def strikes_at(since: datetime, stage: int) -> datetime | None:
    """When the clock's next step comes; None after the last."""
    return since + CLOCK[stage] if stage < len(CLOCK) else None


def braked(earlier: Iterable[datetime], now: datetime) -> bool:
    """Whether this household has raised so many alarms lately that the team alone hears of another; never the first."""
    return sum(now - at < ALARMS_WITHIN for at in earlier) >= MOST_ALARMS
