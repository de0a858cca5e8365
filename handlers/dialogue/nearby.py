"""A wrong number (编号不对): says which one was meant, without telling anybody of records that are not theirs."""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, HANDLERS, HELPERS, OFFICERS, TEAM
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.reading.codes import Code
from storage import areas, cases, disputes, households, incidents, meetings, reminders, searches, talks, visits, wishes
from storage.bulletins import Bulletin, BulletinKind, BulletinState
from storage.incidents import Incident, IncidentKind
from storage.searches import Search

NEAREST = 3
SEEN_BY = {
    disputes.LETTER: HANDLERS,
    meetings.LETTER: OFFICERS | DESK,
    households.LETTER: TEAM,
    wishes.LETTER: HELPERS,
    visits.LETTER: TEAM,
    talks.LETTER: HANDLERS,
}
"""Cases by letter: whose they are to see in their areas; of the others one sees one's own."""


def missing(session: Session, who: Scene | Actor, code: Code | str) -> Text:
    """没有 隐12，您最近的是 隐21: a sentence that names the newest of this kind the person may see anyway.

    Where it is one of these itself, it says that the record is there but not this way.

    who: the scene or the actor asking; in a group neither tip nor case is named. code: what led nowhere.
    The sentence is the same whether the record is absent or belongs to others.
    """
    actor = who.actor if isinstance(who, Scene) else who
    prefix = code.prefix if isinstance(code, Code) else code[:1]
    in_group = isinstance(who, Scene) and who.is_group
    known = (
        []
        if in_group and (prefix == IncidentKind.TIP or cases.lettered(prefix) is not None)
        else list(_known(session, actor, prefix))[:NEAREST]
    )
    if str(code) in known:
        return text("nearby.not_this_way", code=str(code))
    if not known:
        return text("nearby.none", code=str(code))
    return text("nearby.some", code=str(code), known="、".join(known))


def _known(session: Session, actor: Actor, prefix: str) -> Iterable[str]:
    return _KINDS.get(prefix, _cases)(session, actor, prefix)


def _incidents(session: Session, actor: Actor, prefix: str) -> list[str]:
    own = [one for one in incidents.told_by(session, actor.id, 20) if one.kind == prefix] if actor.id else []
    seen = {one.id for one in own}
    roles = OFFICERS if prefix == IncidentKind.TIP else TEAM
    within = _areas(session, actor, roles)
    if within:
        query = select(Incident).where(Incident.kind == IncidentKind(prefix), Incident.area_id.in_(within))
        team = session.scalars(query.order_by(Incident.id.desc()).limit(NEAREST))
        own += [one for one in team if one.id not in seen]
    return [one.code for one in sorted(own, key=lambda one: -one.id)]


def _areas(session: Session, actor: Actor, roles: frozenset[str]) -> set[int]:
    return {one for hold in actor.holds if hold.role in roles for one in areas.subtree(session, hold.area_id)}


def _searches(session: Session, actor: Actor, _prefix: str) -> list[str]:
    own = {one.id: one.code for one in searches.told_by(session, actor.id)} if actor.id else {}
    within = _areas(session, actor, TEAM)
    if within:
        query = select(Search).where(Search.area_id.in_(within)).order_by(Search.id.desc()).limit(NEAREST)
        own |= {one.id: one.code for one in session.scalars(query)}
    return [own[one] for one in sorted(own, reverse=True)]


def _bulletins(session: Session, actor: Actor, prefix: str) -> list[str]:
    if not actor.has(TEAM):
        return []
    query = select(Bulletin).where(Bulletin.kind == BulletinKind(prefix), Bulletin.state == BulletinState.LIVE)
    return [one.code for one in session.scalars(query.order_by(Bulletin.id.desc()).limit(NEAREST))]


def _reminders(session: Session, actor: Actor, _prefix: str) -> list[str]:
    return [one.code for one in reminders.owned_by(session, actor.id, NEAREST)] if actor.id else []


def _cases(session: Session, actor: Actor, prefix: str) -> list[str]:
    kind = cases.lettered(prefix)
    if kind is None or not actor.id:
        return []
    own = {one.id: one.code for one in cases.told_by(session, kind, actor.id)}
    within = _areas(session, actor, SEEN_BY.get(prefix, frozenset()))
    own |= {one.id: one.code for one in cases.open_ones(session, kind, within, actor.id, NEAREST)}
    return [own[one] for one in sorted(own, reverse=True)]


_KINDS: Mapping[str, Callable[[Session, Actor, str], list[str]]] = {
    **dict.fromkeys(IncidentKind, _incidents),
    **dict.fromkeys(BulletinKind, _bulletins),
    "寻": _searches,
    reminders.LETTER: _reminders,
}
