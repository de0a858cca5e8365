"""Figures (数字): what a capability counts for the weekly picture; it says so by `FIGURES` in one of its files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import add
from typing import Literal

from sqlalchemy.orm import Session

from handlers.dialogue import command
from handlers.dialogue.wording import Text, text
from handlers.weekly.rules import Amount

Within = Mapping[int, int]
"""Id of an area → the place it counts for; others count for none."""
Counts = Mapping[int, Amount]
"""Place → what was counted there."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the weekly figures.

    name: its words are `weekly.figure.<name>` of the catalogue, 8 signs at most. rank: its place among the lines.
    unit: what is counted, 件, 次, 人, 户, 元. kind: a count is never told below 5; a rate needs a whole; a sum is
    money, told only where the number of cases behind it (`of`) may be. count: (session, the place each area counts
    for, since, until) → of each figure of its file how many in which place, without one word about anybody; where
    there is nothing a place is left out; `since` counts, `until` does not.
    """

    name: str
    rank: int
    unit: str
    kind: Literal["count", "rate", "sum"]
    count: Callable[[Session, Within, datetime, datetime], Mapping[str, Counts]]

    @property
    def words(self) -> Text:
        """What the line is called."""
        return text(f"weekly.figure.{self.name}")


@cache
def all_figures() -> Mapping[str, Figure]:
    """Name → figure, in the order they are told."""
    found = [one for module in command.all_modules() for one in getattr(module, "FIGURES", ())]
    return {one.name: one for one in sorted(found, key=lambda one: one.rank)}


def placed(within: Within, numbers: Mapping[int, Sequence[int]]) -> dict[int, tuple[int, ...]]:
    """The numbers of each area added up by place; those of areas that count for no place are left out."""
    found: dict[int, tuple[int, ...]] = {}
    for area, some in numbers.items():
        if (place := within.get(area)) is not None:
            before = found.get(place)
            found[place] = tuple(some) if before is None else tuple(map(add, before, some))
    return found


def counts(found: Mapping[int, Sequence[int]], n: int = 0, of: int | None = None) -> dict[int, Amount]:
    """Which of the numbers of a place is told, and of which whole."""
    return {place: Amount(some[n], None if of is None else some[of]) for place, some in found.items()}
