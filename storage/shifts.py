"""Shifts (排班): zones × hours that are to be covered, and who takes which; who did is forgotten when a shift is over.

A claim is of a person, or of so many people of a firm, whose names are not kept.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.areas import Numbers, numbers
from storage.cases import Case
from storage.database import Base
from storage.prepared import Among, Prepared, added

LETTER = "班"


class PlanState(StrEnum):
    """In force, ended by its last day, or stopped by word."""

    ACTIVE = "active"
    ENDED = "ended"
    STOPPED = "stopped"


MOVES: Mapping[PlanState, frozenset[PlanState]] = {
    PlanState.ACTIVE: frozenset({PlanState.ENDED, PlanState.STOPPED}),
    PlanState.STOPPED: frozenset({PlanState.ACTIVE}),
    PlanState.ENDED: frozenset(),
}
OVER = (PlanState.ENDED, PlanState.STOPPED)


class ShiftPlan(Case):
    """What is to be covered from day to day (排班).

    Its planner has it in hand. Holes that begin before `told_until` were told of; shifts that ended before
    `settled_until` were counted.
    """

    __tablename__ = "shift_plans"
    name = "shift"
    letter = LETTER
    moves = MOVES
    over = OVER
    state: Mapped[PlanState] = mapped_column(index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    told_until: Mapped[datetime]
    settled_until: Mapped[datetime]


class ShiftZone(Base):
    """A zone of a plan and its hours: `needed` people for `minutes` from `from_minute` of the weekdays in `days`."""

    __tablename__ = "shift_zones"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("shift_plans.id"), index=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(32))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    days: Mapped[str] = mapped_column(String(7))
    from_minute: Mapped[int]
    minutes: Mapped[int]
    needed: Mapped[int]


class ShiftClaim(Base):
    """A stretch of a zone somebody takes; `offered` while another may take it over, `before_id` gave it."""

    __tablename__ = "shift_claims"
    id: Mapped[int] = mapped_column(primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("shift_zones.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    firm: Mapped[str | None] = mapped_column(String(32))
    heads: Mapped[int] = mapped_column(default=1)
    offered: Mapped[bool] = mapped_column(default=False)
    before_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    reminder_id: Mapped[int | None] = mapped_column(ForeignKey("reminders.id"))


class ShiftTally(Base):
    """How much of a shift was covered, in minutes of one person each; nobody's name is beside it."""

    __tablename__ = "shift_tallies"
    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("shift_plans.id"), index=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    ended_at: Mapped[datetime] = mapped_column(index=True)
    wanted: Mapped[int]
    covered: Mapped[int]


def add_zone(session: Session, plan: ShiftPlan, zone: ShiftZone) -> ShiftZone:
    """Put a zone into a plan, under the next number."""
    zone.plan_id, zone.number = plan.id, len(zones_of(session, plan)) + 1
    session.add(zone)
    session.flush()
    return zone


def zones_of(session: Session, plan: ShiftPlan) -> Sequence[ShiftZone]:
    """The zones of a plan by number."""
    return session.scalars(select(ShiftZone).where(ShiftZone.plan_id == plan.id).order_by(ShiftZone.number)).all()


def plan_of(session: Session, zone: ShiftZone) -> ShiftPlan:
    """The plan of a zone."""
    return session.get_one(ShiftPlan, zone.plan_id)


def active(session: Session, area_ids: Collection[int]) -> Sequence[ShiftPlan]:
    """Plans in force that have a zone in one of these areas."""
    return _ACTIVE.entities(session, ShiftPlan, areas=area_ids)


_NEAR = select(ShiftZone.plan_id).where(Among(ShiftZone.area_id, "areas"))
_ACTIVE = Prepared(
    select(ShiftPlan).where(ShiftPlan.state == PlanState.ACTIVE, ShiftPlan.id.in_(_NEAR)).order_by(ShiftPlan.id)
)


def claims_of(session: Session, zone: ShiftZone, since: datetime, until: datetime) -> Sequence[ShiftClaim]:
    """What is taken of a zone in that time."""
    query = select(ShiftClaim).where(
        ShiftClaim.zone_id == zone.id, ShiftClaim.ends_at > since, ShiftClaim.starts_at < until
    )
    return session.scalars(query.order_by(ShiftClaim.starts_at, ShiftClaim.id)).all()


def claims_by(session: Session, person_id: int, since: datetime) -> Sequence[ShiftClaim]:
    """What somebody has taken that is not over, the next first."""
    query = select(ShiftClaim).where(ShiftClaim.person_id == person_id, ShiftClaim.ends_at > since)
    return session.scalars(query.order_by(ShiftClaim.starts_at, ShiftClaim.id)).all()


def busy(session: Session, since: datetime, until: datetime) -> set[int]:
    """Ids of those who have taken something in that time."""
    query = select(ShiftClaim.person_id).where(ShiftClaim.ends_at > since, ShiftClaim.starts_at < until)
    return {one for one in session.scalars(query) if one is not None}


def zone_of(session: Session, claim: ShiftClaim) -> ShiftZone:
    """The zone of a claim."""
    return session.get_one(ShiftZone, claim.zone_id)


def take(session: Session, claim: ShiftClaim) -> ShiftClaim:
    """Keep a claim."""
    session.add(claim)
    session.flush()
    return claim


def free(session: Session, claim: ShiftClaim) -> None:
    """A claim is nobody's any more."""
    session.delete(claim)
    session.flush()


def settle(session: Session, zone: ShiftZone, ended_at: datetime, wanted: int, covered: int) -> None:
    """Count a shift that is over, and forget who took it."""
    area = {"area_id": zone.area_id, "ended_at": ended_at, "wanted": wanted, "covered": covered}
    session.add(ShiftTally(plan_id=zone.plan_id, **area))
    session.execute(delete(ShiftClaim).where(ShiftClaim.zone_id == zone.id, ShiftClaim.ends_at <= ended_at))
    session.flush()


def leave_all(session: Session, person_id: int) -> None:
    """Somebody has taken nothing any more."""
    session.execute(delete(ShiftClaim).where(ShiftClaim.person_id == person_id))


def drop_claims(session: Session, plan: ShiftPlan) -> None:
    """Nobody has taken anything of this plan any more."""
    zones = select(ShiftZone.id).where(ShiftZone.plan_id == plan.id)
    session.execute(delete(ShiftClaim).where(ShiftClaim.zone_id.in_(zones)))


_TALLIED = Prepared(
    select(ShiftTally.area_id, added(ShiftTally.covered), added(ShiftTally.wanted))
    .where(ShiftTally.ended_at >= bindparam("since"), ShiftTally.ended_at < bindparam("until"))
    .group_by(ShiftTally.area_id)
)


def tally(session: Session, since: datetime, until: datetime) -> Numbers:
    """(covered, wanted) minutes of the shifts that ended in that time, by area."""
    return numbers(session, _TALLIED, since=since, until=until)
