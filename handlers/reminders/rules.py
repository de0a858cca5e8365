"""What a reminder says and when it may ring: pure; moments are aware and in the station's zone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from handlers.reading.when import When, read_all, read_when

MOST_ACTIVE: Final = 50
MOST_CHARACTERS: Final = 200
DEFAULT_HOUR: Final = time(9)
FARTHEST: Final = timedelta(days=366 * 3)
LIVES: Final = timedelta(days=365)
KEPT: Final = timedelta(days=7)
LATE: Final = timedelta(minutes=1)
STALE: Final = timedelta(hours=24)
SHORTEST: Final = timedelta(minutes=10)
SHORTEST_GROUP: Final = timedelta(hours=1)

_WEEKDAYS = "一二三四五六日"
_GAP = " \t\r\n,:;.!-、。，：；！～~的"
_LEAD = re.compile(
    r"(?:请|麻烦|帮忙|帮)?(?:记得)?(?:提醒)?(?:我们|咱们|大家|各位|我(?![妈爸家爷奶老孩儿女弟妹哥姐的]))?(?:一下|一声)?"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """When a reminder rings: `at` the first time, `repeat` for `storage.reminders`, `chosen` where the hour
    was not said."""

    at: datetime
    repeat: dict[str, Any] | None = None
    chosen: bool = False

    def as_json(self) -> dict[str, Any]:
        """As kept among the answers of a guided talk."""
        return {"at": self.at.isoformat(), "repeat": self.repeat, "chosen": self.chosen}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], now: datetime) -> "Plan":
        """As read from the answers; `now` gives the zone."""
        return cls(datetime.fromisoformat(kept["at"]).astimezone(now.tzinfo), kept["repeat"], bool(kept["chosen"]))


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for: `when` as read (None: no time was said) and the words left over."""

    when: When | None
    text: str


def read(said: str, now: datetime) -> Wish:
    """Split what was said into its time, wherever it stands, and what to be reminded of."""
    when = read_when(said, now, past=False)
    if when is None:
        return Wish(None, _clean(said))
    spans = [when.span]
    phrases = read_all(said, now, past=False)
    if _has_hour(when) and phrases and not _has_hour(phrases[0]):
        spans += [one.span for one in phrases[1:] if _has_hour(one)][:1]
    rest = said
    for start, end in sorted(spans, reverse=True):
        rest = f"{rest[:start].rstrip().removesuffix('从').removesuffix('在')} {rest[end:]}"
    return Wish(when, _clean(rest))


def _has_hour(when: When) -> bool:
    if when.repeat is not None:
        return when.repeat.at is not None or when.repeat.every in ("hour", "minute")
    return isinstance(when.start, datetime)


def _clean(words: str) -> str:
    left = words.strip(_GAP)
    found = _LEAD.match(left)
    left = left[found.end() :] if found else left
    return re.sub(r"\s+", " ", left).strip(_GAP)


def first_moment(when: When, now: datetime) -> tuple[datetime, bool]:
    """The moment of a time said once, and whether its hour was chosen for them: 09:00, or later today."""
    if isinstance(when.start, datetime):
        return when.start, False
    day = when.start or now.date()
    moment = datetime.combine(day, when.hint or DEFAULT_HOUR, now.tzinfo)
    if moment <= now and day == now.date():
        moment = (now + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
        moment = min(moment, datetime.combine(day, time(23, 50), now.tzinfo))
    return moment, True


def repetition(when: When, now: datetime) -> tuple[dict[str, Any], bool]:
    """A repetition as it is kept, with its hour and beginning, and whether the hour was chosen for them."""
    if when.repeat is None:
        raise ValueError("not a repetition")
    kept = when.repeat.as_dict()
    beginning = now
    if isinstance(when.start, datetime):
        beginning = when.start
    elif isinstance(when.start, date):
        beginning = datetime.combine(when.start, time(), now.tzinfo)
    if when.repeat.every in ("hour", "minute"):
        clock = when.repeat.at
        if clock is not None:
            beginning = datetime.combine(beginning.date(), clock, now.tzinfo)
        elif beginning == now:
            unit = {"hour": timedelta(hours=1), "minute": timedelta(minutes=1)}[when.repeat.every]
            beginning = (now + unit * when.repeat.interval).replace(second=0, microsecond=0)
        return {**kept, "from": beginning.isoformat()}, False
    chosen = when.repeat.at is None
    kept["at"] = (when.repeat.at or when.hint or DEFAULT_HOUR).strftime("%H:%M")
    return {**kept, "from": beginning.isoformat()}, chosen


def moment_words(moment: datetime, now: datetime) -> str:
    """A moment as it is echoed, 星期四 11月19日 09:00; the year where it is another one."""
    local = moment.astimezone(now.tzinfo)
    year = f"{local.year}年" if local.year != now.year else ""
    return f"星期{_WEEKDAYS[local.weekday()]} {year}{local.month}月{local.day}日 {local:%H:%M}"


def due_words(moment: datetime, now: datetime) -> str:
    """The end of a term as it is echoed: midnight belongs to the day that ends, 星期五 12月11日 24:00."""
    local = moment.astimezone(now.tzinfo)
    if local.time() != time():
        return moment_words(moment, now)
    return moment_words(local - timedelta(days=1), now).removesuffix("00:00") + "24:00"


def repeat_words(repeat: Mapping[str, Any]) -> str:
    """A repetition as it is echoed, 每周五 16:00."""
    every, count, at = repeat["every"], int(repeat.get("interval", 1)), repeat.get("at", "")
    many = f"{count}" if count > 1 else ""
    days = "、".join("最后一天" if day == -1 else f"{day}号" for day in repeat.get("days", ()))
    weekdays = "、".join(repeat.get("weekdays", ()))
    until = f"，到{_date_words(repeat['until'])}为止" if "until" in repeat else ""
    words = {
        "minute": f"每{many or 1}分钟",
        "hour": f"每{many}小时",
        "day": f"每{many}天",
        "workday": "每个工作日",
        "week": f"每{many}周{'的周' if many and weekdays else ''}{weekdays}",
        "month": f"每{many}{'个' if many else ''}月{days}",
        "year": f"每{many}年{repeat.get('month', '')}{'月' if 'month' in repeat else ''}{days}",
    }[every]
    return f"{words} {at if every not in ('minute', 'hour') else ''}".strip() + until


def _date_words(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.month}月{day.day}日"


def is_quiet(moment: datetime, quiet_from: time, quiet_until: time) -> bool:
    """Whether a moment lies in the quiet hours (local times; the span may go over midnight)."""
    clock = moment.timetz().replace(tzinfo=None)
    if quiet_from <= quiet_until:
        return quiet_from <= clock < quiet_until
    return clock >= quiet_from or clock < quiet_until
