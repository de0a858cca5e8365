"""What a bulletin (通报) must fulfil before it leaves: whose yes, within which time, at which hour. Pure.

R5: a suspect notice needs its author plus two others, one of them a chief; a bulletin to residents or to many
groups needs one other officer. R9: everything expires.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from handlers.reading import identifiers
from handlers.reading.normal import fold
from handlers.reading.numerals import number

SUSPECT = "协"
PUBLIC = ("residents", "merchants", "volunteers")
TEAM_KINDS = frozenset({"workers", "officers", "desk", "admins"})
OTHERS_FOR_SUSPECT = 2
ROUTINE_APPROVAL = timedelta(hours=12)
DRAFT_LIVES = timedelta(hours=24)
LONGEST = timedelta(days=30)
LONGEST_SUSPECT = timedelta(hours=72)
"""The longest a notice may stand; a suspect's no longer than three days, whatever a station sets (R9)."""
CLEARED_LEAVES = timedelta(days=7)
"""Until when the words that clear a name may still leave for a group that cannot be reached now."""
PEOPLE_WORDS: Mapping[str, str] = {
    "居民": "residents",
    "商户": "merchants",
    "义警": "volunteers",
    "志愿": "volunteers",
    "工作": "workers",
    "网格": "workers",
    "警务": "officers",
}
"""How people name the kinds of group an audience (范围) is made of."""

CATEGORIES: Mapping[str, str] = {
    "防盗": r"盗|偷|撬|扒窃|防贼",
    "防火": r"火|燃气|煤气|电动车.{0,6}充电|烟花|爆竹",
    "防汛": r"汛|洪|涝|暴雨|积水|溃|泄洪|山体|滑坡|泥石流",
    "禁毒": r"毒品|禁毒|吸毒|涉毒|罂粟|上头电子烟",
    "天气": r"天气|大风|台风|寒潮|降温|冰雹|大雪|暴雪|结冰|高温|雷电|大雾|沙尘",
    "交通": r"交通|车祸|封路|堵车|绕行|酒驾|头盔|红绿灯|路面",
    "防骗": r"诈|骗|转账|刷单",
}
"""The categories of a warning (预警) and the words by which one is known."""

LAW = "普法"
"""The category of what comes from the library's shelf of law; nobody writes such a notice by hand."""

DANGERS = frozenset({"防火", "防汛", "天气"})
"""Categories in which waiting for the morning may cost a life: they may go out at night (现在发)."""

_WORDS = {name: re.compile(pattern) for name, pattern in CATEGORIES.items()}
_LASTS = re.compile(
    r"[,;。 ]*(?P<n>\d{1,3}|[一二两三四五六七八九十]{1,3}|半)\s*(?P<unit>天|日|个?小时|周|个?星期)之?内?有效"
)
_SPANS = {"天": 1.0, "日": 1.0, "小时": 1 / 24, "周": 7.0, "星期": 7.0}
_MISTAKEN = re.compile(r"认错|误认|搞错|弄错|冤枉|不是(?:本人|他|她|这个?人)|与?案件?无关|无辜|错人")


@dataclass(frozen=True, slots=True)
class Yes:
    """One yes (批准): who said it, and whether as a chief."""

    person: int
    chief: bool


def wants(kind: str, needs_confirm: bool) -> int:
    """How many others have to say yes."""
    if kind == SUSPECT:
        return OTHERS_FOR_SUSPECT
    return 1 if needs_confirm else 0


def complete(kind: str, author: int, yeses: Iterable[Yes], needs_confirm: bool) -> bool:
    """Whether the yeses to what is sent are enough; the author's own never counts."""
    others = {one.person: one.chief for one in yeses if one.person != author}
    if kind == SUSPECT:
        return len(others) >= OTHERS_FOR_SUSPECT and any(others.values())
    return len(others) >= wants(kind, needs_confirm)


def needs_confirm(kinds: Iterable[str], groups: int, most: int, inside_own_area: bool) -> bool:
    """Whether one other officer has to confirm.

    kinds: of the groups it goes to; groups: how many; most: groups it may go to without; inside_own_area: whether
    the author answers for the whole audience.
    """
    return groups > most or not inside_own_area or any(kind not in TEAM_KINDS for kind in kinds)


def approval_window(kind: str, suspect: timedelta) -> timedelta:
    """For how long an asked-for yes counts."""
    return suspect if kind == SUSPECT else ROUTINE_APPROVAL


def suspect_ends(now: datetime, wanted: timedelta | None, station: timedelta) -> datetime:
    """When a suspect notice ends: after what its author wants, the station allows, and at most 72 hours."""
    return now + min(wanted or station, station, LONGEST_SUSPECT)


def content_hash(content: Mapping[str, object]) -> str:
    """SHA-256 (hex) of exactly what is sent and to whom: canonical JSON, sorted keys, no spaces, UTF-8."""
    return hashlib.sha256(
        json.dumps(dict(content), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def is_quiet(now: datetime, quiet_from: time, quiet_until: time) -> bool:
    """Whether this local moment lies in the quiet hours (静默时段), which may pass midnight."""
    clock = now.timetz().replace(tzinfo=None)
    if quiet_from <= quiet_until:
        return quiet_from <= clock < quiet_until
    return clock >= quiet_from or clock < quiet_until


def after_quiet(moment: datetime, quiet_from: time, quiet_until: time) -> datetime:
    """This moment, or the end of the quiet hours it lies in."""
    if not is_quiet(moment, quiet_from, quiet_until):
        return moment
    end = moment.replace(hour=quiet_until.hour, minute=quiet_until.minute, second=0, microsecond=0)
    return end if end > moment else end + timedelta(days=1)


def category_of(words: str) -> str:
    """The category a warning's words speak of, 安全 where they name none."""
    folded = fold(words)
    return next((name for name, pattern in _WORDS.items() if pattern.search(folded)), "安全")


def round_of(words: str) -> str:
    """Which round of visits a warning may begin, by its words; empty for none."""
    folded = fold(words)
    if category_of(words) == "防汛":
        return "防汛"
    return "防暑" if "高温" in folded else "防冻" if re.search(r"寒潮|降温|大雪|暴雪|结冰", folded) else ""


def audience_kinds(words: str) -> list[str]:
    """The kinds of group named, each once; everybody for 全部 and 所有群."""
    folded = fold(words)
    if re.search(r"全部|所有群|都发", folded):
        return [*PUBLIC, "workers"]
    if re.search(r"公众|群众", folded):
        return list(PUBLIC)
    return list(dict.fromkeys(kind for word, kind in PEOPLE_WORDS.items() if f"{word}群" in folded or word in folded))


def lasting(words: str) -> tuple[str, timedelta | None]:
    """The words without 三天内有效, and how long that is (at most 30 days)."""
    match = _LASTS.search(fold(words))
    if match is None:
        return words, None
    count = 0.5 if match["n"] == "半" else number(match["n"]) or 0
    span = timedelta(days=count * _SPANS[match["unit"].removeprefix("个")])
    if not span:
        return words, None
    return (words[: match.start()] + words[match.end() :]).strip(), min(span, LONGEST)


def cleaned(words: str) -> str:
    """The words without control and invisible characters, lines kept; as they may be shown."""
    shown = "".join(c for c in words if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    return re.sub(r"\n{3,}", "\n\n", shown).strip()


def masked(words: str, keep: Collection[str], public: bool) -> str:
    """The words without numbers, plates and doors that must not be said (R3); links stay as typed.

    A link in which a telephone or identity number or a place stands is masked like the rest.
    """
    return identifiers.mask_but_links(words, keep, doors=public)


def same_case(one: str, other: str) -> bool:
    """Whether two case numbers name the same case, however they were typed."""
    return _plain_case(one) == _plain_case(other)


def _plain_case(words: str) -> str:
    return "".join(sign for sign in fold(words).lower() if sign.isalnum())


def clears_a_name(reason: str) -> bool:
    """Whether a recall is because the wrong person was named (认错人)."""
    return _MISTAKEN.search(fold(reason)) is not None
