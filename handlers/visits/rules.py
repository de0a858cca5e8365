"""Rules of visits (规则): what may stand on a list of doors, what is said of one, until when a round goes. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from handlers.reading import identifiers
from handlers.reading.normal import fold
from handlers.reading.numerals import number
from handlers.reading.population import names_field, names_somebody
from handlers.reading.when import read_when

MOST_DOORS: Final = 600
MOST_AT_ONCE: Final = 300
LONGEST: Final = 40
LONGEST_HEADING: Final = 12
DAYS: Final = 7
"""So long a round goes where nobody says until when."""
FARTHEST: Final = timedelta(days=60)
ENDS_AT: Final = time(20)
RINGS_AT: Final = time(9)
GRACE: Final = timedelta(days=1)
"""So long after its day a round still takes receipts."""
ERASED_AFTER: Final = timedelta(days=7)
"""So long after a round ended its receipts are erased."""
AGAIN: Final = timedelta(hours=20)
"""So long after nobody was there the door comes back."""

SAID: Final[Mapping[str, str]] = {
    **dict.fromkeys(("已看", "看了", "看过了", "看过", "走了", "走访了", "正常"), "已看"),
    **dict.fromkeys(("需转移", "要转移", "需要转移", "得转移", "转移"), "需转移"),
    **dict.fromkeys(("无人", "没人", "没人在", "不在家", "没人应", "没人开门", "没在家"), "无人"),
    **dict.fromkeys(("撤销", "点错了", "按错了", "记错了", "取消", "改"), "撤销"),
}
"""What is said of a door; 撤销 takes the last of it back."""

_NOT_ALONE: Final = frozenset({"看了", "走了", "正常", "转移"})
SAID_ALONE: Final = frozenset(one for one, receipt in SAID.items() if receipt != "撤销") - _NOT_ALONE
"""What is said of a door so plainly that it is known without the word."""
SLIPS: Final = frozenset({"点错了", "按错了", "记错了"})
"""What is said right after a receipt that was a slip."""
MOST_NOTED: Final = 20
"""So many doors of which one thing is said at once."""
_NUMBERS: Final = r"第?\d{1,3}(?:(?: ?[号户] ?)?[ ,、和及到至~-]+\d{1,3})*"
_BARE: Final = re.compile(
    r"(?:(?:不对|错了)[,. ]*)?(?:刚才|刚刚|上一)?(?:[那这]?一?[户家][ ,]*)?"
    rf"(?:{_NUMBERS} ?[号户家]?[ ,]*)?(?:敲门|敲了门|家里)?[是都也]?"
    rf"(?P<said>{'|'.join(sorted(SAID_ALONE, key=len, reverse=True))})了?(?P<more>[ ,.:(].{{1,30}})?"
)
_ALL_WELL: Final = re.compile(r"[ ,.]*(?:都|一切|家里|人)*(?:挺|很)?(?:好|正常|没事|平安|没问题|安全|在家)[的着了]?")
_AT_NO_ANSWER: Final = re.compile(r"[ ,.]*(?:敲|锁|关着|晚上|下午|明天|电话).{0,12}")
_LAST: Final = re.compile(r"刚才|刚刚|上一[户家]")
_NOT_MOVED: Final = re.compile(r"(?:不|无|没|未|别).{0,2}转移")

_WITHIN: Final = re.compile(
    r"(?<![\d月第./-])(?P<n>\d{1,2}|[一两二三四五六七八九十]{1,3})\s*个?(?P<unit>天|日(?=[之以]?内)|周|星期|小时)(?:[之以]?内)?"
)
_LEAD: Final = re.compile(r"^\s*(?:[(（]?第?\d{1,3}\s*[、.．)）]\s*|[-*·•]\s*)")
_HEAD: Final = re.compile(r"^(?:序号|编号|门牌|门牌号|地址|楼栋|房号|住址|位置|备注|网格|区域)+$")
_ADDRESS: Final = re.compile(
    r"\d|[一二三四五六七八九十]+(?:号|组|排|栋|楼|单元|室|户)|[东西南北]头|[村巷路街沟坡院铺店厂]"
)
_WHO: Final = re.compile(
    r"独居|孤寡|空巢|留守|残疾|残障|精神|低保|五保|贫困|病|瘫|吸毒|戒毒|前科|刑释|矫正|信访|上访|重点人|党员|民族|教徒|信教"
    r"|户主|房主|房东|租客|租户|承租|老人|大爷|大妈|奶奶|爷爷|孕妇|小孩|儿童|[男女]性|单身|离异|\d{1,3}岁|[几\d一二三四五六七八九十两]口人"
)


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of doors: the receipt or 撤销, of which, of the one noted last, whether more was said."""

    receipt: str
    numbers: tuple[int, ...] = ()
    last: bool = False
    more: bool = False


def told_of(words: str) -> Told:
    """What is said of doors: 3 已看, 4、5、6 已看, 已看 3, 3号要转移 老人卧床, 刚才那户是要转移."""
    folded = fold(words)
    said = next((one for one in sorted(SAID, key=len, reverse=True) if one in folded), "")
    if not said or (SAID[said] == "需转移" and _NOT_MOVED.search(folded)):
        return Told("")
    before, _, behind = folded.partition(said)
    numbers = numbers_in(before)
    if not numbers and re.fullmatch(rf"[ :,]*{_NUMBERS} ?[号户家]?[ .]*", behind):
        numbers, behind = numbers_in(behind), ""
    more = bool(re.sub(r"[了的 ,.:!]", "", behind))
    return Told(SAID[said], tuple(numbers), _LAST.search(before) is not None or said in SLIPS, more)


def said_alone(words: str) -> bool:
    """Whether a message is surely about a door: 没人, 3号要转移 老人卧床, 看过了，都好, 刚才那户是要转移."""
    folded = fold(words).strip()
    found = _BARE.fullmatch(folded)
    if found is None:
        return folded in SLIPS
    more, receipt = found["more"] or "", SAID[found["said"]]
    if receipt == "已看":
        return not more or _ALL_WELL.fullmatch(more) is not None
    return not more or receipt == "需转移" or _AT_NO_ANSWER.fullmatch(more) is not None


@dataclass(frozen=True, slots=True)
class Doors:
    """What was read of a list: the doors, and the lines that cannot stand there (number, why: a sentence's name)."""

    doors: tuple[str, ...]
    bad: tuple[tuple[int, str], ...] = ()
    table: bool = False


def read_doors(text: str) -> Doors:
    """A list of doors, one a line; of a table (commas or tabs between) with a heading the columns of places.

    `table` says that its heading names a column of people, so that nothing of it is taken.
    """
    lines = [one.strip() for one in text.replace("\r", "\n").split("\n")]
    cells = [[part.strip() for part in re.split(r"[\t,，;；]", one) if part.strip()] for one in lines]
    first = next((row for row in cells if row), [])
    if any(names_field(one) for one in first if len(one) <= LONGEST_HEADING and not re.search(r"\d", one)):
        return Doors((), table=True)
    doors: list[str] = []
    bad: list[tuple[int, str]] = []
    for line, row in enumerate(cells, 1):
        if not row or (row is first and all(_HEAD.match(one) for one in row)):
            continue
        numbered = len(row) > 1 and row[0].isdecimal()
        where = re.sub(r"\s+", " ", _LEAD.sub("", " ".join(row[1:] if numbered else row))).strip()
        if why := _why_not(where):
            bad.append((line, why))
        elif where not in doors:
            doors.append(where)
    return Doors(tuple(doors), tuple(bad))


def _why_not(where: str) -> str:
    if any(one.kind in ("id", "phone", "card", "plate", "coordinate") for one in identifiers.find(where)):
        return "numbers"
    if names_somebody(where):
        return "name"
    if _WHO.search(fold(where)):
        return "who"
    if len(where) > LONGEST:
        return "long"
    return "" if _ADDRESS.search(fold(where)) else "place"


def due_of(words: str, now: datetime) -> datetime | None:
    """Until when a round goes, by the words (3天内, 周五前, 24小时内); None where they say nothing of it."""
    if found := _WITHIN.search(fold(words)):
        n = number(found["n"]) or 1
        if found["unit"] == "小时":
            return now + timedelta(hours=n)
        return _evening(now + timedelta(days=n * (7 if found["unit"] in ("周", "星期") else 1)), now)
    when = read_when(words, now, past=False)
    if when is None or when.start is None or when.repeat is not None:
        return None
    if isinstance(when.start, datetime):
        return when.start
    return datetime.combine(when.start, ENDS_AT, now.tzinfo)


def later(words: str, due_at: datetime, now: datetime) -> datetime | None:
    """Until when a round goes that is put off (延期): days and hours count from its end, a day named is that day."""
    found = _WITHIN.search(fold(words))
    if found is None or due_at <= now:
        return due_of(words, now)
    n = number(found["n"]) or 1
    if found["unit"] == "小时":
        return due_at + timedelta(hours=n)
    return due_at + timedelta(days=n * (7 if found["unit"] in ("周", "星期") else 1))


def without_due(words: str, now: datetime) -> str:
    """The words without those that say until when."""
    left = _WITHIN.sub(" ", words)
    when = read_when(left, now, past=False)
    if when is not None:
        left = f"{left[: when.span[0]]} {left[when.span[1] :]}"
    return re.sub(r"(?:之前|以前|前|截止|到)\s*$", "", left.strip()).strip(" ，,。")


def usual_due(now: datetime) -> datetime:
    """Until when a round goes where nothing is said of it."""
    return _evening(now + timedelta(days=DAYS), now)


def _evening(day: datetime, now: datetime) -> datetime:
    return datetime.combine(day.date(), ENDS_AT, now.tzinfo)


def rings_next(due_at: datetime, now: datetime) -> datetime:
    """When its workers are reminded next: the next morning at nine, or when the round is due."""
    morning = datetime.combine(now.date(), RINGS_AT, now.tzinfo)
    if morning <= now:
        morning += timedelta(days=1)
    return min(morning, due_at.astimezone(now.tzinfo))


def comes_back(due_at: datetime, now: datetime) -> datetime:
    """When a door at which nobody was comes back: the next day, before the round is due where there is time."""
    return min(now + AGAIN, max(due_at - timedelta(hours=3), now + timedelta(hours=1)))


def numbers_in(words: str) -> list[int]:
    """Numbers of doors, 3 5 8-12, each once; at most a hundred and more of them at a time."""
    found: list[int] = []
    for first, last in re.findall(r"(\d{1,4})(?:\s*(?:-|~|到|至|—)\s*(\d{1,4}))?", fold(words)):
        high = int(last) if last else int(first)
        found += range(int(first), min(high, int(first) + MOST_AT_ONCE) + 1)
    return list(dict.fromkeys(found))
