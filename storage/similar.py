"""Similar reports (相似): the newest under way nearby, which a new one is compared with."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from storage.incidents import UNDER_WAY_HERE, Incident, IncidentKind
from storage.prepared import Prepared

MOST_ALIKE = 50
"""So many reports, the newest of an area and what lies around it, a new one is compared with."""
_TEXTS = Prepared(
    select(Incident.id, Incident.key_id, Incident.area_id, Incident.text).where(
        Incident.id.in_([bindparam(f"one{n}") for n in range(MOST_ALIKE)]), Incident.text.is_not(None)
    )
)


@cache
def _under_way(kinds: tuple[IncidentKind, ...]) -> Prepared:
    here = and_(
        Incident.area_id == bindparam("area"),
        Incident.id > bindparam("after"),
        Incident.created_at >= bindparam("since"),
        or_(*(Incident.kind == kind for kind in kinds)),
        UNDER_WAY_HERE,
    )
    return Prepared(select(Incident.id).where(here).order_by(Incident.id.desc()).limit(MOST_ALIKE))


def newest_under_way(
    session: Session, area_ids: Iterable[int], kinds: Iterable[IncidentKind], since: datetime
) -> list[tuple[int, str, int, bytes]]:
    """(id, key id, area id, sealed text) of the newest reports under way in these areas, at most `MOST_ALIKE`.

    An index gives each area's newest; what is older than the newest found so far need not be looked at.
    """
    look, after = _under_way(tuple(kinds)), 0
    ids: list[int] = []
    for area_id in area_ids:
        ids += [row_id for (row_id,) in look.all(session, area=area_id, after=after, since=since)]
        ids.sort(reverse=True)
        del ids[MOST_ALIKE:]
        if len(ids) == MOST_ALIKE:
            after = ids[-1]
    if not ids:
        return []
    # One statement for any number: the last id fills the places left.
    ids += ids[-1:] * (MOST_ALIKE - len(ids))
    rows = _TEXTS.all(session, **{f"one{n}": row_id for n, row_id in enumerate(ids)})
    return sorted(rows, reverse=True)
