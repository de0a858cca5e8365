"""Whose turn it is and who hears it on which day (轮播). Pure.

Nobody knows who reads in which group, but areas tell where people overlap: whoever is in the group of a village is
likely in those of its town, its shops and its volunteers, too. So groups whose areas lie inside one another never get
a push on the same day; the push is spread over days instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

LONGEST_SPREAD = 7
"""A push is spread over so many days at most; a group without a free day among them is left out."""
SHORTEST = timedelta(hours=20)
"""Two pushes of one rotation lie at least so far apart."""
DRAFT_LIVES = timedelta(days=1)
WAITING_LIVES = timedelta(days=3)
ITEM_LIVES = timedelta(days=365)
OUT_LIVES = timedelta(days=30)


def season(day: date) -> str:
    """The season (季度) of a day, 2026Q4."""
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"


def next_season(day: date) -> date:
    """The first day of the following season."""
    month = ((day.month - 1) // 3 + 1) * 3 + 1
    return date(day.year + (month > 12), (month - 1) % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may go out, and when it last did."""

    item: int
    number: int
    last: datetime | None


def pick(candidates: Iterable[Candidate], used: Iterable[int]) -> int | None:
    """The next item: none of this season's, those never sent first, then the one longest ago."""
    gone = set(used)
    left = [one for one in candidates if one.item not in gone]
    if not left:
        return None
    return min(left, key=lambda one: (one.last is not None, one.last.timestamp() if one.last else 0, one.number)).item


@dataclass(frozen=True, slots=True)
class Group:
    """A group and the path of its area, /1/3/."""

    chat: int
    path: str


def overlap(one: str, other: str) -> bool:
    """Whether people of two areas overlap: the same one, or one inside the other."""
    return one.startswith(other) or other.startswith(one)


def spread(
    groups: Sequence[Group], taken: Mapping[date, Sequence[Group]], first: date
) -> tuple[dict[date, list[int]], list[int]]:
    """On which day each group gets the push, the narrowest areas first; and those for whom no day is free."""
    days = [first + timedelta(days=n) for n in range(LONGEST_SPREAD)]
    booked = {day: list(taken.get(day, ())) for day in days}
    plan: dict[date, list[int]] = {}
    left: list[int] = []
    for group in sorted(groups, key=lambda one: (-one.path.count("/"), one.chat)):
        free = (day for day in days if not any(overlap(group.path, other.path) for other in booked[day]))
        day = next(free, None)
        if day is None:
            left.append(group.chat)
        else:
            booked[day].append(group)
            plan.setdefault(day, []).append(group.chat)
    return plan, left
