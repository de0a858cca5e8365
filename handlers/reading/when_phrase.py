"""One time phrase put together from its atoms: day, part of day, clock, stretch of time, repetition."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from handlers.reading import when_days, when_hours
from handlers.reading.calendar_cn import add_months
from handlers.reading.numerals import DIGIT_CHARS, number
from handlers.reading.when_days import Day
from handlers.reading.when_grammar import DECIMAL, FROM_NOW_ON, GAP, NEXT, RANGE, TIGHT, TRAP_NOUN, WEEKDAYS
from handlers.reading.when_repeat import Repeat, repeat_of, weekdays_of
from handlers.reading.workdays import add_workdays

Bound = Literal["at", "before", "within"]


@dataclass(slots=True)
class Phrase:
    """The atoms of one phrase 时间短语, gathered from left to right.

    weak: what stands alone means no time (一点, 早, 天天); moot: not even with a firm tail (一时).
    open_week: a weekday without 上, 这, 下; twice: 早晚; now_word: 现在, 马上.
    """

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


def gather(text: str, head: re.Match[str], now: datetime) -> Phrase | None:
    """Put the atoms that follow each other together into one phrase."""
    phrase = Phrase(head.start(), head.end())
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


def _fits(phrase: Phrase, atom: re.Match[str], close: bool) -> bool:
    """Tell whether an atom belongs to the phrase before it; close: nothing but space lies between."""
    kind = atom.lastgroup
    if phrase.moment is not None and isinstance(phrase.moment, datetime):
        return False
    if kind in ("clock", "clock_dot"):
        return phrase.clock is None
    if kind == "part":
        late = atom["part"] == "凌晨" or (when_hours.is_night(atom["part"]) and close)
        night = phrase.part is not None and when_hours.is_night(phrase.part) and late
        both = phrase.repeat is not None and phrase.part == "早" and atom["p1"] == "晚"
        return phrase.clock is None and (phrase.part is None or night or both)
    if kind in when_days.DAY_ATOMS:
        if phrase.moment is not None or phrase.repeat is not None:
            return False
        if phrase.day is None:
            return phrase.year is not None or close
        return close and ("week" in (kind or "") or "week" in phrase.day_atom)
    if kind == "every":
        return close and phrase.day_atom == "weekdays" and phrase.repeat is not None and atom["eu"] in ("天", "日")
    return False


def _take(text: str, phrase: Phrase, atom: re.Match[str], now: datetime) -> bool:
    """Add an atom to the phrase; False where it turns out to mean no time."""
    kind, end = atom.lastgroup or "", atom.end()
    if kind in ("clock", "clock_dot"):
        clock = when_hours.clock_of(atom)
        if clock is None or (kind == "clock" and _is_no_clock(text, atom, bare=phrase.start == atom.start())):
            return False
        phrase.clock, phrase.weak_clock = clock, atom["clock"] in ("一点", "一 点")
        if kind == "clock" and atom["c"] in ("一", "三", "四") and not atom["cp"]:
            phrase.weak_clock = phrase.moot_clock = True
    elif kind == "part":
        phrase.twice = phrase.part == "早" and atom["part"] == "晚"
        phrase.part = (
            "夜里" if phrase.part and atom["part"] == "凌晨" else phrase.part if phrase.twice else atom["part"]
        )
        phrase.weak_part = bool(atom["p1"] or atom["p2"])
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


def _take_day(phrase: Phrase, atom: re.Match[str], now: datetime) -> bool:
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
            phrase.bound = "within" if atom["re"].endswith("内") else "before" if atom["re"] == "年前" else "at"
        phrase.open_week = kind == "weekday" and not atom["kp"]
    phrase.end = atom.end()
    return True


def _dot_is_clock(phrase: Phrase, atom: re.Match[str], now: datetime) -> bool:
    """Read 8.30 as half past eight where no date within two months can be meant."""
    hour, minute = int(atom["om"]), int(atom["od"] or atom["od2"] or atom["od3"])
    day = when_days.day_of(atom, now.date(), None)
    near = day is not None and any(abs((d - now.date()).days) <= 60 for d in day.dates)
    if (
        atom["ox"] == "."
        and not atom["os"]
        and not near
        and (hour, minute) != (3, 15)
        and minute % 5 == 0
        and len(atom["od"] or "") == 2
    ):
        phrase.clock = (hour, minute, atom["om"].startswith("0"))
        return True
    return False


def _take_repeat(text: str, phrase: Phrase, atom: re.Match[str]) -> bool:
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


def _take_length(phrase: Phrase, atom: re.Match[str], now: datetime) -> bool:
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


def _take_range(text: str, phrase: Phrase, now: datetime) -> None:
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


def _take_week_range(text: str, phrase: Phrase) -> None:
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
    """Tell whether 点 means points (5点建议), a little (快一点) or a decimal (三点五公里).

    bare: no day and no part of the day stands before it.
    """
    sign = atom["c"]
    if not sign:
        return False
    before, after = (
        text[max(0, atom.start() - 3) : atom.start()],
        text[atom.end("cp") if atom["cp"] else atom.end("c") + 1 :][:6],
    )
    if DECIMAL.match(after) and not after.startswith(("度", "平")) and not atom["cm"]:
        return True
    if after.startswith(("儿", "半价")) or (
        sign in ("零", "〇", "0") and after[:1] in tuple(DIGIT_CHARS) and not atom["cm"]
    ):
        return True
    little = sign in ("一", "1")
    if little and after.startswith(tuple("都也儿点没不用力小吧")) and not after.startswith("点名"):
        return True
    if not bare:
        return False
    if TRAP_NOUN.match(after) or before.endswith(("这", "那", "第", "几", "分之")):
        return True
    if sign in "一二两三四五" and before.endswith(("有", "共", "提", "下", "做", "讲", "高", "初")):
        return True
    return little and before.endswith(tuple("好快早晚多少大小慢轻重高低有差近远严松稍长短宜"))
