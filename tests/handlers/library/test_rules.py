"""Whose turn it is and who hears it when: nobody twice in a season, no two overlapping groups on one day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.library import rules
from handlers.library.rules import Candidate, Group

FIRST = date(2026, 11, 18)
START = datetime(2026, 11, 18, tzinfo=UTC)
PATHS = st.lists(st.integers(1, 3), max_size=3).map(lambda ids: "/1/" + "".join(f"{one}/" for one in ids))


def groups(paths: list[str], first: int = 1) -> list[Group]:
    """A group in each of these areas."""
    return [Group(number, path) for number, path in enumerate(paths, first)]


@given(st.lists(PATHS, max_size=12), st.lists(st.tuples(st.integers(0, 6), PATHS), max_size=6))
def test_no_two_groups_whose_people_overlap_hear_on_one_day(paths: list[str], booked: list[tuple[int, str]]) -> None:
    there = groups(paths)
    taken: dict[date, list[Group]] = {}
    for number, (day, path) in enumerate(booked, 100):
        taken.setdefault(FIRST + timedelta(days=day), []).append(Group(number, path))
    plan, left = rules.spread(there, taken, FIRST)
    told = [chat for chats in plan.values() for chat in chats]
    assert sorted([*told, *left]) == [one.chat for one in there]
    by_chat = {one.chat: one for one in there}
    for day, chats in plan.items():
        assert FIRST <= day < FIRST + timedelta(days=rules.LONGEST_SPREAD)
        here = [by_chat[chat] for chat in chats] + taken.get(day, [])
        for place, one in enumerate(here):
            if one.chat < 100:
                assert not any(rules.overlap(one.path, other.path) for other in here[:place] + here[place + 1 :])
    for chat in left:
        for day in range(rules.LONGEST_SPREAD):
            at = FIRST + timedelta(days=day)
            others = [by_chat[other] for other in plan.get(at, ())] + taken.get(at, [])
            assert any(rules.overlap(by_chat[chat].path, other.path) for other in others)


def test_villages_hear_on_the_day_itself_and_what_lies_above_them_later() -> None:
    plan, left = rules.spread(groups(["/1/", "/1/2/", "/1/2/5/", "/1/3/6/", "/1/2/5/"]), {}, FIRST)
    assert plan == {
        FIRST: [3, 4],
        FIRST + timedelta(days=1): [5],
        FIRST + timedelta(days=2): [2],
        FIRST + timedelta(days=3): [1],
    }
    assert left == []


def test_an_area_is_no_part_of_one_whose_number_begins_alike() -> None:
    assert not rules.overlap("/1/2/", "/1/22/")
    assert rules.overlap("/1/2/", "/1/2/3/")


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 400)), max_size=8), st.sets(st.integers(0, 7)))
def test_the_next_is_none_of_this_season_and_the_longest_unheard(found: list[tuple[bool, int]], used: set[int]) -> None:
    all_ = [Candidate(n, n, START - timedelta(days=ago) if sent else None) for n, (sent, ago) in enumerate(found)]
    picked = rules.pick(all_, used)
    left = [one for one in all_ if one.item not in used]
    if picked is None:
        assert not left
        return
    chosen = all_[picked]
    assert picked not in used
    if chosen.last is not None:
        assert all(one.last is not None and one.last >= chosen.last for one in left)


def test_a_season_sends_everything_once_and_then_nothing() -> None:
    all_, used = [Candidate(n, n, None) for n in range(5)], list[int]()
    while (picked := rules.pick(all_, used)) is not None:
        used.append(picked)
    assert used == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("day", "name", "following"),
    [
        (date(2026, 1, 1), "2026Q1", date(2026, 4, 1)),
        (date(2026, 9, 30), "2026Q3", date(2026, 10, 1)),
        (date(2026, 12, 31), "2026Q4", date(2027, 1, 1)),
    ],
)
def test_seasons(day: date, name: str, following: date) -> None:
    assert rules.season(day) == name
    assert rules.next_season(day) == following
