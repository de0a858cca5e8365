"""Likely duplicates (可能重复): the same kind of matter, near in place and time, in nearly the same words."""

from collections.abc import Callable, Sequence
from datetime import datetime

from rapidfuzz import fuzz
from sqlalchemy.orm import Session

from handlers.dialogue.scene import Scene
from handlers.incidents import records, rules
from handlers.incidents.place import area_of
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer, coarse
from storage import areas, incidents
from storage.incidents import Incident, IncidentKind

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
    earlier: Sequence[Incident] = incidents.in_areas(
        session,
        near,
        records.UNDER_WAY,
        kinds=[IncidentKind(letter) for letter in rules.kin(kind)],
        since=rules.alike_since(kind, now),
    )
    best, found = rules.ALIKE, None
    for one in earlier:
        if one.search_id is not None or one.bulletin_id is not None:
            continue
        likeness = _likeness(gazetteer, words, incidents.text_of(session, one), area_id)
        if likeness >= best:
            best, found = likeness, one.id
    return found


def _likeness(gazetteer: Gazetteer, new: str, old: str, near: int) -> int:
    """0–100; words about two different spots are never alike, about the same spot what is wrong there decides."""
    here, there = gazetteer.find(new, near), gazetteer.find(old, near)
    if here is None or there is None or not here.detail or not there.detail:
        return round(fuzz.ratio(fold(new), fold(old)))
    if coarse(here).detail != coarse(there).detail:
        return 0
    mine, other = _without(new, here.span), _without(old, there.span)
    if min(len(mine), len(other)) < SHORTEST:
        return 0
    return min(100, SAME_SPOT + round(max(fuzz.ratio(mine, other), fuzz.partial_ratio(mine, other))))


def _without(words: str, span: tuple[int, int]) -> str:
    """The words without the place they name."""
    folded = fold(words)
    return (folded[: span[0]] + folded[span[1] :]).strip(" ,.的")
