"""需转移: who hears at once that somebody has to be moved out of a door, and that it was a slip."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, OFFICERS
from handlers.dialogue.say import Say, to_each, to_people
from handlers.dialogue.scene import Actor, called
from handlers.dialogue.wording import text
from handlers.incidents.place import building_of
from handlers.reading.places import Gazetteer
from storage import areas, audit, chats, people
from storage.lanes import Lane
from storage.visits import Campaign, Visit


def _who_moves(session: Session, visit: Visit) -> list[int]:
    """The officer and the desk."""
    officers = people.nearest_holders(session, OFFICERS, visit.area_id)
    return list(dict.fromkeys([*officers, *people.nearest_holders(session, DESK, visit.area_id)]))


def to_move(
    session: Session,
    actor: Actor,
    campaign: Campaign,
    visit: Visit,
    where: str,
    now: datetime,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Officer and desk hear at once which door; the team's group hears the building."""
    audit.write(session, "visits.move", now, actor_id=actor.id, topic=campaign.topic)
    area = areas.get(session, visit.area_id)
    line = text(
        "visits.move",
        code=campaign.code,
        sort=campaign.sort,
        area=area.name,
        where=where,
        who=called(session, actor.id),
    )
    place = building_of(gazetteer, where, area.id) or area.name
    group = Say(text("visits.move_group", code=campaign.code, sort=campaign.sort, place=place), lane=Lane.LIFE)
    told = [one for one in _who_moves(session, visit) if one != actor.id]
    return [
        *to_people(Say(line, lane=Lane.LIFE), told),
        *to_each(group, [chat.id for chat in chats.team_of(session, area.id)]),
    ]


def not_to_move(session: Session, campaign: Campaign, visit: Visit, where: str) -> list[Say]:
    """Whoever heard of it hears that it was a slip; the group without the door."""
    line = Say(text("visits.move_not", code=campaign.code, where=where), lane=Lane.LIFE)
    area = areas.get(session, visit.area_id)
    group = Say(text("visits.move_not_group", code=campaign.code, area=area.name), lane=Lane.LIFE)
    return [
        *to_people(line, _who_moves(session, visit)),
        *to_each(group, [chat.id for chat in chats.team_of(session, area.id)]),
    ]
