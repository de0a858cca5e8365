"""Where something is (地点): names of areas, house and building numbers, landmarks. Linear time."""

from collections.abc import Iterable
from dataclasses import dataclass

from handlers.reading.normal import fold
from handlers.reading.place_words import (
    BUILDING_CUT,
    DETAIL,
    GROUP_AFTER_AREA,
    HOUSE_AFTER_AREA,
    NOT_A_PERSON_BEFORE,
    PERSON_AFTER,
    VILLAGE_SPOT,
)

_SHORT_ALIAS = 2
_JOINT = " ,的/-"
_REACH = 3


@dataclass(frozen=True)
class Place:
    """A place read in a text: area (its id) or None, name (of the area, as written), detail, span."""

    area: int | None
    detail: str | None
    span: tuple[int, int]
    name: str | None = None

    @property
    def place_text(self) -> str | None:
        """Say the place in words, 水头村村口 or 3号楼2单元."""
        return "".join(part for part in (self.name, self.detail) if part) or None


def coarse(place: Place) -> Place:
    """Cut a place to the building: floor, unit and room go, and what is said behind them."""
    if place.detail is None:
        return place
    cut = BUILDING_CUT.search(place.detail)
    if cut is None:
        return place
    building = f"{cut['building']}号楼" if cut["building"] else place.detail[: cut.start()].rstrip(_JOINT)
    return Place(place.area, building or None, place.span, place.name)


@dataclass(frozen=True)
class _Area:
    """One area: its id, its name and the id of the area above."""

    area_id: int
    name: str
    parent_id: int | None


@dataclass(frozen=True)
class _Mention:
    """An area named in the text."""

    area: _Area
    start: int
    end: int


class Gazetteer:
    """The names of all areas (地名表), made once and asked for each message."""

    def __init__(self, areas: Iterable[tuple[int, str, Iterable[str], int | None]]) -> None:
        """Take (area_id, name, aliases, parent_id) of each area, in any order; a name may occur twice."""
        self._areas: dict[int, _Area] = {}
        names: dict[str, list[_Area]] = {}
        for area_id, name, aliases, parent_id in areas:
            area = _Area(area_id, name, parent_id)
            self._areas[area_id] = area
            for word in dict.fromkeys(fold(one).strip() for one in (name, *aliases)):
                if word:
                    names.setdefault(word, []).append(area)
        self._names = names
        self._lengths: dict[str, list[int]] = {}
        for first in {word[0] for word in names}:
            self._lengths[first] = sorted({len(word) for word in names if word[0] == first}, reverse=True)

    def find(self, text: str, near: int | None = None) -> Place | None:
        """Return the place a text speaks of, the deepest area named with what stands beside it, or None.

        near: id of the area the chat belongs to; it decides between areas of the same name.
        """
        folded = fold(text)
        mentions = self._mentions(folded, near)
        if not mentions:
            detail = _first_detail(folded)
            return None if detail is None else Place(None, folded[slice(*detail)].strip(), detail)
        chosen = max(mentions, key=lambda one: (self._depth(one.area), _has_detail(folded, one), -one.start))
        start = min(one.start for one in mentions if self._leads_to(one, chosen))
        name = folded[chosen.start : chosen.end]
        detail = _detail_after(folded, chosen.end) or _first_detail(folded, avoid=mentions)
        if detail is None:
            return Place(chosen.area.area_id, None, (start, chosen.end), name)
        span = (min(start, detail[0]), max(chosen.end, detail[1]))
        return Place(chosen.area.area_id, folded[slice(*detail)].strip(_JOINT), span, name)

    def names_one(self, text: str) -> bool:
        """Tell whether a text names any area."""
        folded = fold(text)
        return any(self._word_at(folded, position) for position, letter in enumerate(folded) if letter in self._lengths)

    def _mentions(self, text: str, near: int | None) -> list[_Mention]:
        """List the areas named in a folded text, the longest name at each place."""
        found: list[_Mention] = []
        position = 0
        while position < len(text):
            word = self._word_at(text, position)
            if word is None:
                position += 1
                continue
            end = position + len(word)
            found.append(_Mention(self._nearest(self._names[word], near, found), position, end))
            position = end
        return found

    def _word_at(self, text: str, position: int) -> str | None:
        """Return the longest area name that begins here and isn't part of a person's name."""
        for length in self._lengths.get(text[position], ()):
            word = text[position : position + length]
            if word in self._names and not _is_person(text, position, position + length):
                return word
        return None

    def _nearest(self, areas: list[_Area], near: int | None, before: list[_Mention]) -> _Area:
        """Choose among areas of one name: beneath one just named, else nearest to the chat's own area."""
        if len(areas) == 1:
            return areas[0]
        above = {one.area.area_id for one in before}
        home = self._line(near) if near is not None else []
        return max(
            areas,
            key=lambda area: (
                len(above.intersection(self._line(area.area_id))),
                len(set(home).intersection(self._line(area.area_id))),
            ),
        )

    def _line(self, area_id: int | None) -> list[int]:
        """List an area and the areas above it; a circle of parents ends where it closes."""
        line: list[int] = []
        while area_id in self._areas and area_id is not None and area_id not in line:
            line.append(area_id)
            area_id = self._areas[area_id].parent_id
        return line

    def _depth(self, area: _Area) -> int:
        """Count the levels from the county down to an area."""
        return len(self._line(area.area_id))

    def _leads_to(self, one: _Mention, chosen: _Mention) -> bool:
        """Tell whether a mention is the chosen one or an area above it written just before."""
        if one is chosen:
            return True
        return one.end == chosen.start and one.area.area_id in self._line(chosen.area.area_id)


def _is_person(text: str, start: int, end: int) -> bool:
    """Tell 大侯哥 or 老大侯 from the village 大侯; only names of two characters can be mistaken."""
    if end - start > _SHORT_ALIAS:
        return False
    return PERSON_AFTER.match(text, end) is not None or text[max(0, start - 1) : start] in NOT_A_PERSON_BEFORE


def _has_detail(text: str, mention: _Mention) -> bool:
    """Tell whether a house number or landmark stands just behind an area's name."""
    return _detail_after(text, mention.end) is not None


def _detail_after(text: str, end: int) -> tuple[int, int] | None:
    """Return the span of the detail that follows an area's name, 的 or a blank between."""
    spot = VILLAGE_SPOT.match(text, end)
    if spot is not None and text[end - 1] == "村":
        return (end - 1, spot.end()) if text[end] != "村" else spot.span()
    start = end
    while start < len(text) and start - end < _REACH and text[start] in _JOINT:
        start += 1
    house = HOUSE_AFTER_AREA.match(text, start) or GROUP_AFTER_AREA.match(text, start)
    if house is not None:
        return house.span()
    detail = DETAIL.match(text, start)
    return detail.span() if detail is not None else None


def _first_detail(text: str, avoid: Iterable[_Mention] = ()) -> tuple[int, int] | None:
    """Return the span of the first house number or landmark; of several the most exact one."""
    taken = [(one.start, one.end) for one in avoid]
    spans = [
        match.span()
        for match in DETAIL.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in taken)
    ]
    return max(spans, key=lambda span: (_exactness(text[slice(*span)]), -span[0]), default=None)


def _exactness(detail: str) -> int:
    """Rank a detail: one with a number says more than a landmark."""
    return 1 if any(character.isdecimal() for character in detail) else 0
