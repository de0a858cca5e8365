"""Incidents (事件) by area: what stands in some states where somebody answers for it, and how much of it there is."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import Session

from storage.incidents import Incident, IncidentKind, IncidentState
from storage.prepared import Among, Prepared
from storage.states import one_of


def newest(
    session: Session,
    area_ids: Collection[int],
    states: Iterable[IncidentState],
    *,
    kinds: Iterable[IncidentKind] = tuple(IncidentKind),
    most: int = 50,
    skip: int = 0,
) -> Sequence[Incident]:
    """Incidents of some areas in some states, newest first, after so many newer ones."""
    if not area_ids or most <= 0:
        return []
    found = _newest(frozenset(states), frozenset(kinds))
    return found.entities(session, Incident, areas=list(area_ids), most=most, skip=skip)


@cache
def _newest(states: frozenset[IncidentState], kinds: frozenset[IncidentKind]) -> Prepared:
    these = select(Incident.__table__).where(*_wanted(states, kinds)).order_by(Incident.id.desc())
    return Prepared(these.limit(bindparam("most")).offset(bindparam("skip")))


def count(session: Session, area_ids: Collection[int], states: Iterable[IncidentState]) -> int:
    """How many there are."""
    if not area_ids:
        return 0
    return int(_count(frozenset(states)).scalar(session, areas=list(area_ids)) or 0)


@cache
def _count(states: frozenset[IncidentState]) -> Prepared:
    return Prepared(select(func.count()).select_from(Incident).where(*_wanted(states, frozenset(IncidentKind))))


def _wanted(states: frozenset[IncidentState], kinds: frozenset[IncidentKind]) -> list[ColumnElement[bool]]:
    wanted = [Among(Incident.area_id, "areas"), Incident.text.is_not(None)]
    if states != frozenset(IncidentState):
        wanted.append(one_of(Incident.state, states))
    if kinds != frozenset(IncidentKind):
        wanted.append(one_of(Incident.kind, kinds))
    return wanted
