"""Rules of incidents (规则): what may be kept, what is a tip, what is urgent, when silence climbs. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from handlers.reading import identifiers, intent
from handlers.reading.normal import fold

MOST = 1000
MOST_OUTCOME = 500
LETTERS = "报隐求线"
HELP, TIP = "求", "线"
TAKER_MAY_SEE = frozenset({"phone", "plate", "door", "house", "coordinate"})
"""What the one who takes an incident is told privately; numbers of identity papers and bank cards are not kept."""

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ud800-\udfff]")
_SUSPECT = re.compile(
    r"可疑的?(?:男|女|人|陌生|分子|家伙|青年|小伙)|嫌疑人|嫌犯|小偷|扒手|骗子|人贩子|逃犯|通缉|陌生(?:男|女|人)|"
    r"形迹可疑|鬼鬼祟祟|贼眉鼠眼|(?:那个|有个|抓|来了)贼"
)
_WEARS = re.compile(
    r"穿着?[^,。;!\n]{0,8}(?:衣|裤|鞋|裙|袄|衫|服|外套|夹克|马甲|背心|大褂)|戴着?[^,。;!\n]{0,6}(?:帽|口罩|眼镜|墨镜|头盔)"
)
_PERSON = re.compile(
    r"男子|女子|男的|女的|男人|女人|小伙|小子|老头|老人|老太|大爷|大妈|大叔|青年|年轻人|中年|妇女|姑娘|(?:那|有|一|两|几)个人"
)
_LOOKS = re.compile(
    r"身高|一米[5-9五六七八九]|1米|光头|平头|寸头|长发|短发|卷发|胡子|纹身|刀疤|口音|瘸|跛|[高矮胖瘦]个|个子|[胖瘦]的|长得"
)
_URGENT = re.compile(
    r"着火|起火|失火|冒烟|爆炸|煤气|燃气|跳楼|轻生|自杀|割腕|打人|砍人|捅人|动刀|持刀|拿刀|抢劫|晕倒|昏倒|昏迷|没呼吸|"
    r"喘不上气|叫不醒|溺水|落水|掉(?:河|水|井|坑)|触电|塌了|被困|压到人|出车祸|撞(?:了|到|倒)人|流血|救命|中毒"
)
_MISSING = re.compile(
    r"(?:走丢|走失|失踪|失联)|(?:我|家|老|孩|娃|爸|妈|爷|奶|姥|娘)[^,。]{0,6}(?:不见了|找不到了|没回家|没回来)"
)
_FAMILIES = (frozenset("报隐求"), frozenset("线"))
_WINDOWS = {"求": timedelta(hours=2), "线": timedelta(hours=2)}
_WINDOW = timedelta(hours=24)
ALIKE = 70
"""From this likeness (0–100) on, two reports may be about the same thing."""


@dataclass(frozen=True, slots=True)
class Words:
    """What was said, split: `masked` for the team's group, `private` for the one who takes it."""

    masked: str
    private: dict[str, Any]


def clean(text: str) -> str:
    """What was typed without control and invisible characters, trimmed; lines stay lines."""
    return _CONTROL.sub("", text.replace("\t", " ").replace("\r\n", "\n")).strip()


def split_private(text: str, keep: Iterable[str] = ()) -> Words:
    """Mask what must not be said aloud; `keep` are numbers that may stand (the station's own lines).

    The private half has `words` (whole, without identity and card numbers) and a list each of phone, plate and door.
    """
    kept = tuple(keep)
    whole, lists = [], {"phone": [], "plate": [], "door": []}  # type: tuple[list[str], dict[str, list[str]]]
    position = 0
    found = identifiers.find(text, kept)
    for one in found:
        start, end = one.span
        whole.append(text[position:start])
        if one.kind in TAKER_MAY_SEE:
            whole.append(text[start:end])
            name = "door" if one.kind in ("door", "house") else one.kind
            if name in lists:
                lists[name].append(text[start:end].strip())
        else:
            whole.append(identifiers.MASKS[one.kind])
        position = end
    whole.append(text[position:])
    return Words(identifiers.masked(text, found, doors=False), {"words": "".join(whole), **lists})


def describes_person(text: str) -> bool:
    """Whether the words describe somebody: a suspect, or how a person looks or is dressed."""
    folded = fold(text)
    if _SUSPECT.search(folded) or _WEARS.search(folded):
        return True
    return bool(_PERSON.search(folded) and _LOOKS.search(folded))


def urgent(text: str) -> bool:
    """Whether there are words of danger: then 110/119/120 comes first."""
    folded = fold(text)
    return _URGENT.search(folded) is not None or intent.danger(folded)


def tells_of_missing(text: str) -> bool:
    """Whether somebody seems to be missing: then 寻人 is offered."""
    return _MISSING.search(fold(text)) is not None


def ladder(kind: str, spans: tuple[timedelta, timedelta, timedelta, timedelta]) -> tuple[timedelta, timedelta]:
    """After how long untaken the officer and the desk hear; `spans` are the station's untaken and 求助 pairs."""
    return (spans[2], spans[3]) if kind == HELP else (spans[0], spans[1])


def kin(kind: str) -> frozenset[str]:
    """The kinds of incident that may tell of the same thing as this kind."""
    return next(family for family in _FAMILIES if kind in family)


def alike_since(kind: str, now: datetime) -> datetime:
    """From when on an earlier report may be about the same thing."""
    return now - _WINDOWS.get(kind, _WINDOW)


def withdrawable(created_at: datetime, now: datetime, within: timedelta) -> bool:
    """Whether the finder may still take a report back."""
    return now - created_at <= within


def minutes_since(moment: datetime, now: datetime) -> int:
    """Whole minutes that have passed."""
    return max(0, int((now - moment).total_seconds() // 60))
