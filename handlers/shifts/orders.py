"""What is ordered (排班): zones, hours and people read from plain words, one line or several, or CSV; pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from handlers.reading.normal import fold
from handlers.shifts import rules
from handlers.volunteers.rules import days_in

_DIGITS: Final = {"两": 2} | {sign: number for number, sign in enumerate("零一二三四五六七八九十")}
_NUMBER = r"(\d{1,3}|[一两二三四五六七八九十]{1,2})"
_MANY = re.compile(rf"{_NUMBER}\s*个?\s*(?:片区|片|区域|岗点|点位|岗位|岗|处)(?!\d)")
_NEEDED = re.compile(rf"(?:每个?(?:片区|片|岗|处|班|组)|各|每处|安排|需要?|要)?\s*{_NUMBER}\s*个?(?:人|名)")
_BARE_NEEDED = re.compile(r"(?:^|[,，\s])(\d{1,2})\s*$")
_PART = r"(?P<part>夜间|夜里|晚上|晚|白天|早上|上午|中午|下午|凌晨)?"
_HOURS = re.compile(
    rf"{_PART}\s*(?:从)?\s*(?P<h1>\d{{1,2}})(?:[:点时](?P<m1>\d{{2}}|半)?)?\s*(?:分)?\s*(?:到|至|-|~|—)\s*"
    r"(?:次日|第二天|凌晨|早上|早晨|晚上|下午|夜里)?\s*(?P<h2>\d{1,2})"
    r"(?:[:点时](?P<m2>(?<=:)\d{2}|\d{2}(?![\d个人名片处岗天周])|半)?分?|(?![\d:点时]))(?![月日])"
)
_ROUND = re.compile(r"24\s*小时|全天(?:候)?|昼夜")
_UNTIL = re.compile(r"(?:到|至|截止到?)\s*(?:(\d{4})[年-])?(\d{1,2})[月/-](\d{1,2})[日号]?")
_FOR = re.compile(rf"(?:排|共|连续)?\s*{_NUMBER}\s*(天|周|个月)(?!.{{0,1}}每)")
_DAYS = re.compile(
    r"每天|天天|每日|每晚|每夜|周末|双休|工作日|平时"
    r"|(?:周|星期|礼拜)[一二三四五六日天]+(?:[、,和到至-](?:周|星期|礼拜)?[一二三四五六日天]+)*"
)
_FILLER = re.compile(r"夜间|晚上|白天|每片|每个片|从今天起|今天起|起|每班|片区$|安排|需要|的|，|,")
_HEADER = re.compile(r"(?:片|片区|区域|地点|zone).*(?:时间|时段|hours)", re.I)
_MOST_NAME = 20


@dataclass(frozen=True, slots=True)
class Order:
    """A line of what is to be covered: `names` of zones, weekdays as digits, hours and how many each."""

    names: tuple[str, ...]
    days: str
    from_minute: int
    minutes: int
    needed: int


@dataclass(frozen=True, slots=True)
class Orders:
    """Everything ordered, and the last day."""

    lines: tuple[Order, ...]
    last: date


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read: the line, and which part of it (zones, hours, people, days, many)."""

    line: str
    lacks: str


def number(words: str) -> int:
    """8 or 八 as a number."""
    if words.isdecimal():
        return int(words)
    if len(words) == 2 and words[0] == "十":
        return 10 + _DIGITS[words[1]]
    if len(words) == 2 and words[1] == "十":
        return _DIGITS[words[0]] * 10
    return _DIGITS.get(words[-1], 0)


def read(words: str, today: date) -> Orders | Unread:
    """8个片 夜间22点到6点 每片2人; or lines such as 水头村 22:00-06:00 2人, or CSV 水头村,22:00-06:00,2."""
    said = fold(words)
    last = _last(said, today)
    said = _UNTIL.sub(" ", said)
    lines: list[Order] = []
    for raw in re.split(r"[\n;]+", said):
        line = raw.strip(" ,。")
        if not line or _HEADER.search(line):
            continue
        found = _line(line)
        if isinstance(found, Unread):
            return found
        lines.append(found)
    if not lines:
        return Unread("", "zones")
    if sum(len(one.names) for one in lines) > rules.MOST_ZONES:
        return Unread("", "many")
    if not today <= last <= today + rules.LONGEST:
        return Unread("", "days")
    return Orders(tuple(lines), last)


def _last(said: str, today: date) -> date:
    until = _UNTIL.search(said)
    if until is not None:
        year = int(until[1]) if until[1] else today.year
        try:
            found = date(year, int(until[2]), int(until[3]))
        except ValueError:
            return today - timedelta(days=1)
        return found if until[1] or found >= today else found.replace(year=year + 1)
    long = _FOR.search(said)
    if long is not None:
        return today + timedelta(days=number(long[1]) * {"天": 1, "周": 7, "个月": 30}[long[2]] - 1)
    return today + rules.USUAL


def _line(line: str) -> Order | Unread:
    rest = _FOR.sub(" ", line)
    hours, rest = _hours(rest)
    if hours is None:
        return Unread(line, "hours")
    days = days_in(rest)
    rest = _DAYS.sub(" ", rest)
    many = _MANY.search(rest)
    without = rest[: many.start()] + " " + rest[many.end() :] if many is not None else rest
    people = _NEEDED.search(without) or _BARE_NEEDED.search(without)
    if people is None:
        return Unread(line, "people")
    needed = number(people[1])
    without = without[: people.start()] + " " + without[people.end() :]
    names = _names(without)
    if many is not None and not names:
        names = tuple(f"{place}片" for place in range(1, number(many[1]) + 1))
    if not names:
        return Unread(line, "zones")
    if not 1 <= needed <= rules.MOST_NEEDED:
        return Unread(line, "people")
    shown = "".join(str(day + 1) for day in sorted(days if days is not None else range(7)))
    return Order(names, shown, *hours, needed)


def _names(rest: str) -> tuple[str, ...]:
    parts = re.split(r"[\s、/]+", _FILLER.sub(" ", rest))
    return tuple(dict.fromkeys(part[:_MOST_NAME] for part in parts if re.search(r"[一-龥A-Za-z]", part)))


def _hours(line: str) -> tuple[tuple[int, int] | None, str]:
    whole = _ROUND.search(line)
    if whole is not None:
        return (0, 24 * 60), line[: whole.start()] + " " + line[whole.end() :]
    found = _HOURS.search(line)
    if found is None:
        return None, line
    start, end = _minute(found["h1"], found["m1"]), _minute(found["h2"], found["m2"])
    if found["part"] in ("晚上", "晚", "夜间", "夜里", "下午") and 1 <= int(found["h1"]) < 12 and start < 12 * 60:
        start += 12 * 60
        end += 12 * 60 if end <= 12 * 60 and found["part"] == "下午" else 0
        end += 12 * 60 if found["part"] != "下午" and start - 12 * 60 < end <= 12 * 60 else 0
    if start > 24 * 60 or end > 36 * 60 or start == end:
        return None, line
    length = (end - start) % (24 * 60) or 24 * 60
    return (start % (24 * 60), length), line[: found.start()] + " " + line[found.end() :]


def _minute(hour: str, minute: str | None) -> int:
    return int(hour) * 60 + (30 if minute == "半" else int(minute or 0))


def days_words(days: str) -> str:
    """每天, 工作日, 周末, or 周一三五."""
    known = {"1234567": "每天", "12345": "工作日", "67": "周末"}
    return known.get(days) or "周" + "".join("一二三四五六日"[int(day) - 1] for day in days)


def clock_words(from_minute: int, minutes: int) -> str:
    """22:00–次日06:00."""
    start, end = from_minute, from_minute + minutes
    later = "次日" if end > 24 * 60 else ""
    shown = end if end <= 24 * 60 else end - 24 * 60
    return f"{start // 60:02d}:{start % 60:02d}–{later}{shown // 60:02d}:{shown % 60:02d}"


def chunks(names: Sequence[str]) -> str:
    """Names of zones in one line; many of them in short."""
    if len(names) <= 6:
        return "、".join(names)
    numbers = [int(name.removesuffix("片")) if name.removesuffix("片").isdecimal() else 0 for name in names]
    if numbers == list(range(numbers[0], numbers[0] + len(names))):
        return f"{names[0]} 到 {names[-1]}，共 {len(names)} 片"
    return f"{'、'.join(names[:6])} 等 {len(names)} 片"
