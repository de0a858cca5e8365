"""Volunteers (志愿者): who offered to help, where and at which hours, until they say no more.

The hours are sealed in the person's own words. What somebody did as a volunteer is kept nowhere.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import cases, states
from storage.areas import Numbers, numbers
from storage.cases import Case
from storage.prepared import Prepared

LETTER = "志"


class VolunteerState(StrEnum):
    """Offered → enrolled → left; an offer may be refused, lapse or be taken back."""

    ASKED = "asked"
    ENROLLED = "enrolled"
    REFUSED = "refused"
    LAPSED = "lapsed"
    LEFT = "left"


MOVES: Mapping[VolunteerState, frozenset[VolunteerState]] = {
    VolunteerState.ASKED: frozenset(
        {VolunteerState.ENROLLED, VolunteerState.REFUSED, VolunteerState.LAPSED, VolunteerState.LEFT}
    ),
    VolunteerState.ENROLLED: frozenset({VolunteerState.LEFT}),
    VolunteerState.REFUSED: frozenset({VolunteerState.ENROLLED}),
    VolunteerState.LAPSED: frozenset(),
    VolunteerState.LEFT: frozenset({VolunteerState.ENROLLED}),
}
AFTER = timedelta(days=30)
"""So long an offer is kept once it has ended."""
OVER = (VolunteerState.REFUSED, VolunteerState.LAPSED, VolunteerState.LEFT)


class Volunteer(Case):
    """An offer to help (志愿) in its area; `since` from when on it holds, `ends_at` when it is asked for anew."""

    __tablename__ = "volunteers"
    name = "volunteer"
    letter = LETTER
    moves = MOVES
    over = OVER
    state: Mapped[VolunteerState] = mapped_column(index=True)
    since: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]


def of_person(session: Session, person_id: int) -> Volunteer | None:
    """The newest offer of a person, whatever became of it."""
    return next(iter(cases.told_by(session, Volunteer, person_id, 1)), None)


def leave(session: Session, person_id: int, now: datetime) -> list[Volunteer]:
    """Somebody helps no more: their offers, open or enrolled, that end by it."""
    going = [one for one in cases.told_by(session, Volunteer, person_id, 50) if not one.is_over]
    for one in going:
        states.move(session, one, MOVES, VolunteerState.LEFT, closed_at=now, next_at=None, expires_at=now + AFTER)
    return going


def enrolled(session: Session, area_ids: list[int]) -> list[Volunteer]:
    """Who is enrolled in these areas now, as their offers came."""
    query = select(Volunteer).where(Volunteer.state == VolunteerState.ENROLLED, Volunteer.area_id.in_(area_ids))
    return list(session.scalars(query.where(Volunteer.teller_digest.is_not(None)).order_by(Volunteer.id)))


_ENROLLED = Prepared(
    select(Volunteer.area_id, func.count())
    .where(Volunteer.state == VolunteerState.ENROLLED, Volunteer.teller_digest.is_not(None))
    .where(Volunteer.since < bindparam("until"))
    .group_by(Volunteer.area_id)
)


def count_enrolled(session: Session, until: datetime) -> Numbers:
    """How many were enrolled before this moment and are still, by area."""
    return numbers(session, _ENROLLED, until=until)
