"""Cover of zones and hours against a model that looks at every minute."""

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.shifts import rules
from handlers.shifts.rules import Hours, Span, Taken

ZONE = timezone(timedelta(hours=8))
DAWN = datetime(2026, 11, 18, 0, 0, tzinfo=ZONE)
MINUTES = st.integers(min_value=-90, max_value=400)


def at(minute: int) -> datetime:
    """A minute after the dawn."""
    return DAWN + timedelta(minutes=minute)


@st.composite
def stretches(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """Who is there: from, until, how many."""
    found = []
    for _ in range(draw(st.integers(0, 8))):
        start, length = draw(MINUTES), draw(st.integers(0, 300))
        found.append((start, start + length, draw(st.integers(1, 3))))
    return found


@settings(max_examples=150)
@given(stretches(), st.integers(1, 4), st.integers(0, 60), st.integers(1, 240))
def test_holes_are_what_the_minutes_lack(
    there: list[tuple[int, int, int]], needed: int, start: int, length: int
) -> None:
    span = Span(at(start), at(start + length))
    taken = [Taken(at(first), at(last), heads) for first, last, heads in there]
    found = rules.holes(span, needed, taken)
    lacking = {
        minute: max(0, needed - sum(heads for first, last, heads in there if first <= minute < last))
        for minute in range(start, start + length)
    }
    told = dict.fromkeys(lacking, 0)
    for one in found:
        assert span.start <= one.start < one.end <= span.end
        for minute in range(int((one.start - DAWN).total_seconds() // 60), int((one.end - DAWN).total_seconds() // 60)):
            assert told[minute] == 0, "no two holes meet"
            told[minute] = one.missing
    assert told == lacking
    for one, after in pairwise(found):
        assert one.end < after.start or one.missing != after.missing, "neighbours that lack as many are one"
    assert rules.wanted_minutes(span, needed) == needed * length
    assert rules.covered_minutes(span, needed, taken) == needed * length - sum(lacking.values())


@settings(max_examples=100)
@given(
    st.sets(st.integers(1, 7), min_size=1),
    st.integers(0, 1439),
    st.integers(1, 1440),
    st.integers(0, 20),
    st.integers(-3000, 20000),
    st.integers(0, 12000),
)
def test_shifts_are_those_of_the_calendar(
    days: set[int], start: int, length: int, lasts: int, since: int, longer: int
) -> None:
    first = date(2026, 11, 18)
    hours = Hours("".join(map(str, sorted(days))), start, length, first, first + timedelta(days=lasts))
    found = list(rules.shifts(hours, ZONE, at(since), at(since + longer)))
    model = []
    for number in range(lasts + 1):
        day = first + timedelta(days=number)
        begins = number * 1440 + start
        if day.isoweekday() in days and begins + length > since and begins < since + longer:
            model.append(Span(at(begins), at(begins + length)))
    assert found == model


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 1440)), max_size=6), MINUTES, MINUTES)
def test_a_clock_strikes_for_the_first_thing_not_done(shifts: list[tuple[int, int]], told: int, settled: int) -> None:
    spans = [Span(at(start), at(start + length)) for start, length in shifts]
    found = rules.next_moment(spans, at(told), at(settled))
    wanted = [start - 1440 for start, _ in shifts if start > told]
    wanted += [start + length + 60 for start, length in shifts if start + length > settled]
    assert found == (at(min(wanted)) if wanted else None)


def test_a_part_of_a_shift_lies_in_it() -> None:
    night = Span(at(22 * 60), at(30 * 60))
    assert rules.within(night, "22:00", "02:00") == Span(at(22 * 60), at(26 * 60))
    assert rules.within(night, "23", "6") == Span(at(23 * 60), at(30 * 60))
    assert rules.within(night, "2:30", "5:00") == Span(at(26 * 60 + 30), at(29 * 60))
    assert rules.within(night, "20:00", "23:00") is None
    assert rules.within(night, "22:00", "22:10") is None
    assert rules.within(night, "3:00", "7:00") is None
