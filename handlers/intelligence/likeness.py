"""Likely the same (相近线索): earlier tips that may be about the same thing, and why; a person decides."""

from dataclasses import dataclass
from datetime import datetime

from rapidfuzz import fuzz
from sqlalchemy.orm import Session

from handlers.incidents.similar import Memory
from handlers.intelligence import rules
from handlers.reading.places import Gazetteer
from storage import areas, incidents, similar
from storage.incidents import Incident, IncidentKind

MOST = 3


@dataclass(frozen=True, slots=True)
class Alike:
    """A tip that may be about the same thing; `why` are keys of reasons: place, words, time."""

    incident: Incident
    why: tuple[str, ...]


def of(session: Session, gazetteer: Gazetteer, incident: Incident, now: datetime) -> list[Alike]:
    """The tips under way most likely about the same thing as this one, the likest first."""
    near = {one for area in areas.lineage(session, incident.area_id)[:2] for one in areas.subtree(session, area.id)}
    told = similar.newest_under_way(session, sorted(near), (IncidentKind.TIP,), now - rules.WITHIN)
    if incident.text is None:
        return []
    memory = Memory.of(session, gazetteer)
    own = memory.read(session, incident.id, incident.key_id, incident.area_id, incident.text)
    found: list[tuple[int, Alike]] = []
    for one in told:
        if one[0] == incident.id:
            continue
        other = memory.read(session, *one)
        same_spot = None if own.spot is None or other.spot is None else own.spot == other.spot
        words = (own.rest, other.rest) if same_spot else (own.words, other.words)
        likeness = round(max(fuzz.ratio(*words), fuzz.partial_ratio(*words) if min(map(len, words)) > 3 else 0))
        row = incidents.get(session, one[0])
        why = rules.why_alike(same_spot, likeness, abs(row.created_at - incident.created_at))
        if why:
            found.append((likeness + (30 if same_spot else 0), Alike(row, tuple(why))))
    return [alike for _, alike in sorted(found, key=lambda pair: -pair[0])[:MOST]]
