"""Which patrol or car is meant, and who may see it (查号)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, OFFICERS, TEAM, WATCH, Refusal, refuse
from handlers.dialogue.kinds import unknown
from handlers.dialogue.scene import Actor, Scene
from handlers.reading.codes import Code
from storage import areas, cases, patrols
from storage.patrols import Car, Patrol, PatrolState

UNDER_WAY = (PatrolState.PLANNED, PatrolState.GOING)


def may_come(session: Session, actor: Actor, patrol: Patrol) -> bool:
    """Whether somebody may go along: one of the team, a guard or a volunteer over its area."""
    return actor.has(WATCH, areas.get(session, patrol.area_id))


def leads(session: Session, actor: Actor, patrol: Patrol) -> bool:
    """Whether somebody begins and ends it: who planned it, or the team of its area."""
    mine = bool(actor.id) and patrol.handler_id == actor.id
    return mine or actor.has(TEAM, areas.get(session, patrol.area_id))


def goes_along(session: Session, actor: Actor, patrol: Patrol) -> bool:
    """Whether somebody is on it, or leads it by having planned it."""
    return bool(actor.id) and (patrol.handler_id == actor.id or patrols.is_member(session, patrol, actor.id))


def patrol_of(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None = None) -> Patrol:
    """The patrol named, answered to, or the only one somebody goes along with; a Refusal that tells a stranger nothing.

    Raises Refusal.
    """
    own = [code for code in codes if code.prefix == patrols.LETTER]
    found = cases.numbered(session, Patrol, own[0].number) if own else cases.of_topic(session, Patrol, topic)
    if found is None and not own:
        found = _only_one(session, scene.actor)
        if found is None:
            raise refuse("patrols.which")
    if found is None or not (may_come(session, scene.actor, found) or goes_along(session, scene.actor, found)):
        raise unknown(session, scene, own or codes)
    return found


def _only_one(session: Session, actor: Actor) -> Patrol | None:
    if not actor.id:
        return None
    led = [one for one in cases.open_ones(session, Patrol, (), actor.id) if one.handler_id == actor.id]
    mine = {one.id: one for one in (*patrols.of_member(session, actor.id, UNDER_WAY), *led)}
    return next(iter(mine.values())) if len(mine) == 1 else None


def to_lead(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None = None) -> Patrol:
    """The patrol somebody who leads it means; raises Refusal."""
    found = patrol_of(session, scene, codes, topic)
    if not leads(session, scene.actor, found):
        raise refuse("patrols.not_leader", code=found.code)
    return found


def not_now(patrol: Patrol) -> Refusal:
    """Why nothing can be done about it now."""
    return refuse(f"patrols.not_now.{patrol.state}", code=patrol.code)


def handles_cars(session: Session, actor: Actor, car: Car) -> bool:
    """Whether somebody may call the owner: who was asked to, or an officer or the desk of its area."""
    mine = bool(actor.id) and car.handler_id == actor.id
    return mine or actor.has(OFFICERS | DESK, areas.get(session, car.area_id))


def car_of(session: Session, scene: Scene, codes: Sequence[Code]) -> Car:
    """The car an officer means; raises a Refusal that tells a stranger nothing."""
    own = [code for code in codes if code.prefix == patrols.CAR_LETTER]
    if own:
        found = cases.numbered(session, Car, own[0].number)
    else:
        found = in_hand(session, scene.actor)
        if found is None:
            raise refuse("cars.which")
    if found is None or not handles_cars(session, scene.actor, found):
        raise unknown(session, scene, own)
    return found


def in_hand(session: Session, actor: Actor) -> Car | None:
    """The only car this person is to call about; None for none or several."""
    if not actor.id:
        return None
    mine = [one for one in cases.open_ones(session, Car, (), actor.id) if one.handler_id == actor.id]
    return mine[0] if len(mine) == 1 else None


def own_car(session: Session, scene: Scene, codes: Sequence[Code]) -> Car:
    """The car its finder means; raises a Refusal that tells a stranger nothing."""
    own = [code for code in codes if code.prefix == patrols.CAR_LETTER]
    if own:
        found = cases.numbered(session, Car, own[0].number)
    else:
        found = next(iter(cases.told_by(session, Car, scene.actor.id, 1)), None) if scene.actor.id else None
    if found is None or not cases.is_teller(session, found, scene.actor.id):
        raise unknown(session, scene, own) if own else refuse("cars.which")
    return found
