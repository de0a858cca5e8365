"""Which sectors, the head-count as a state machine, what is read of what people type."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from handlers.sectors import rules
from handlers.sectors.rules import HeadCount, NotNow, Phase, Place

NOW = datetime(2026, 11, 18, 23, 40, tzinfo=timezone(timedelta(hours=8)))
PEOPLE = st.integers(1, 5)


class Homecoming(RuleBasedStateMachine):
    """A head-count beside the plainest model of it: two sets, and whether everybody has been called back."""

    def __init__(self) -> None:
        super().__init__()
        self.count = HeadCount()
        self.gone: set[int] = set()
        self.known: set[int] = set()
        self.called = False

    @rule(who=PEOPLE)
    def joins(self, who: int) -> None:
        allowed = not self.called and who not in self.gone
        self._try("join", who, allowed=allowed)
        if allowed:
            self.gone.add(who)
            self.known.add(who)

    @rule(who=PEOPLE)
    def comes_home(self, who: int) -> None:
        allowed = who in self.gone
        self._try("home", who, allowed=allowed)
        self.gone.discard(who)

    @rule(who=PEOPLE)
    def is_not_home(self, who: int) -> None:
        allowed = who in self.known - self.gone
        self._try("not_home", who, allowed=allowed)
        if allowed:
            self.gone.add(who)

    @rule()
    def stand_down(self) -> None:
        self._try("stand_down", allowed=not self.called)
        self.called = True

    @rule()
    def go_on(self) -> None:
        self._try("go_on", allowed=self.called)
        self.called = False

    def _try(self, step: str, *who: int, allowed: bool) -> None:
        if allowed:
            self.count = getattr(self.count, step)(*who)
            return
        with pytest.raises(NotNow):
            getattr(self.count, step)(*who)

    @invariant()
    def nobody_is_lost(self) -> None:
        assert self.count.out == self.gone
        assert self.count.out | self.count.back == self.known
        assert not self.count.out & self.count.back

    @invariant()
    def never_over_while_one_is_out(self) -> None:
        assert (self.count.phase is Phase.BACK) == (self.called and not self.gone)


TestHomecoming = Homecoming.TestCase


def places(widths: tuple[int, ...]) -> list[Place]:
    """A tree with so many children at each level."""
    found, layer = [Place(1, (1,))], [Place(1, (1,))]
    for width in widths:
        following = []
        for one in layer:
            for _ in range(width):
                new = len(found) + 1
                following.append(Place(new, (*one.line, new)))
                found.append(following[-1])
        layer = following
    return found


@given(st.lists(st.integers(1, 4), max_size=4), st.integers(1, 25), st.integers(0, 10**6))
def test_sectors_cover_the_ring_once(widths: list[int], most: int, where: int) -> None:
    tree = places(tuple(widths))
    near = tree[where % len(tree)].line
    chosen = rules.divide(tree, near, most)
    lines = {one.id: one.line for one in tree}
    assert 1 <= len(chosen) <= most
    leaves = [one for one in tree if not any(one.id in other.line[:-1] for other in tree)]
    for leaf in leaves:
        assert len([one for one in chosen if one in leaf.line]) == 1
    shared = [len(set(lines[one]) & set(near)) for one in chosen]
    assert shared == sorted(shared, reverse=True)


def test_a_wider_ring_adds_only_what_is_new() -> None:
    tree = places((2, 2))
    lines = {one.id: one.line for one in tree}
    inner = [one.id for one in tree if one.line[:2] == (1, 2) and len(one.line) == 3]
    outer = rules.divide(tree, (1, 2))
    assert set(rules.fresh(outer, lines, inner)) == set(outer) - set(inner)
    assert rules.fresh([2, 3], lines, inner) == [3]
    assert rules.fresh(inner, lines, [2]) == []


@pytest.mark.parametrize(
    ("words", "sector", "rest"),
    [
        ("片2", 2, ""),
        ("第２片 没有发现", 2, "没有发现"),
        ("3片区，都看了", 3, "区，都看了"),
        ("4", 4, ""),
        ("河边有2只鞋", None, "河边有2只鞋"),
    ],
)
def test_a_sector_is_read(words: str, sector: int | None, rest: str) -> None:
    assert (rules.sector_of(words), rules.without_sector(words)) == (sector, rest)


@pytest.mark.parametrize(
    ("words", "person", "rest"),
    [("3号 电话已到家", 3, "电话已到家"), ("１２号", 12, ""), ("在3号楼", None, "在3号楼"), ("继续", None, "继续")],
)
def test_a_searcher_is_read(words: str, person: int | None, rest: str) -> None:
    assert (rules.person_of(words), rules.without_person(words)) == (person, rest)


@pytest.mark.parametrize(
    "words", ["", "没有发现", "都找遍了，没有发现", "未发现异常。", "正常", "没看到人", "全部搜完了"]
)
def test_nothing_found_is_no_trace(words: str) -> None:
    assert not rules.is_trace(words)


@pytest.mark.parametrize("words", ["河边有一只布鞋", "没有发现人，但有一个蓝布包", "有人说看见往南走了", "门口有脚印"])
def test_a_trace_is_told(words: str) -> None:
    assert rules.is_trace(words)


def test_the_beat_holds_and_never_lies_behind() -> None:
    assert rules.next_note(NOW, NOW + timedelta(seconds=2)) == NOW + rules.NOTE_EVERY
    assert rules.next_note(NOW, NOW + timedelta(hours=3)) == NOW + timedelta(hours=3) + rules.NOTE_EVERY


def test_a_searcher_is_missing_after_two_hours_and_every_hour_from_then() -> None:
    raised = [hours for hours in (1.9, 2, 2.5, 3) if rules.alarms(NOW, int(hours >= 2.5), NOW + timedelta(hours=hours))]
    assert raised == [2, 3]
