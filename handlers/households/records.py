"""Which alarm or unit is meant, and whose it is (查号): a stranger and an unknown number hear the same."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from handlers.dialogue import nearby
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.scene import Actor, Scene
from handlers.households.actions import HELPERS, own_of
from handlers.households.rules import Said
from storage import areas, cases, households
from storage.households import LETTER, Alarm, AlarmState, Unit


def is_team(session: Session, actor: Actor, row: Alarm) -> bool:
    """Whether this person helps in its area."""
    return actor.has(HELPERS, areas.get(session, row.area_id))


def concerns(session: Session, actor: Actor, row: Alarm) -> bool:
    """Whether it is theirs: they raised it, their household is of the unit, they heard of it, or help in its area."""
    if cases.is_teller(session, row, actor.id) or is_team(session, actor, row):
        return True
    own = households.membership(session, actor.id)
    if own is not None and own[0].id == row.unit_id:
        return True
    return any(one.person_id == actor.id for one in households.hearers(session, row))


def alarm(session: Session, scene: Scene, said: Said) -> Alarm:
    """The alarm named, else the one under way in one's own unit; a Refusal that tells a stranger nothing."""
    if said.numbers:
        found = cases.numbered(session, Alarm, said.numbers[0])
        if found is None or not concerns(session, scene.actor, found):
            raise unknown(session, scene, f"{LETTER}{said.numbers[0]}")
        return found
    if scene.actor.has(HELPERS):
        near = [one for one in open_ones(session, scene.actor, 2) if one.state is AlarmState.UNDER_WAY]
        if len(near) == 1:
            return near[0]
        if households.membership(session, scene.actor.id) is None:
            known = "、".join(one.code for one in near)
            raise refuse("households.which_alarm" if near else "households.none_near", codes=known)
    unit, _ = own_of(session, scene.actor)
    going = households.under_way(session, unit)
    if going is None:
        raise refuse("households.none_under_way")
    return going


def unknown(session: Session, scene: Scene, code: str) -> Refusal:
    """The one answer to what is not there and to what is not theirs."""
    return Refusal(nearby.missing(session, scene, code))


def unit(session: Session, actor: Actor, number: int) -> Unit:
    """The unit of this number, for its area's workers and officers; else a Refusal."""
    found = households.find(session, number)
    if found is None or not actor.has(HELPERS, areas.get(session, found.area_id)):
        raise refuse("households.no_unit", number=number)
    return found


def theirs(session: Session, actor: Actor, most: int) -> Sequence[Unit]:
    """The units of the areas in which this person helps."""
    return households.within(session, _areas(session, actor), most)


def open_ones(session: Session, actor: Actor, most: int) -> Sequence[Alarm]:
    """The alarms under way in the areas in which this person helps."""
    within = _areas(session, actor)
    return cases.open_ones(session, Alarm, within, actor.id, most) if within else ()


def _areas(session: Session, actor: Actor) -> list[int]:
    found = [one for hold in actor.holds if hold.role in HELPERS for one in areas.subtree(session, hold.area_id)]
    return list(dict.fromkeys(found))
