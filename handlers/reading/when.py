"""Time phrases as people write them in messages: 今晚七点一刻, 前天夜里11点多, 下周二之前, 每周五下午4点."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from handlers.reading import when_hours
from handlers.reading.calendar_cn import month_end
from handlers.reading.lazy import Lazy
from handlers.reading.numerals import number, plain
from handlers.reading.when_days import DAY_ATOMS, Day, day_of
from handlers.reading.when_grammar import (
    BEFORE_HAND,
    BOUND,
    DAYS_BEFORE,
    FUTURE,
    HEAD,
    LEAD,
    NEXT,
    PAST,
    ROUND,
    UNTIL,
)
from handlers.reading.when_phrase import Bound, Phrase, gather
from handlers.reading.when_repeat import Repeat

__all__ = ["Repeat", "When", "read_all", "read_when"]

_MOST_PHRASES: Final = 64
_MOST_TRIES: Final = 512
_LONGEST: Final = 4096  # a chat message


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
        """Return an ISO date-time with zone, an ISO date or {"repeat": {…}}, "from" beside it."""
        if self.repeat is not None:
            found: dict[str, object] = {"repeat": self.repeat.as_dict()}
            if self.start is not None:
                found["from"] = self.start.isoformat()
            return found
        return self.start.isoformat() if self.start is not None else None


@dataclass(frozen=True, slots=True)
class _Found:
    """A phrase read; clock: the hour of one that names no day, which an earlier day may take."""

    when: When
    immediate: bool = False
    lacks_hour: bool = False
    clock: time | None = None


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
    """Return the time phrases of a text in order, 64 at most.

    An hour without a day belongs to the day named before it (明天上午9点开会，下午3点走访).
    """
    return [found.when for found in _phrases(text, now, past)]


def _phrases(text: str, now: datetime, past: bool | None) -> Iterator[_Found]:
    """Yield the phrases of the first 4096 characters of a text; the number of tries is bounded."""
    if not text:
        return
    read = plain(text[:_LONGEST])
    match = HEAD.search(read)
    tells_past = None
    position, found, end, before = 0, 0, 0, None
    for _ in range(_MOST_TRIES):
        if match is None or found >= _MOST_PHRASES:
            return
        if tells_past is None:
            tells_past = bool(PAST.search(read)) and not FUTURE.search(read) if past is None else past
        phrase = gather(read, match, now)
        position = max(match.end(), phrase.end) if phrase else match.end()
        if phrase is not None:
            result = _resolve(read, phrase, now, tells_past, before, end)
            if result is not None:
                found, end = found + 1, result.when.span[1]
                before = phrase if phrase.day or phrase.repeat else before
                yield result
        match = HEAD.search(read, max(position, end))


def _resolve(text: str, phrase: Phrase, now: datetime, past: bool, before: Phrase | None, after: int) -> _Found | None:
    """Turn a gathered phrase into a `When`, None where it says too little; `after`: where the one before it ends."""
    anchored = bool(phrase.day or phrase.repeat or phrase.moment or phrase.year)
    if phrase.repeat and phrase.weak_clock and not (phrase.clock or phrase.part):
        return None
    if not anchored and ((phrase.weak_clock and not _is_firm(text, phrase)) or (phrase.weak_part and not phrase.clock)):
        return None
    try:
        _take_bound(text, phrase, after)
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
    clock = start.timetz().replace(tzinfo=None) if phrase.clock and not own and isinstance(start, datetime) else None
    return _Found(when, phrase.now_word, lacks_hour, clock)


def _is_firm(text: str, phrase: Phrase) -> bool:
    """Tell whether a lone 一点 is an hour after all: 一点左右, 一点之前, 晚上一点, 一点集合."""
    if phrase.part and not phrase.weak_part:
        return True
    if phrase.moot_clock:
        return False
    tail = text[phrase.end : phrase.end + 2]
    if tail == "左右":
        return True
    head = text[max(phrase.start - 1, 0) : phrase.start].strip(" ,、在于到是")
    return not head and (not tail.strip() or tail.startswith(("多", "之前", "以前", "前", "开", "集", "到")))


def _take_bound(text: str, phrase: Phrase, after: int) -> None:
    """Read what stands around a phrase, behind the one before it: 截止…, …左右, …之前, …内."""
    if phrase.now_word:
        return
    if phrase.moment is None or not isinstance(phrase.moment, datetime):
        _take_tail(text, phrase)
    hand = BEFORE_HAND.search(text, max(after, phrase.start - 5), phrase.start)
    lead = LEAD.search(text, max(after, phrase.start - 2), phrase.start)
    if hand:
        phrase.start, phrase.bound = hand.start(), "before"
    elif lead and (phrase.bound == "before" if lead[0] not in ("从", "自") else phrase.repeat and phrase.day):
        phrase.start = lead.start()


def _take_tail(text: str, phrase: Phrase) -> None:
    around = ROUND.match(text, phrase.end)
    phrase.end = around.end() if around and (phrase.clock or phrase.day) else phrase.end
    earlier = DAYS_BEFORE.match(text, phrase.end)
    if earlier and phrase.day and not phrase.clock and not phrase.repeat:
        days = (number(earlier[1]) or 0) * (7 if earlier[2] == "周" else 1)
        phrase.day = replace(phrase.day, dates=[d - timedelta(days=days) for d in phrase.day.dates])
        phrase.end = earlier.end()
        return
    bound = BOUND.match(text, phrase.end)
    if bound and not (phrase.moment and not phrase.clock):
        phrase.end = bound.end()
        phrase.bound = "before" if bound["before"] else "within" if bound["within"] else phrase.bound


def _start_of(phrase: Phrase, now: datetime, past: bool, inherited: Day | None) -> datetime | date | None:
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
        found = when_hours.whole_day(day, phrase.part, now, past)
        ends_month = day is not None and day.whole_month and phrase.bound == "within"
        return month_end(found.year, found.month) if ends_month else found
    return when_hours.moment(day, phrase.clock, phrase.part, now, past)


def _whole_year(phrase: Phrase, now: datetime) -> Day | None:
    if phrase.year is None or not 1 < phrase.year < 9999:
        return None
    if phrase.bound == "within":
        return Day([date(phrase.year, 12, 31)])
    return Day([date(phrase.year, 1, 1)]) if phrase.year != now.year and not phrase.clock else None


_AND: Final = Lazy(r" ?[和、及跟与] ?(?:每天)?")
_HALF_A_DAY: Final = 12 * 60


def _twelve_hours_on(text: str, phrase: Phrase, first: int) -> bool:
    """Take a second hour twelve hours after the first (每天早上7点和晚上7点); another is left: one hour is kept."""
    joint = _AND.match(text, phrase.end)
    part = NEXT.match(text, joint.end()) if joint else None
    clock = NEXT.match(text, part.end()) if part and part.lastgroup == "part" else None
    hour = when_hours.clock_of(clock) if clock and clock.lastgroup == "clock" else None
    if part is None or clock is None or hour is None:
        return False
    second = when_hours.hours(hour[0], part["part"], hour[2])[0][1] * 60 + hour[1]
    if second - first != _HALF_A_DAY:
        return False
    phrase.end = clock.end()
    return True


def _resolve_repeat(text: str, phrase: Phrase, now: datetime) -> _Found | None:
    """Add the hour and the last day to a repetition; hours after midnight move its weekdays on."""
    repeat = phrase.repeat
    if repeat is None:
        return None
    if phrase.clock:
        hour, minute, written_24 = phrase.clock
        shift, hour = when_hours.hours(hour, phrase.part, written_24)[0]
        weekdays = tuple(sorted((d + shift) % 7 for d in repeat.weekdays))
        repeat = replace(repeat, at=time(hour, minute), weekdays=weekdays)
        phrase.twice = phrase.twice or _twelve_hours_on(text, phrase, hour * 60 + minute)
        if phrase.twice and repeat.every == "day" and repeat.interval == 1:
            repeat = replace(repeat, every="hour", interval=12)
    until = UNTIL.match(text, phrase.end)
    last = NEXT.match(text, until.end()) if until else None
    if last and last.lastgroup in DAY_ATOMS:
        day = day_of(last, now.date(), None)
        if day:
            repeat = replace(repeat, until=when_hours.whole_day(day, None, now, past=False))
            phrase.end = last.end()
    start = when_hours.whole_day(phrase.day, None, now, past=False) if phrase.day else None
    hint = None if phrase.clock else when_hours.hint_of(phrase.part)
    return _Found(When(start, repeat, (phrase.start, phrase.end), phrase.bound, hint), lacks_hour=phrase.clock is None)
