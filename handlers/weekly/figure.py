"""Figures (数字): what a capability counts for the weekly picture; it says so by `FIGURES` in one of its files."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from sqlalchemy.orm import Session

from handlers.dialogue import command
from handlers.dialogue.wording import Text, text


@dataclass(frozen=True, slots=True)
class Count:
    """n of N; `of` is None where there is no whole it is a part of."""

    n: int
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the weekly figures.

    name: its words are `weekly.figure.<name>` of the catalogue, 8 signs at most. rank: its place among the lines.
    unit: what is counted, 件, 次, 人, 户, 元. kind: a count is never told below 5; a rate needs a whole; a sum is
    money, told only where the number of cases behind it (`of`) may be. count: (session, ids of the areas, since,
    until) → how many, without one word about anybody; `since` counts, `until` does not.
    """

    name: str
    rank: int
    unit: str
    kind: Literal["count", "rate", "sum"]
    count: Callable[[Session, Collection[int], datetime, datetime], Count]

    @property
    def words(self) -> Text:
        """What the line is called."""
        return text(f"weekly.figure.{self.name}")


@cache
def all_figures() -> Mapping[str, Figure]:
    """Name → figure, in the order they are told."""
    found = [one for module in command.all_modules() for one in getattr(module, "FIGURES", ())]
    return {one.name: one for one in sorted(found, key=lambda one: one.rank)}
