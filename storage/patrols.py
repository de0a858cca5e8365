"""Patrols (巡逻) and car doors found open (拉车门): when and where; who walks along is forgotten a day after the end.

A plate is sealed under its report's own key. No position is kept.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.areas import Numbers, numbers
from storage.cases import Case
from storage.database import Base
from storage.prepared import Prepared, times

LETTER = "巡"
CAR_LETTER = "车"


class PatrolState(StrEnum):
    """Planned → on its way → over; or called off."""

    PLANNED = "planned"
    GOING = "going"
    DONE = "done"
    CANCELLED = "cancelled"


class CarState(StrEnum):
    """Reported → its owner called, or not reached; or taken back."""

    REPORTED = "reported"
    SECURED = "secured"
    UNREACHED = "unreached"
    WITHDRAWN = "withdrawn"


MOVES: Mapping[PatrolState, frozenset[PatrolState]] = {
    PatrolState.PLANNED: frozenset({PatrolState.GOING, PatrolState.CANCELLED}),
    PatrolState.GOING: frozenset({PatrolState.DONE}),
    PatrolState.DONE: frozenset({PatrolState.GOING}),
    PatrolState.CANCELLED: frozenset({PatrolState.PLANNED}),
}
OVER = (PatrolState.DONE, PatrolState.CANCELLED)
CAR_MOVES: Mapping[CarState, frozenset[CarState]] = {
    CarState.REPORTED: frozenset({CarState.SECURED, CarState.UNREACHED, CarState.WITHDRAWN}),
    CarState.UNREACHED: frozenset({CarState.SECURED, CarState.REPORTED}),
    CarState.SECURED: frozenset({CarState.REPORTED}),
    CarState.WITHDRAWN: frozenset(),
}
CAR_OVER = (CarState.SECURED, CarState.UNREACHED, CarState.WITHDRAWN)


class Patrol(Case):
    """A patrol (巡逻): who planned it leads it; `cause` is the code of the search it was called out for."""

    __tablename__ = "patrols"
    name = "patrol"
    letter = LETTER
    moves = MOVES
    over = OVER
    state: Mapped[PatrolState] = mapped_column(index=True)
    starts_at: Mapped[datetime]
    began_at: Mapped[datetime | None]
    cause: Mapped[str | None] = mapped_column(String(16))


class PatrolMember(Base):
    """Somebody who goes along; the row goes a day after the end."""

    __tablename__ = "patrol_members"
    __table_args__ = (UniqueConstraint("patrol_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    patrol_id: Mapped[int] = mapped_column(ForeignKey("patrols.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)


class Car(Case):
    """A car door found open (车门): the officer who is to call its owner has it in hand; `chat_id` is told the end."""

    __tablename__ = "cars"
    name = "car"
    letter = CAR_LETTER
    moves = CAR_MOVES
    over = CAR_OVER
    state: Mapped[CarState] = mapped_column(index=True)
    chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"))
    medium_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))


def planned_at(session: Session, area_id: int, at: datetime) -> Patrol | None:
    """The patrol of this very area that is to begin at this moment and has not ended."""
    same = Patrol.area_id == area_id, Patrol.starts_at == at, Patrol.cause.is_(None), Patrol.state.not_in(Patrol.over)
    return session.scalar(select(Patrol).where(*same).limit(1))


def members_of(session: Session, patrol: Patrol) -> list[int]:
    """Ids of those who go along, as they came."""
    own = select(PatrolMember.person_id).where(PatrolMember.patrol_id == patrol.id)
    return list(session.scalars(own.order_by(PatrolMember.id)))


def is_member(session: Session, patrol: Patrol, person_id: int) -> bool:
    """Whether somebody goes along."""
    own = PatrolMember.patrol_id == patrol.id, PatrolMember.person_id == person_id
    return session.scalar(select(PatrolMember.id).where(*own)) is not None


def join(session: Session, patrol: Patrol, person_id: int) -> bool:
    """Somebody goes along; False where they did already."""
    if is_member(session, patrol, person_id):
        return False
    session.add(PatrolMember(patrol_id=patrol.id, person_id=person_id))
    session.flush()
    return True


def drop(session: Session, patrol: Patrol, person_id: int) -> bool:
    """Somebody goes along no more; False where they did not."""
    if not is_member(session, patrol, person_id):
        return False
    session.execute(
        delete(PatrolMember).where(PatrolMember.patrol_id == patrol.id, PatrolMember.person_id == person_id)
    )
    return True


def forget_members(session: Session, patrol: Patrol) -> None:
    """Nobody knows any more who went along."""
    session.execute(delete(PatrolMember).where(PatrolMember.patrol_id == patrol.id))


def leave_all(session: Session, person_id: int) -> None:
    """Somebody goes along nowhere any more."""
    session.execute(delete(PatrolMember).where(PatrolMember.person_id == person_id))


def of_member(session: Session, person_id: int, states: Sequence[PatrolState]) -> Sequence[Patrol]:
    """The patrols of these states somebody goes along with, the next first."""
    joined = select(PatrolMember.patrol_id).where(PatrolMember.person_id == person_id)
    query = select(Patrol).where(Patrol.id.in_(joined), Patrol.state.in_(list(states)))
    return session.scalars(query.order_by(Patrol.starts_at)).all()


_HELD = Prepared(
    select(Patrol.area_id, times(Patrol.state == PatrolState.DONE))
    .where(Patrol.closed_at >= bindparam("since"), Patrol.closed_at < bindparam("until"))
    .group_by(Patrol.area_id)
)
_CARS = Prepared(
    select(Car.area_id, times(Car.state == CarState.SECURED), times(Car.state != CarState.WITHDRAWN))
    .where(Car.created_at >= bindparam("since"), Car.created_at < bindparam("until"))
    .group_by(Car.area_id)
)


def count_held(session: Session, since: datetime, until: datetime) -> Numbers:
    """How many patrols ended in that time, by area."""
    return numbers(session, _HELD, since=since, until=until)


def count_cars(session: Session, since: datetime, until: datetime) -> Numbers:
    """(secured, reported) car doors reported in that time, by area."""
    return numbers(session, _CARS, since=since, until=until)
