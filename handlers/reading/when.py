"""Time phrases as people write them in messages: 今晚七点一刻, 前天夜里11点多, 下周二之前, 每周五下午4点."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from handlers.reading import when_days, when_hours
from handlers.reading.calendar_cn import add_months, add_workdays
from handlers.reading.numerals import number, plain
from handlers.reading.when_days import Day
from handlers.reading.when_grammar import (
    BEFORE_HAND,
    BOUND,
    DECIMAL,
    FROM_NOW_ON,
    FUTURE,
    GAP,
    HEAD,
    NEXT,
    PAST,
    RANGE,
    ROUND,
    TIGHT,
    TRAP_NOUN,
    UNTIL,
    WEEKDAYS,
)
from handlers.reading.when_repeat import Repeat, repeat_of, weekdays_of

__all__ = ["Repeat", "When", "read_all", "read_when"]

Bound = Literal["at", "before", "within"]
_MOST_PHRASES: Final = 64
_MOST_TRIES: Final = 512


@dataclass(frozen=True, slots=True)
class When:
    """One time phrase.

    start: aware moment in the zone of `now`; a bare date where no hour is said; None for a pure repetition;
    beside a repetition the day from which it runs (从明天起每天8点).
    span: positions of the phrase in the original text, end excluded.
    bound: "before" for a deadline (X之前, the day X itself), "within" for the end of a stretch (三天内).
    hint: where a part of the day is said without an hour, the hour it suggests (明天傍晚 → 18:00).
    """

    start: datetime | date | None
    repeat: Repeat | None
    span: tuple[int, int]
    bound: Bound = "at"
    hint: time | None = None

    def as_json(self) -> str | dict[str, object] | None:
        """Return an ISO date-time with zone, an ISO date, or {"repeat": {…}} (with "from" where it starts later)."""
        if self.repeat is not None:
            found: dict[str, object] = {"repeat": self.repeat.as_dict()}
            if self.start is not None:
                found["from"] = self.start.isoformat()
            return found
        return self.start.isoformat() if self.start is not None else None


def read_when(text: str, now: datetime, *, past: bool | None = None) -> When | None:
    """Return the first time phrase of a text, None where there is none.

    now: aware moment the text was written at. past: whether the text tells of something gone by, which
    decides what a bare 8点 or 周五 means; None reads it from the words (看见, 被偷 …).
    A word for this very moment (现在, 马上) counts only where nothing else is said.
    """
    this_moment = None
    first: _Found | None = None
    for found in _phrases(text, now, past):
        if first is not None:
            return _with_hour(first.when, found) or first.when
        if not found.immediate:
            if not found.lacks_hour:
                return found.when
            first = found
        else:
            this_moment = this_moment or found.when
    return first.when if first else this_moment


def _with_hour(when: When, later: _Found) -> When | None:
    """Give a day the hour that follows further on (明天 走访7号楼 9点); the span stays the day's."""
    if later.clock is None or later.immediate:
        return None
    if when.repeat is not None:
        return replace(when, repeat=replace(when.repeat, at=later.clock), hint=None)
    return replace(when, start=later.when.start, hint=None)


def read_all(text: str, now: datetime, *, past: bool | None = None) -> list[When]:
    """Return the time phrases of a text in order, 64 at most; an hour without a day has the day named before it."""
    return [found.when for found in _phrases(text, now, past)]


@dataclass(slots=True)
class _Phrase:
    """The atoms of one phrase, gathered from left to right."""

    start: int
    end: int
    day: Day | None = None
    day_atom: str = ""
    year: int | None = None
    repeat: Repeat | None = None
    part: str | None = None
    weak_part: bool = False
    clock: tuple[int, int, bool] | None = None
    weak_clock: bool = False
    moot_clock: bool = False
    open_week: bool = False
    length: re.Match[str] | None = None
    moment: datetime | date | None = None
    twice: bool = False
    bound: Bound = "at"
    now_word: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """A phrase read; clock: the hour of one that names no day, which an earlier day may take."""

    when: When
    immediate: bool = False
    lacks_hour: bool = False
    clock: time | None = None


def _phrases(text: str, now: datetime, past: bool | None) -> Iterator[_Found]:
    """Yield the phrases of a text; work is bounded by the length of the text and a fixed number of tries."""
    if not text:
        return
    read = plain(text)
    match = HEAD.search(read)
    tells_past = None
    position, found, before = 0, 0, None
    for _ in range(_MOST_TRIES):
        if match is None or found >= _MOST_PHRASES:
            return
        if tells_past is None:
            tells_past = bool(PAST.search(read)) and not FUTURE.search(read) if past is None else past
        phrase = _gather(read, match, now)
        position = max(match.end(), phrase.end) if phrase else match.end()
        if phrase is not None:
            result = _resolve(read, phrase, now, tells_past, before)
            if result is not None:
                found += 1
                before = phrase if phrase.day or phrase.repeat else before
                yield result
        match = HEAD.search(read, position)


def _gather(text: str, head: re.Match[str], now: datetime) -> _Phrase | None:
    """Put the atoms that follow each other together into one phrase."""
    phrase = _Phrase(head.start(), head.end())
    if not _take(text, phrase, head, now):
        return None
    while not phrase.now_word:
        if phrase.open_week and not phrase.clock and not phrase.part:
            _take_week_range(text, phrase)
        if phrase.repeat is None and phrase.day and not phrase.clock:
            onward = FROM_NOW_ON.match(text, phrase.end)
            again = NEXT.match(text, GAP.match(text, onward.end()).end()) if onward else None  # type: ignore[union-attr]
            if again and again.lastgroup == "every" and _take(text, phrase, again, now):
                continue
        gap = GAP.match(text, phrase.end)
        tight = TIGHT.match(text, phrase.end)
        start = gap.end() if gap else phrase.end
        following = NEXT.match(text, start)
        if following is None or following.lastgroup is None:
            break
        close = tight is not None and tight.end() >= start
        if not _fits(phrase, following, close) or not _take(text, phrase, following, now):
            break
    _take_range(text, phrase, now)
    return phrase


def _fits(phrase: _Phrase, atom: re.Match[str], close: bool) -> bool:
    """Tell whether an atom belongs to the phrase before it; close: nothing but space lies between."""
    kind = atom.lastgroup
    if phrase.moment is not None and isinstance(phrase.moment, datetime):
        return False
    if kind in ("clock", "clock_dot"):
        return phrase.clock is None
    if kind == "part":
        night = phrase.part is not None and when_hours.is_night(phrase.part) and atom["part"] == "凌晨"
        both = phrase.repeat is not None and phrase.part == "早" and atom["p1"] == "晚"
        return phrase.clock is None and (phrase.part is None or night or both)
    if kind in when_days.DAY_ATOMS:
        if phrase.moment is not None or phrase.repeat is not None:
            return False
        if phrase.day is None:
            return phrase.year is not None or close
        return close and ("week" in (kind or "") or "week" in phrase.day_atom)
    if kind == "every":
        return (
            close
            and phrase.day_atom == "weekdays"
            and phrase.repeat is not None
            and atom["eu"] in ("天", "日")
        )
    return False


def _take(text: str, phrase: _Phrase, atom: re.Match[str], now: datetime) -> bool:
    """Add an atom to the phrase; False where it turns out to mean no time."""
    kind, end = atom.lastgroup or "", atom.end()
    if kind in ("clock", "clock_dot"):
        clock = when_hours.clock_of(atom)
        if clock is None or (kind == "clock" and _is_no_clock(text, atom, bare=phrase.start == atom.start())):
            return False
        phrase.clock, phrase.weak_clock = clock, atom["c"] in ("一", "1") and atom["clock"] in ("一点", "1点")
        if kind == "clock" and atom["c"] in ("一", "三", "四") and not atom["cp"]:
            phrase.weak_clock = phrase.moot_clock = True
    elif kind == "part":
        phrase.twice = phrase.part == "早" and atom["part"] == "晚"
        phrase.part = (
            "夜里"
            if phrase.part and atom["part"] == "凌晨"
            else phrase.part
            if phrase.twice
            else atom["part"]
        )
        phrase.weak_part = atom["p1"] is not None
    elif kind == "year":
        phrase.year = when_days.year_of(atom, now.date())
    elif kind in when_days.DAY_ATOMS:
        return _take_day(phrase, atom, now)
    elif kind == "every":
        return _take_repeat(text, phrase, atom)
    elif kind in ("length", "length_past"):
        return _take_length(phrase, atom, now)
    else:
        phrase.moment, phrase.now_word = now.replace(microsecond=0), True
    phrase.end = end
    return True


def _take_day(phrase: _Phrase, atom: re.Match[str], now: datetime) -> bool:
    kind = atom.lastgroup or ""
    if kind == "dot" and _dot_is_clock(phrase, atom, now):
        phrase.end = atom.end()
        return True
    if phrase.day is not None and phrase.day_atom == "week" and kind == "weekday":
        sign = atom["k1"] or atom["k6"] or atom["k7"] or atom["kd"] or atom["ke"]
        shift = timedelta(days=when_days.weekday_number(sign))
        phrase.day = Day([phrase.day.dates[0] + shift])
    elif phrase.day is None or phrase.day_atom == "weekday":
        day = when_days.day_of(atom, now.date(), phrase.year)
        if day is None:
            return False
        phrase.day, phrase.day_atom = day, kind
        if kind == "month_rel" and atom["re"]:
            phrase.bound = (
                "within" if atom["re"].endswith("内") else "before" if atom["re"] == "年前" else "at"
            )
        phrase.open_week = kind == "weekday" and not atom["kp"]
    phrase.end = atom.end()
    return True


def _dot_is_clock(phrase: _Phrase, atom: re.Match[str], now: datetime) -> bool:
    """Read 8.30 as half past eight where it is no date of the next or last two months; 3.5 alone stays unread."""
    hour, minute = int(atom["om"]), int(atom["od"])
    day = when_days.day_of(atom, now.date(), None)
    near = day is not None and any(abs((d - now.date()).days) <= 60 for d in day.dates)
    if atom["ox"] == "." and not atom["os"] and not near and minute % 5 == 0 and len(atom["od"]) == 2:
        phrase.clock = (hour, minute, atom["om"].startswith("0"))
        return True
    return False


def _take_repeat(text: str, phrase: _Phrase, atom: re.Match[str]) -> bool:
    if phrase.day_atom == "weekdays":
        phrase.end = atom.end()
        return True
    found = repeat_of(atom, text)
    if found is None:
        return False
    phrase.repeat, phrase.end = found
    phrase.day_atom = "weekdays" if atom["el"] else phrase.day_atom
    phrase.weak_clock = bool(atom["ew"] or atom["ez"])
    return True


def _take_length(phrase: _Phrase, atom: re.Match[str], now: datetime) -> bool:
    """Count a stretch of time from now: 四十分钟前, 三天内, 一个半小时后."""
    t = "t" if atom.lastgroup == "length" else "q"
    direction = atom["td"] if t == "t" else "后"
    sign = -1 if "前" in direction else 1
    found = _away(now.replace(microsecond=0), atom, t, sign)
    if found is None:
        return False
    phrase.moment, phrase.end = found, atom.end()
    phrase.bound = "within" if "内" in direction else "at"
    return True


def _away(now: datetime, atom: re.Match[str], t: str, sign: int) -> datetime | date | None:
    written, unit = atom[t + "n"], atom[t + "u"]
    count = 0.5 if written == "半" else float(written) if "." in written else number(written)
    if count is None or (written != "半" and count > 9999):
        return None
    if unit in ("月", "季度") and not atom[t + "g"] and written != "半" and unit == "月":
        return None
    count += 0.5 if atom[t + "h"] or atom[t + "s"] == "半" else 0
    seconds = {"秒": 1, "秒钟": 1, "分": 60, "分钟": 60, "刻钟": 900, "小时": 3600, "钟头": 3600}.get(unit)
    try:
        if seconds:
            return now + sign * timedelta(seconds=count * seconds, minutes=number(atom[t + "m"] or "0") or 0)
        if unit == "工作日":
            return add_workdays(now.date(), int(count)) if sign > 0 and count >= 1 else None
        if unit in ("天", "日") and count != int(count):
            return now + sign * timedelta(days=count)
        if unit in ("周", "星期", "礼拜"):
            return now.date() + sign * timedelta(days=int(count * 7))
        if unit in ("天", "日"):
            return now.date() + sign * timedelta(days=int(count))
        months = count * {"月": 1, "季度": 3, "年": 12}[unit]
        return add_months(now.date(), sign * int(months)) + sign * timedelta(days=15 if months % 1 else 0)
    except (ValueError, OverflowError):
        return None


def _take_range(text: str, phrase: _Phrase, now: datetime) -> None:
    """Swallow the end of a range (8点到10点, 周一到周五): a phrase means its beginning."""
    if phrase.moment is not None or not (phrase.clock or phrase.day):
        return
    dash = RANGE.match(text, phrase.end)
    last = NEXT.match(text, dash.end()) if dash else None
    if last is None:
        return
    if last.lastgroup == "part":
        phrase_end = NEXT.match(text, last.end())
        last = phrase_end if phrase_end and phrase_end.lastgroup == "clock" else last
    if phrase.clock and last.lastgroup in ("clock", "part"):
        phrase.end = last.end()
    elif not phrase.clock and phrase.day and last.lastgroup in when_days.DAY_ATOMS:
        phrase.end = last.end()


def _take_week_range(text: str, phrase: _Phrase) -> None:
    """Read 周一到周五上午9点 as a repetition: an hour for a range of weekdays is each day's hour."""
    phrase.open_week = False
    named = WEEKDAYS.match(text, phrase.start)
    if not named or not named["to"] or len(named["days"]) > 8:
        return
    following = NEXT.match(text, GAP.match(text, named.end()).end())  # type: ignore[union-attr]
    if following and (following.lastgroup in ("clock", "part") or following["eu"] in ("天", "日")):
        phrase.repeat = Repeat("week", weekdays=weekdays_of(named["days"], named["to"]))
        phrase.day, phrase.day_atom, phrase.end = None, "weekdays", named.end()


def _is_no_clock(text: str, atom: re.Match[str], bare: bool) -> bool:
    """Tell whether 点 means points (5点建议), a little (快一点) or a decimal (三点五公里); bare: nothing before it."""
    sign = atom["c"]
    if not sign:
        return False
    before, after = text[max(0, atom.start() - 3) : atom.start()], text[atom.end("c") + 1 :][:6]
    if DECIMAL.match(after) and not after.startswith(("度", "平")) and not atom["cm"]:
        return True
    little = sign in ("一", "1")
    if little and after.startswith(tuple("都也儿点没不用力小吧")) and not after.startswith("点名"):
        return True
    if not bare:
        return False
    if TRAP_NOUN.match(after) or before.endswith(("这", "那", "第", "几", "分之")):
        return True
    if sign in "一二两三四五" and before.endswith(("有", "共", "提", "下", "做", "讲")):
        return True
    return little and before.endswith(tuple("好快早晚多少大小慢轻重高低有差近远严松稍长短"))


def _resolve(text: str, phrase: _Phrase, now: datetime, past: bool, before: _Phrase | None) -> _Found | None:
    """Turn a gathered phrase into a `When`, None where it says too little."""
    anchored = bool(phrase.day or phrase.repeat or phrase.moment or phrase.year)
    if phrase.repeat and phrase.weak_clock and not (phrase.clock or phrase.part):
        return None
    if not anchored and (
        (phrase.weak_clock and not _is_firm(text, phrase)) or (phrase.weak_part and not phrase.clock)
    ):
        return None
    _take_bound(text, phrase, now)
    try:
        if phrase.repeat:
            return _resolve_repeat(text, phrase, now)
        own = anchored or before is None
        if before is not None and not own:
            phrase.part = phrase.part or (None if before.clock else before.part)
        day = None if own or before is None else before.day
        start = _start_of(phrase, now, past, day)
    except (ValueError, OverflowError):
        return None
    if start is None:
        return None
    hint = None if phrase.clock or isinstance(start, datetime) else when_hours.hint_of(phrase.part)
    when = When(start, None, (phrase.start, phrase.end), phrase.bound, hint)
    lacks_hour = phrase.day is not None and phrase.bound == "at" and not isinstance(start, datetime)
    clock = (
        start.timetz().replace(tzinfo=None)
        if phrase.clock and not own and isinstance(start, datetime)
        else None
    )
    return _Found(when, phrase.now_word, lacks_hour, clock)


def _is_firm(text: str, phrase: _Phrase) -> bool:
    """Tell whether a lone 一点 is an hour after all: 一点钟, 一点左右, 一点之前, 晚上一点."""
    if phrase.part and not phrase.weak_part:
        return True
    if phrase.moot_clock:
        return False
    tail = text[phrase.end : phrase.end + 2]
    return (
        tail.startswith(("左右", "钟", "整", "多", "之前", "以前", "前", "开", "集", "到", "-"))
        or not tail.strip()
    )


def _take_bound(text: str, phrase: _Phrase, now: datetime) -> None:
    """Read what stands around a phrase: 截止…, …左右, …之前, …内."""
    if phrase.now_word:
        return
    if phrase.moment is None or not isinstance(phrase.moment, datetime):
        around = ROUND.match(text, phrase.end)
        phrase.end = around.end() if around and (phrase.clock or phrase.day) else phrase.end
        bound = BOUND.match(text, phrase.end)
        if bound and not (phrase.moment and not phrase.clock):
            phrase.end = bound.end()
            phrase.bound = "before" if bound["before"] else "within" if bound["within"] else phrase.bound
    hand = BEFORE_HAND.search(text, max(0, phrase.start - 5), phrase.start)
    if hand:
        phrase.start, phrase.bound = hand.start(), "before"


def _start_of(phrase: _Phrase, now: datetime, past: bool, inherited: Day | None) -> datetime | date | None:
    day = phrase.day or inherited
    if phrase.moment is not None:
        if isinstance(phrase.moment, datetime) or phrase.clock is None:
            return phrase.moment
        day = Day([phrase.moment])
    elif day is None and phrase.year is not None:
        day = _whole_year(phrase, now)
        if day is None:
            return None
    elif day is not None and day.end is not None and not phrase.clock and not phrase.part:
        if phrase.bound == "within" or (day.vague and phrase.bound == "before"):
            return day.end
        if day.vague:
            return None
    if phrase.clock is None:
        return when_hours.whole_day(day, phrase.part, now, past)
    return when_hours.moment(day, phrase.clock, phrase.part, now, past)


def _whole_year(phrase: _Phrase, now: datetime) -> Day | None:
    if phrase.year is None or not 1 < phrase.year < 9999:
        return None
    if phrase.bound == "within":
        return Day([date(phrase.year, 12, 31)])
    return Day([date(phrase.year, 1, 1)]) if phrase.year != now.year and not phrase.clock else None


def _resolve_repeat(text: str, phrase: _Phrase, now: datetime) -> _Found | None:
    """Add the hour and the last day to a repetition; hours after midnight move its weekdays on."""
    repeat = phrase.repeat
    if repeat is None:
        return None
    if phrase.clock:
        hour, minute, written_24 = phrase.clock
        shift, hour = when_hours.hours(hour, phrase.part, written_24)[0]
        weekdays = tuple(sorted((d + shift) % 7 for d in repeat.weekdays))
        repeat = replace(repeat, at=time(hour, minute), weekdays=weekdays)
        if phrase.twice and repeat.every == "day" and repeat.interval == 1:
            repeat = replace(repeat, every="hour", interval=12)
    until = UNTIL.match(text, phrase.end)
    last = NEXT.match(text, until.end()) if until else None
    if last and last.lastgroup in when_days.DAY_ATOMS:
        day = when_days.day_of(last, now.date(), None)
        if day:
            repeat = replace(repeat, until=when_hours.whole_day(day, None, now, past=False))
            phrase.end = last.end()
    start = when_hours.whole_day(phrase.day, None, now, past=False) if phrase.day else None
    hint = None if phrase.clock else when_hours.hint_of(phrase.part)
    return _Found(
        When(start, repeat, (phrase.start, phrase.end), "at", hint), lacks_hour=phrase.clock is None
    )
