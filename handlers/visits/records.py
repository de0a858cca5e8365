"""Which round is meant, and what somebody has to do with it (查号)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, OFFICERS, SAFETY, TEAM
from handlers.dialogue.kinds import unknown
from handlers.dialogue.scene import Actor, Scene
from handlers.reading.codes import Code
from storage import areas, cases, people, visits
from storage.areas import Area, Level
from storage.people import Role
from storage.visits import LETTER, Campaign, Door

WALKS = (Role.GRID_WORKER,)
"""Who has a list of doors in a round: one grid is one worker's."""


def leads(session: Session, actor: Actor, campaign: Campaign) -> bool:
    """Whether this person answers for the round: who began it, an officer, the desk, the safety office of its area."""
    began = cases.is_teller(session, campaign, actor.id)
    return began or actor.has(OFFICERS | DESK | SAFETY, areas.get(session, campaign.area_id))


def walks(session: Session, actor: Actor, campaign: Campaign) -> bool:
    """Whether this person has doors in it, or may put some into it."""
    area = areas.get(session, campaign.area_id)
    return any(
        hold.role in WALKS and (hold.path.startswith(area.path) or area.path.startswith(hold.path))
        for hold in actor.holds
    )


def is_team(session: Session, actor: Actor, campaign: Campaign) -> bool:
    """Whether this person may know of the round."""
    area = areas.get(session, campaign.area_id)
    return leads(session, actor, campaign) or walks(session, actor, campaign) or actor.has(TEAM, area)


def meant(session: Session, scene: Scene, codes: Sequence[Code]) -> Campaign:
    """The round named; a Refusal that tells a stranger nothing."""
    own = [code for code in codes if code.prefix == LETTER]
    found = cases.numbered(session, Campaign, own[0].number) if own else None
    if found is None or not is_team(session, scene.actor, found):
        raise unknown(session, scene, codes)
    return found


def walkers(session: Session, area: Area) -> list[int]:
    """The workers of an area: of its grids, and those over it."""
    inside = [one for part in areas.subtree(session, area.id) for one in people.nearest_holders(session, WALKS, part)]
    return list(dict.fromkeys(inside))


def doors_within(session: Session, person_id: int, area: Area) -> list[Door]:
    """A worker's doors in an area."""
    inside = set(areas.subtree(session, area.id))
    return [one for one in visits.doors_of(session, person_id) if one.area_id in inside]


def own_area(session: Session, actor: Actor) -> Area | None:
    """The area a worker walks, the smallest where they have several."""
    held = [hold for hold in actor.holds if hold.role in WALKS]
    return areas.get(session, max(held, key=lambda hold: hold.path.count("/")).area_id) if held else None


def grids(session: Session, area: Area) -> list[tuple[str, list[int]]]:
    """The grids of an area in the order of the tree, each with the ids of its parts; what lies in none comes first."""
    inside = [areas.get(session, one) for one in sorted(areas.subtree(session, area.id))]
    found = [(one.name, areas.subtree(session, one.id)) for one in inside if one.level is Level.GRID]
    covered = {part for _, parts in found for part in parts}
    rest = [one.id for one in inside if one.id not in covered]
    if area.level is Level.MICRO or not found:
        return [(area.name, [one.id for one in inside])]
    return [(area.name, rest), *found]
