"""Who takes part in a drill (演练): the team as the drill's database has it; residents are no part of the page."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.console import ACCOUNT
from bot.play import let_in, load_county
from bot.web.roster import PlayGroup, PlayPerson, Roster
from handlers.dialogue import access
from handlers.dialogue.drill import TEAM_ROLES
from handlers.dialogue.world import World
from storage import areas, people
from storage.chats import TEAM, Chat, ChatKind, ChatState
from storage.people import Role, RoleGrant

BELONG = {
    ChatKind.OFFICERS: access.OFFICERS,
    ChatKind.DESK: access.DESK | access.OFFICERS,
    ChatKind.ADMINS: access.ADMINS,
}
"""Who belongs to a group of the station; to a workers' group belongs whoever of the team works in its area."""


def take_part(world: World, folder: Path) -> Roster:
    """The roster of a drill, whose people can speak from now on; where nobody was imported, the sample county's."""
    with world.db.read() as session:
        empty = session.scalar(select(RoleGrant.id).limit(1)) is None
    if empty:
        load_county(world, folder)
    with world.db.write() as session:
        roster = _roster(session)
        let_in(session, [one.name for one in roster.people], world.now())
    return roster


def _roster(session: Session) -> Roster:
    """The team by name, each name once, and the team's groups."""
    found: dict[str, tuple[PlayPerson, list[tuple[Role, str]]]] = {}
    tree = areas.tree(session).by_id
    for person_id in people.all_holders(session, TEAM_ROLES):
        person = people.get(session, person_id)
        name = people.name_of(session, person)
        held = [(role, tree[area_id]) for role, area_id in people.holds_of(session, person_id) if role in TEAM_ROLES]
        if name and name not in found:
            shown = PlayPerson(f"p{len(found) + 1}", name, person.title or held[0][0].value, held[0][1].name)
            found[name] = shown, [(role, area.path) for role, area in held]
    groups = select(Chat).where(Chat.account == ACCOUNT, Chat.kind.in_(TEAM), Chat.state != ChatState.GONE)
    shown_groups = []
    for number, chat in enumerate(session.scalars(groups.order_by(Chat.id)), 1):
        path = tree[chat.area_id].path if chat.area_id is not None else ""
        members = tuple(name for name, (_, held) in found.items() if _belongs(held, chat.kind, path))
        shown_groups.append(PlayGroup(f"g{number}", chat.platform_id, chat.kind.value, members))
    return Roster(tuple(person for person, _ in found.values()), tuple(shown_groups))


def _belongs(held: Sequence[tuple[Role, str]], kind: ChatKind, path: str) -> bool:
    """Whether somebody with these roles over areas (paths) reads a group of that kind and area."""
    roles = BELONG.get(kind, TEAM_ROLES)
    return any(role in roles and (path.startswith(area) or area.startswith(path)) for role, area in held)
