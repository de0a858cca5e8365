"""Rules of disputes (规则): who with whom about what, of which sort, how long each way may take. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from handlers.callbacks.rules import ask_at
from handlers.ladders.rules import Rung, Spans
from handlers.reading import identifiers
from handlers.reading.normal import fold
from handlers.reading.workdays import Span, hours, workdays

MOST: Final = 1000
MOST_NAME: Final = 12
WITHDRAW: Final = timedelta(minutes=10)
WEEK: Final = timedelta(days=7)
BEFORE: Final = timedelta(hours=1)
"""So long before an appointment its reminder rings."""
UNSORTED: Final = hours(24)
"""So long a dispute may wait to be sorted."""
SPANS: Final[Spans] = {
    Rung.MICRO: hours(24),
    Rung.GRID: workdays(3),
    Rung.COMMUNITY: workdays(7),
    Rung.TOWN: workdays(10),
}
"""How long each rung has: 小事不出网格、大事不出社区."""
BY_TRIAGE: Final[Mapping[str, Span | None]] = {
    "当场": hours(24),
    "跟踪": None,
    "警务室": hours(48),
    "转办": None,
}
"""The clock of the rung a dispute is sorted at; None for the rung's own."""
ASKED_AFTER: Final[Mapping[str, timedelta | None]] = {
    "当场": None,
    "跟踪": WEEK,
    "警务室": timedelta(hours=24),
    "转办": WEEK,
}
"""When its handler is asked how it goes, or why no appointment has been made."""

ROOMS: Final = ("警务室", "调解室", "村委会", "上门", "线上")
METHODS: Final = ("先把脉后治病", "先算账后了事", "面对面", "背靠背", "亲友帮劝", "塆子夜话")
LABELS: Final[Mapping[str, str]] = {
    "地点": "room",
    "在": "room",
    "方法": "method",
    "见证": "witness",
    "见证人": "witness",
}

OTHER: Final = "其他"
_SORTS: Final = (
    ("婚姻家庭", r"夫妻|两口子|离婚|婆媳|赡养|分家|彩礼|抚养|家暴|家务"),
    ("劳务工资", r"工资|工钱|欠薪|讨薪|工伤|老板|劳务|打工"),
    ("债务", r"借[钱款条]|欠[钱款债条]|还钱|债|货款|要账"),
    ("土地宅基地", r"宅基地|地界|院墙|承包地|土地|田埂|浇地|水渠|道路|滴水|采光"),
    ("物业租房", r"物业|房租|租[房金户]|押金|停车位|车位|电梯费|暖气费"),
    ("消费", r"退[货款]|买[了的到]|假货|质量|店家|商家|预付卡|会员卡"),
    ("损害赔偿", r"打伤|受伤|赔偿|医药费|撞|砸|咬伤|损坏|踩坏"),
    ("邻里", r"邻居|邻里|楼上|楼下|隔壁|噪音|噪声|漏水|渗水|杂物|占道|养狗|养鸡|吵"),
)
_NAME = r"[一-龥A-Za-z·]{1,8}?"
_PHONE = r"\s*[（(]?\s*(?:电话[:：]?)?\s*〔电话〕?\s*[)）]?"
_WHO = re.compile(
    rf"^\s*(?:居民|村民|业主|租户|商户)?(?P<a>{_NAME})(?P<ap>(?:{_PHONE})?)\s*[,，、]?\s*(?:和|与|跟|同|告|诉)\s*"
    rf"(?:居民|村民|邻居|业主|租户|商户)?(?P<b>{_NAME})(?P<bp>(?:{_PHONE})?)"
    r"(?:两家|之间|双方|两人|俩)?\s*(?:[,，。:：;；\s]+(?:因为|因|为了|为|由于|关于)?|因为|因|为了|为|由于|关于|就|(?=吵|打|争|闹|抢|发生))"
    r"\s*(?P<about>.+)$",
    re.S,
)
_ORGAN = re.compile(r"[一-龥]{2,16}(?:所|院|庭|局|办|会|委|中心|站|队|公司|物业|处|室|部门|工会|妇联|学校)")


@dataclass(frozen=True, slots=True)
class Party:
    """One side: the name and the phone number as told; either may be empty."""

    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told: `parties` (two where both were named), `about` the matter in the words used."""

    parties: tuple[Party, ...]
    about: str


_NOT_AGREED = re.compile(r"^(?:双方|两家|他们)?(?:还|暂时|今天|都)*没(?:有)?(?:谈|商量|说)?(?:好|成|拢|妥|达成)(?!的)")


def not_agreed(words: str) -> bool:
    """Whether what is told as an agreement says that there is none yet: 还没谈拢."""
    return _NOT_AGREED.match(fold(words).strip()) is not None


def read(words: str) -> Told | None:
    """Who with whom about what, from one message (张三和李四因为院墙 …); None where that cannot be told.

    words: cleaned, as typed. A phone number behind a name is that side's.
    """
    phones = [words[slice(*one.span)] for one in identifiers.find(words) if one.kind == "phone"]
    shown = identifiers.masked(words, [one for one in identifiers.find(words) if one.kind == "phone"])
    found = _WHO.match(shown)
    if found is None:
        return None
    numbers = iter(phones)
    sides = [
        Party(found[name].strip(), _digits(next(numbers, "")) if "〔电话〕" in found[behind] else "")
        for name, behind in (("a", "ap"), ("b", "bp"))
    ]
    about = found["about"].strip()
    for number in numbers:
        about = about.replace("〔电话〕", number, 1)
    return Told(tuple(sides), about) if about and sides[0].name != sides[1].name else None


def party(words: str) -> Party | None:
    """One side as answered to a question, 张三 13800000000; None where it is no name."""
    phones = [words[slice(*one.span)] for one in identifiers.find(words) if one.kind == "phone"]
    name = identifiers.masked(words, identifiers.find(words)).partition("〔")[0].strip(" ，,。（(电话：:")
    if not 1 <= len(name) <= MOST_NAME or any(character.isdigit() for character in name):
        return None
    return Party(name, _digits(phones[0]) if phones else "")


def _digits(number: str) -> str:
    return "".join(character for character in fold(number) if character.isdigit())


def masked(about: str, parties: Sequence[Party], keep: Iterable[str] = ()) -> str:
    """The matter without names, numbers, houses and rooms: 甲方 and 乙方 stand for the two sides."""
    shown = identifiers.mask(about, keep)
    for side, one in zip(("甲方", "乙方"), parties, strict=False):
        if not one.name:
            continue
        shown = shown.replace(f"{one.name}家", side).replace(one.name, side)
        if re.fullmatch(r"[一-龥]{2,4}", one.name):
            given = one.name[1:]
            shown = re.sub(rf"[老小阿]{one.name[0]}|{one.name[0]}(?:家|某某?|大爷|大妈|叔|婶|姨)", side, shown)
            shown = shown.replace(given, side) if len(given) > 1 else shown
    return shown


def sort_of(about: str) -> str:
    """Of which sort a dispute is, by its words."""
    folded = fold(about)
    return next((sort for sort, words in _SORTS if re.search(words, folded)), OTHER)


def organ(words: str) -> str:
    """The body something is referred to (司法所, 人民法庭 …); empty where the words name none."""
    said = words.strip(" ，,。")
    return said if _ORGAN.fullmatch(said) else ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One note of a mediation: what was done, where, by which method, before whom."""

    words: str
    room: str = ""
    method: str = ""
    witness: str = ""


def fact(words: str) -> Fact:
    """A note as typed in one message; 地点, 方法 and 见证 with a colon are read, the rest is what was done."""
    parts = [one.strip() for one in re.split(r"[;；\n]+", words) if one.strip()]
    found: dict[str, str] = {}
    rest = []
    for one in parts:
        label, colon, value = one.replace("：", ":").partition(":")
        name = LABELS.get(label.strip())
        if colon and name is not None and value.strip():
            found[name] = value.strip()[:40]
        else:
            rest.append(one)
    return Fact("；".join(rest), **found)


def ask_next(triage: str, now: datetime, quiet_from: time, quiet_until: time) -> datetime | None:
    """When the handler of a dispute sorted so is asked how it goes, outside the quiet hours; None where never."""
    span = ASKED_AFTER.get(triage)
    return ask_at(now + span, quiet_from, quiet_until) if span is not None else None


def first_rung(level: str) -> Rung:
    """Where a dispute of an area of this level begins: in its micro-grid, else in the grid, however wide the place."""
    return Rung.MICRO if level == Rung.MICRO else Rung.GRID


def sealed_hash(agreement: str) -> str:
    """SHA-256 of an agreement's text (UTF-8), by which either side can prove what was agreed."""
    return hashlib.sha256(agreement.encode()).hexdigest()
