"""Whom a bulletin reaches (范围): areas × kinds of group, and for whom its author answers."""

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from handlers.bulletins import rules
from handlers.dialogue import access, scene
from handlers.dialogue.scene import Actor
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from storage import areas, chats
from storage.areas import Area, Level
from storage.bulletins import BulletinKind
from storage.chats import PUBLIC, Chat, ChatKind

WORDS = {BulletinKind.FRAUD: "反诈", BulletinKind.WARNING: "预警", BulletinKind.SUSPECT: "协查"}
DEFAULT_KINDS = {
    BulletinKind.FRAUD: PUBLIC,
    BulletinKind.WARNING: PUBLIC,
    BulletinKind.SUSPECT: (*PUBLIC, ChatKind.WORKERS),
}
_LEVEL_WORDS = {
    Level.COUNTY: ("全县", "全区县", "整个县"),
    Level.TOWN: ("全镇", "本镇", "全乡", "街道"),
    Level.COMMUNITY: ("本村", "全村", "本社区", "全社区"),
}


def home(session: Session, actor: Actor, kind: BulletinKind) -> Area:
    """The author's own area: the smallest over which they may write such bulletins; raises Refusal."""
    roles = access.MATRIX[WORDS[kind]].roles
    holds = [hold for hold in actor.holds if hold.role in roles]
    if not holds:
        access.require(actor, WORDS[kind], None)
        raise access.refuse("access.role", who=access.who_may(WORDS[kind]))
    return areas.get(session, max(holds, key=lambda hold: hold.path.count("/")).area_id)


def station_area(session: Session, area_id: int) -> Area:
    """The area of the station (派出所) an area belongs to: that of the nearest officers' group, else the root."""
    groups = chats.nearest(session, (ChatKind.OFFICERS,), area_id)
    if groups and groups[0].area_id is not None:
        return areas.get(session, groups[0].area_id)
    return areas.lineage(session, area_id)[-1]


def is_colleague(session: Session, actor: Actor, area_id: int) -> bool:
    """Whether this is an officer of the same station, or of one above it."""
    station = station_area(session, area_id)
    return any(
        hold.role in access.OFFICERS and (hold.path.startswith(station.path) or station.path.startswith(hold.path))
        for hold in actor.holds
    )


def is_ours(session: Session, actor: Actor, area_id: int) -> bool:
    """Whether what is of this area is of this person's station."""
    station, area = station_area(session, area_id), areas.get(session, area_id)
    return any(hold.path.startswith(station.path) or area.path.startswith(hold.path) for hold in actor.holds)


def groups_of(session: Session, scope_id: int, kinds: Iterable[ChatKind]) -> Sequence[Chat]:
    """The groups of these kinds in the area; where it has none of its own, those of the nearest area above."""
    wanted = list(kinds)
    return chats.groups(session, wanted, areas.subtree(session, scope_id)) or chats.nearest(session, wanted, scope_id)


def targets(session: Session, kind: BulletinKind, scope_id: int, kinds: Iterable[ChatKind]) -> list[int]:
    """The chats a bulletin goes to: groups, and whoever wants such notices privately (订阅).

    A suspect notice goes to groups only: nobody asked for it in their own talk, and there it cannot be watched over.
    """
    wanted = list(kinds)
    found = [chat.id for chat in groups_of(session, scope_id, wanted)]
    if kind is not BulletinKind.SUSPECT and ChatKind.RESIDENTS in wanted:
        near = {*areas.subtree(session, scope_id), *(area.id for area in areas.lineage(session, scope_id))}
        found += chats.subscriber_ids(session, near)
    return found


def needs_confirm(
    session: Session, author_id: int, kind: BulletinKind, targets: Sequence[int], most_groups: int
) -> bool:
    """Whether one other officer has to confirm what goes to these chats."""
    author = scene.actor_of(session, author_id)
    roles = access.MATRIX[WORDS[kind]].roles
    found = chats.kinds_and_areas(session, targets)
    places = {area_id for _, area_id in found}
    inside = all(one is not None and author.has(roles, areas.get(session, one)) for one in places)
    return rules.needs_confirm({kind for kind, _ in found}, len(targets), most_groups, inside)


def scope_named(session: Session, words: str, home_id: int, gazetteer: Gazetteer | None) -> Area | None:
    """The area an audience's words name: 本村, 全镇, 全县 of the author's own, or an area by its name."""
    folded = fold(words)
    for area in areas.lineage(session, home_id):
        if area.name in folded or any(word in folded for word in _LEVEL_WORDS.get(area.level, ())):
            return area
    if any(word in folded for word in ("本村", "本社区", "本网格", "本区域", "本辖区", "自己")):
        return areas.get(session, home_id)
    place = gazetteer.find(folded, home_id) if gazetteer is not None else None
    return areas.get(session, place.area) if place is not None and place.area is not None else None
