"""Likely duplicates (可能重复): the same kind of matter, near in place and time, in nearly the same words."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from rapidfuzz import fuzz
from sqlalchemy.orm import Session

from handlers.dialogue.scene import Scene
from handlers.incidents import rules
from handlers.incidents.place import area_of
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer, coarse
from storage import areas, keys, similar
from storage.incidents import IncidentKind

SHORTEST = 3
SAME_SPOT = 8
"""Points for the very same spot: 路灯坏了 and 路灯不亮了 share only two words of four."""
Look = Callable[..., int | None]


def look_for(kind: IncidentKind) -> Look:
    """A `look` for a reporting command: reads and compares before the lock; the id of a likely duplicate."""

    def look(session: Session, scene: Scene, rest: str, gazetteer: Gazetteer, now: datetime) -> int | None:
        if len(rest) > rules.MOST:
            return None
        area = area_of(session, gazetteer, rest, scene)
        return likely(session, gazetteer, kind, area.id, rest, now)

    return look


def likely(
    session: Session, gazetteer: Gazetteer, kind: IncidentKind, area_id: int, words: str, now: datetime
) -> int | None:
    """The id of the incident under way that is most like these words, in the area or its parent; None without one."""
    if not words:
        return None
    if rules.describes_person(words):
        kind = IncidentKind.TIP if kind is not IncidentKind.HELP else kind
    near = {one for area in areas.lineage(session, area_id)[:2] for one in areas.subtree(session, area.id)}
    kin = tuple(IncidentKind(letter) for letter in sorted(rules.kin(kind)))
    earlier = similar.newest_under_way(session, sorted(near), kin, rules.alike_since(kind, now))
    if not earlier:
        return None
    memory, new = Memory.of(session, gazetteer), _read(gazetteer, words, area_id)
    best, found = rules.ALIKE, None
    for told in earlier:
        likeness = _likeness(new, memory.read(session, *told))
        if likeness >= best:
            best, found = likeness, told[0]
    return found


class Told(NamedTuple):
    """What was told, read for comparing: its words folded, the spot it names if any, and the words without it."""

    words: str
    spot: str | None
    rest: str


class Memory:
    """What was told lately, as read (记忆): a storm brings a hundred reports, each compared with the same fifty.

    In memory only, masked words only, the newest `MOST` only. The sealed text itself is the version: where a report
    was changed it is another one, and where it was erased nobody asks.
    """

    MOST = 4096

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._told: dict[int, tuple[bytes, Told]] = {}

    @classmethod
    def of(cls, session: Session, gazetteer: Gazetteer) -> "Memory":
        """The memory of the session's world; areas of other names make it read anew."""
        shared = session.info.setdefault("shared", {})
        known: Memory | None = shared.get("told")
        if known is None or known._gazetteer is not gazetteer:
            known = shared["told"] = cls(gazetteer)
        return known

    def read(self, session: Session, row_id: int, key_id: str, area_id: int, sealed: bytes) -> Told:
        """What an earlier report says, read once."""
        known = self._told.get(row_id)
        if known is not None and known[0] == sealed:
            return known[1]
        words = keys.open_text(session, key_id, "incidents.text", sealed)
        told = _read(self._gazetteer, words, area_id)
        if len(self._told) >= self.MOST:
            self._told = dict(list(self._told.items())[self.MOST // 2 :])
        self._told[row_id] = (sealed, told)
        return told


def _read(gazetteer: Gazetteer, words: str, near: int) -> Told:
    place = gazetteer.find(words, near)
    if place is None or not place.detail:
        return Told(fold(words), None, "")
    return Told(fold(words), coarse(place).detail, _without(words, place.span))


def _likeness(new: Told, old: Told) -> int:
    """0–100; words about two different spots are never alike, about the same spot what is wrong there decides."""
    if new.spot is None or old.spot is None:
        return round(fuzz.ratio(new.words, old.words))
    if new.spot != old.spot or min(len(new.rest), len(old.rest)) < SHORTEST:
        return 0
    return min(100, SAME_SPOT + round(max(fuzz.ratio(new.rest, old.rest), fuzz.partial_ratio(new.rest, old.rest))))


def _without(words: str, span: tuple[int, int]) -> str:
    """The words without the place they name."""
    folded = fold(words)
    return (folded[: span[0]] + folded[span[1] :]).strip(" ,.的")
