"""R20: what the weekly figures tell of small counts, against a reader who reckons: nothing hidden can be pinned down.

The reader knows what is printed (rows and total of this week and the last, the change between them, 少于5, 不公布) and
every way the figures hang together, and searches all tables that would print the same. The long form:
RULES_TABLES=10000 (about five minutes).
"""

import os
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.weekly.rules import Amount, Cell, FigureKind, Veil, change, veiled

TABLES = int(os.environ.get("RULES_TABLES", "150"))
Pair = tuple[int, int]
"""The count, and the whole (of a sum: the money) beside it; the whole of a plain count is 0."""
HIGH = 26
"""The reader tries no larger value where nothing bounds it; more would only leave more open."""


def printed(cell: Cell, kind: FigureKind) -> Pair | Veil:
    """What a reader sees of a cell."""
    told = cell.told
    if told is None:
        return cell.veil
    if kind == "sum":
        return told.of or 0, told.n
    return told.n, told.of or 0


def might_be(kind: FigureKind, shown: Pair | Veil, high: int) -> list[Pair]:
    """Every pair that a cell printed so can be."""
    if isinstance(shown, tuple):
        return [shown]
    wholes = {"count": lambda n: [0], "rate": lambda n: range(max(n, 1), high + 1), "sum": lambda n: range(high + 1)}
    if shown is Veil.SMALL:
        low = 0 if kind == "rate" else 1
        return [(n, of) for n in range(low, 5) for of in wholes[kind](n) if n > 0 or 0 < of < 5]
    return [(n, of) for n in range(5, high + 1) for of in wholes[kind](n)]


def possible(kind: FigureKind, rows: Sequence[Pair | Veil], total: Pair | Veil) -> list[set[Pair]]:
    """For each row all values some table that prints the same gives it; one set for the total comes last."""
    high = max(total) if isinstance(total, tuple) else HIGH
    choices = [might_be(kind, one, high) for one in rows]
    totals = (
        None if total is Veil.WITHHELD else set(might_be(kind, total, high if isinstance(total, tuple) else HIGH * 9))
    )
    before: list[set[Pair]] = [{(0, 0)}]
    bound = total if isinstance(total, tuple) else (HIGH * 9, HIGH * 9)
    for options in choices:
        before.append({one for one in sums(before[-1], options) if one[0] <= bound[0] and one[1] <= bound[1]})
    after: list[set[Pair]] = [{(0, 0)}]
    for options in reversed(choices):
        after.append({one for one in sums(after[-1], options) if one[0] <= bound[0] and one[1] <= bound[1]})
    after.reverse()
    found: list[set[Pair]] = []
    for place, options in enumerate(choices):
        others = set(sums(before[place], after[place + 1]))
        if totals is None:
            found.append(set(options))
        elif isinstance(total, tuple):
            found.append({(n, of) for n, of in options if (total[0] - n, total[1] - of) in others})
        else:
            found.append({one for one in options if any(summed in totals for summed in sums({one}, others))})
    everything = before[-1]
    found.append(everything if totals is None else everything & totals)
    return found


def sums(some: set[Pair], others: Sequence[Pair] | set[Pair]) -> Iterator[Pair]:
    """Every sum of one of each."""
    return ((a + c, b + d) for a, b in some for c, d in others)


AMOUNTS = {
    "count": st.integers(0, 14).map(lambda n: Amount(n)),
    "rate": st.integers(0, 9).flatmap(lambda of: st.integers(0, of).map(lambda n: Amount(n, of))),
    "sum": st.integers(0, 8).flatmap(
        lambda of: st.integers(1, 9).map(lambda n: Amount(n, of)) if of else st.just(Amount(0, 0))
    ),
}
ROWS = {"count": 6, "rate": 4, "sum": 4}


@st.composite
def tables(draw: st.DrawFn) -> tuple[FigureKind, list[list[Amount]]]:
    kind: FigureKind = draw(st.sampled_from(["count", "rate", "sum"]))
    places = draw(st.integers(1, ROWS[kind]))
    weeks = [draw(st.lists(AMOUNTS[kind], min_size=places, max_size=places)) for _ in range(2)]
    return kind, weeks


@settings(max_examples=TABLES, deadline=None)
@given(tables())
def test_nothing_hidden_can_be_pinned_down(table: tuple[FigureKind, list[list[Amount]]]) -> None:
    kind, weeks = table
    told = []
    for rows in weeks:
        cells, whole = veiled(kind, rows, total_of(rows))
        told.append([*cells, whole])
        shown = [printed(one, kind) for one in cells]
        values = possible(kind, shown, printed(whole, kind))
        for cell, left in zip([*cells, whole], values, strict=True):
            if cell.veil is Veil.NONE:
                continue
            assert len({n for n, _ in left}) >= 2, f"{kind} {rows}: the count of {cell} is known"
            assert kind == "count" or len({of for _, of in left}) >= 2, f"{kind} {rows}: what goes with {cell} is known"
            if cell.veil is Veil.SMALL and cell is not whole:
                small = {n for n, _ in left} & {1, 2, 3, 4}
                assert len(small) >= (4 if whole.veil is Veil.NONE else 3), f"{kind} {rows}: {cell} is nearly known"
    for this, last in zip(*told, strict=True):
        if this.told is None or last.told is None:
            assert change(kind, this, last) is None, "a change with one side hidden would tell it"


@given(tables())
def test_what_is_small_is_never_told_and_what_is_not_never_said_to_be(
    table: tuple[FigureKind, list[list[Amount]]],
) -> None:
    kind, (rows, _) = table
    cells, whole = veiled(kind, rows, total_of(rows))
    for cell in (*cells, whole):
        counts = [cell.amount.n if kind != "sum" else cell.amount.of or 0]
        counts += [cell.amount.of or 0] if kind == "rate" else []
        small = any(0 < one < 5 for one in counts)
        assert not (small and cell.veil is Veil.NONE)
        assert small or cell.veil is not Veil.SMALL
    assert [cell.amount for cell in cells] == rows


@given(tables())
def test_nothing_is_hidden_without_need(table: tuple[FigureKind, list[list[Amount]]]) -> None:
    kind, (rows, _) = table
    big = [Amount(5 * one.n + 5 if one.n else 0, None if one.of is None else 5 * one.of + 5) for one in rows]
    cells, whole = veiled(kind, big, total_of(big))
    assert {one.veil for one in (*cells, whole)} == {Veil.NONE}


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([3, 40, 50], "<-= 93"),
        ([12, 0, 9], "12,0,9 21"),
        ([1, 5], "<- -"),
        ([2, 0], "<0 <"),
        ([1, 1], "<< <"),
        ([4, 4], "<< -"),
        ([1, 1, 1, 1], "<<<< -"),
        ([0, 0], "00 0"),
    ],
)
def test_examples_people_can_check(rows: list[int], shown: str) -> None:
    """Below 5 reads <, left out reads -."""
    amounts = [Amount(one) for one in rows]
    cells, whole = veiled("count", amounts, total_of(amounts))
    signs = [sign(one) for one in cells]
    expected, total = shown.replace("=", "50").replace(",", " ").split()[:-1], shown.split()[-1]
    assert "".join(signs) == "".join(expected)
    assert sign(whole) == total


def sign(cell: Cell) -> str:
    return {Veil.NONE: str(cell.amount.n), Veil.SMALL: "<", Veil.WITHHELD: "-"}[cell.veil]


def total_of(rows: Sequence[Amount]) -> Amount:
    total = rows[0]
    for one in rows[1:]:
        total = total + one
    return total


def test_the_reader_would_see_a_table_that_tells() -> None:
    """The reader is no straw man: without the second cell it finds the first."""
    assert possible("count", [Veil.SMALL, (40, 0), (50, 0)], (93, 0))[0] == {(3, 0)}
    assert possible("count", [Veil.SMALL, Veil.WITHHELD], (6, 0))[0] == {(1, 0)}
    assert possible("rate", [Veil.SMALL, (9, 10)], (12, 13))[0] == {(3, 3)}
