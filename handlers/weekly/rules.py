"""Rules of the weekly figures (周报规则): what may be told of a count, and what would tell it by a detour. Pure.

A count of 1 to 4 reads 少于5, and with it go its whole, its rate and its sum. Where the total would tell it all the
same, a second area is left out, or the total itself. Which one is chosen by its place, never by its size, so that the
choice tells nothing. To whoever reckons, a small count stays any of 1, 2, 3, 4 beside a printed total, and one of three
where the total is left out, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

SMALL: Final = 5
"""Counts below are not told, nought is."""
SPREAD: Final = SMALL - 1
"""So many values a small count can have."""

FigureKind = Literal["count", "rate", "sum"]


class Veil(Enum):
    """What is told of a cell: all of it, that it is small, or nothing."""

    NONE = "none"
    SMALL = "small"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Amount:
    """n of a whole; `of` is None where there is none. Of a sum, n is money and `of` the cases behind it."""

    n: int
    of: int | None = None

    def __add__(self, other: "Amount") -> "Amount":
        """Both areas together."""
        return Amount(self.n + other.n, None if self.of is None or other.of is None else self.of + other.of)

    @property
    def rate(self) -> int | None:
        """Per cent, None where there is no whole; 100 is all of it, 0 nothing."""
        if not self.of:
            return None
        return self.n * 100 // self.of if self.n in (0, self.of) else min(max(round(100 * self.n / self.of), 1), 99)


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one area in one week, as far as it may be told."""

    amount: Amount
    veil: Veil = Veil.NONE

    @property
    def told(self) -> Amount | None:
        """What may be told of it; None where nothing may."""
        return self.amount if self.veil is Veil.NONE else None


def counted(kind: FigureKind, amount: Amount) -> int:
    """The count by which it is decided: of a sum the cases behind it."""
    return (amount.of or 0) if kind == "sum" else amount.n


def is_small(kind: FigureKind, amount: Amount) -> bool:
    """Whether people could be found behind it: its count, or the whole it is a part of, is 1 to 4."""
    whole = (amount.of or 0) if kind == "rate" else 0
    return 0 < counted(kind, amount) < SMALL or 0 < whole < SMALL


def veiled(kind: FigureKind, rows: Sequence[Amount], total: Amount) -> tuple[tuple[Cell, ...], Cell]:
    """The rows of one figure of one week, and their total, as far as they may be told.

    rows: all areas of the table, in the table's order, which add up to the total.
    """
    small = [place for place, amount in enumerate(rows) if is_small(kind, amount)]
    if not rows or not small:
        return tuple(Cell(one) for one in rows), Cell(total, alone(kind, total))
    veils = [Veil.SMALL if place in small else Veil.NONE for place in range(len(rows))]
    for place in _in_turn(small[0], len(rows)):
        if _keeps(kind, rows, veils):
            break
        if veils[place] is Veil.NONE and counted(kind, rows[place]) >= SMALL:
            veils[place] = Veil.WITHHELD
    cells = tuple(Cell(amount, veil) for amount, veil in zip(rows, veils, strict=True))
    return cells, Cell(total, Veil.NONE if _keeps(kind, rows, veils) else _veil_of_total(kind, total, veils))


def alone(kind: FigureKind, amount: Amount) -> Veil:
    """What may be told of a figure that is part of no total."""
    return Veil.SMALL if is_small(kind, amount) else Veil.NONE


def _in_turn(first: int, places: int) -> list[int]:
    """The places after the first small one, round the table; the last turn lets the outcome be looked at once more."""
    return [(first + step) % places for step in range(1, places + 1)]


def _keeps(kind: FigureKind, rows: Sequence[Amount], veils: Sequence[Veil]) -> bool:
    """Whether total and rows printed leave every small count any of its values; known to whoever reads the table."""
    hidden = [amount for amount, veil in zip(rows, veils, strict=True) if veil is not Veil.NONE]
    withheld = sum(veil is Veil.WITHHELD for veil in veils)
    if not withheld:
        return False
    left = sum(counted(kind, one) for one in hidden)
    room = left - SMALL * withheld - (len(hidden) - withheld)
    if kind == "sum" and sum(one.n for one in hidden) < SPREAD:
        return False
    return room >= SPREAD - 1


def _veil_of_total(kind: FigureKind, total: Amount, veils: Sequence[Veil]) -> Veil:
    """The total where leaving out other rows is not enough: 少于5 where one or two small rows make it up."""
    few = Veil.WITHHELD not in veils and veils.count(Veil.SMALL) < SPREAD - 1
    return Veil.SMALL if few and is_small(kind, total) else Veil.WITHHELD


def change(kind: FigureKind, this: Cell, last: Cell) -> int | None:
    """How many more than in the week before, of a rate how many points; None where either may not be told."""
    now, before = this.told, last.told
    if now is None or before is None:
        return None
    if kind != "rate":
        return now.n - before.n
    return None if now.rate is None or before.rate is None else now.rate - before.rate
