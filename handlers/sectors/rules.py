"""Rules of a search by sectors (规则): which sectors, the head-count, when what is said. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from handlers.reading.normal import fold

NOTE_EVERY: Final = timedelta(minutes=30)
"""How often the situation is told while people are out, by night as well: life is at stake."""
REMIND_EVERY: Final = timedelta(minutes=15)
MISSING_AFTER: Final = timedelta(hours=2)
"""So long after the stand-down a searcher who has not come back is taken for missing."""
ALARM_EVERY: Final = timedelta(hours=1)
KEPT: Final = timedelta(hours=24)
"""So long after everybody is back it is kept who was where (R15)."""
MOST_SECTORS: Final = 20
MOST_ADDED: Final = 40
MOST_WORDS: Final = 200
MOST_NAME: Final = 30
MOST_NOTHING: Final = 60
"""Whoever writes more than this has found something."""

_SECTOR = re.compile(r"第?\s*(?:片区?\s*([0-9]{1,3})|([0-9]{1,3})\s*(?:号?片)|^\s*([0-9]{1,3})\s*$)")
_PERSON = re.compile(r"(?<![0-9])([0-9]{1,3})\s*号(?!楼|院|门|片)")
_NOTHING = re.compile(
    r"(?:都|全|已经?|全部|仔细|看|找|搜|查|过|遍|完|了|里|这|片|暂时|目前|也|还|,|，|。|\.|!|！|、|\s)*"
    r"(?:(?:没有?|未|无)(?:任何|什么|啥)?(?:发现|看到|看见|找到|找着|人|线索|异常|情况|痕迹)?|正常|没事|一切正常|ok)?"
    r"(?:人|线索|异常|情况|了|,|，|。|\.|!|！|、|\s)*",
    re.I,
)


class NotNow(Exception):
    """A step the head-count does not allow; `why` ends the key of the sentence that says so."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Phase(StrEnum):
    """搜寻 → 收队 → everybody back."""

    SEARCHING = "searching"
    RETURNING = "returning"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class HeadCount:
    """Who joined, and who of them is still out: nobody leaves it, and it is over only when nobody is out any more.

    The numbers are people; `returning`: everybody has been called back.
    """

    out: frozenset[int] = frozenset()
    back: frozenset[int] = frozenset()
    returning: bool = False

    @property
    def phase(self) -> Phase:
        """How far it is."""
        if not self.returning:
            return Phase.SEARCHING
        return Phase.RETURNING if self.out else Phase.BACK

    def join(self, who: int) -> "HeadCount":
        """Somebody joins, or goes out once more."""
        if self.returning:
            raise NotNow("returning")
        if who in self.out:
            raise NotNow("joined")
        return replace(self, out=self.out | {who}, back=self.back - {who})

    def home(self, who: int) -> "HeadCount":
        """Somebody is back."""
        if who in self.back:
            raise NotNow("back")
        if who not in self.out:
            raise NotNow("stranger")
        return replace(self, out=self.out - {who}, back=self.back | {who})

    def not_home(self, who: int) -> "HeadCount":
        """They are not back after all: a wrong tap, or a call that was a mistake."""
        if who in self.out:
            raise NotNow("out")
        if who not in self.back:
            raise NotNow("stranger")
        return replace(self, out=self.out | {who}, back=self.back - {who})

    def stand_down(self) -> "HeadCount":
        """Everybody is called back."""
        if self.returning:
            raise NotNow("returning")
        return replace(self, returning=True)

    def go_on(self) -> "HeadCount":
        """The search goes on after all."""
        if not self.returning:
            raise NotNow("searching")
        return replace(self, returning=False)


@dataclass(frozen=True, slots=True)
class Place:
    """An area as it is divided: its id, its ids from the root down, and whether others lie in it."""

    id: int
    line: tuple[int, ...]


def divide(places: Sequence[Place], near: Sequence[int], most: int = MOST_SECTORS) -> list[int]:
    """The sectors of a ring: its smallest areas, coarser ones where these would be too many; nearest first.

    places: all areas of the ring, itself among them. near: ids from the root down to where somebody was last seen.
    """
    lines = {one.id: one.line for one in places}
    inner = {each for one in places for each in one.line[:-1]}
    chosen = [one.id for one in places if one.id not in inner]
    while len(chosen) > most:
        deepest = max(len(lines[one]) for one in chosen)
        merged = [_parent(lines, one) if len(lines[one]) == deepest else one for one in chosen]
        merged = list(dict.fromkeys(merged))
        if merged == chosen:
            break
        chosen = [one for one in merged if not any(other in lines[one][:-1] for other in merged)]
    return sorted(chosen, key=lambda one: (-_shared(lines[one], near), chosen.index(one)))


def _parent(lines: Mapping[int, tuple[int, ...]], one: int) -> int:
    above = lines[one][-2] if len(lines[one]) > 1 else one
    return above if above in lines else one


def _shared(line: Sequence[int], near: Sequence[int]) -> int:
    """How many areas two places have in common."""
    return sum(1 for one in line if one in near)


def fresh(chosen: Sequence[int], lines: Mapping[int, tuple[int, ...]], known: Collection[int]) -> list[int]:
    """Of the areas chosen for a wider ring those that none of the sectors there are covers or lies in."""
    inside = {each for one in known for each in lines[one]}
    return [one for one in chosen if one not in inside and not any(each in known for each in lines[one])]


def sector_of(words: str) -> int | None:
    """The number of the sector named: 片2, 第2片, 2片, or 2 alone."""
    found = _SECTOR.search(fold(words))
    return int(next(one for one in found.groups() if one)) if found else None


def without_sector(words: str) -> str:
    """The words without the sector's number."""
    return _without(words, _SECTOR.search(fold(words)))


def person_of(words: str) -> int | None:
    """The number of the searcher named: 3号."""
    found = _PERSON.search(fold(words))
    return int(found[1]) if found else None


def without_person(words: str) -> str:
    """The words without the searcher's number."""
    return _without(words, _PERSON.search(fold(words)))


def _without(words: str, found: re.Match[str] | None) -> str:
    """The words without what was found in them folded."""
    rest = words if found is None else f"{words[: found.start()]} {words[found.end() :]}"
    return rest.strip(" \t\n,:;.，。：；、")


def is_trace(words: str) -> bool:
    """Whether what is said of a sector searched is more than that nothing was found."""
    said = words.strip()
    return bool(said) and (len(said) > MOST_NOTHING or _NOTHING.fullmatch(said) is None)


@dataclass(frozen=True, slots=True)
class Situation:
    """What the situation note counts: sectors done of all, people out, sightings told."""

    done: int
    sectors: int
    out: int
    tips: int

    def __str__(self) -> str:
        """As it is kept, to tell whether anything is new next time."""
        return f"{self.done}/{self.sectors}/{self.out}/{self.tips}"


def next_note(due: datetime, now: datetime) -> datetime:
    """The next situation note on the same beat, never in the past."""
    following = due + NOTE_EVERY
    return following if following > now else now + NOTE_EVERY


def alarms(since: datetime, raised: int, now: datetime) -> bool:
    """Whether a searcher not back yet is to be told of as missing now; raised: how often that was done."""
    return now >= since + MISSING_AFTER + raised * ALARM_EVERY
