"""Searching by sectors (分片): a search's outing, its sectors, and who is out for it.

What is said of it is sealed under the outing's own key. Who was where is erased a day after everybody is back.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, bindparam, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import keys, states
from storage.areas import Numbers, numbers
from storage.database import Base
from storage.prepared import Prepared, added, times
from storage.searches import Search, SearchState


class Outing(Base):
    """The people out for a search; `leader_id` leads them, at `next_at` the situation is told or who is not back.

    `joined` counts who ever joined, `told` is what the last situation note counted, `alarms` how often it was told
    that a searcher is missing. `stood_down_at`: everybody was called back; `over_at`: everybody was back.
    """

    __tablename__ = "outings"
    id: Mapped[int] = mapped_column(primary_key=True)
    search_id: Mapped[int] = mapped_column(ForeignKey("searches.id"), unique=True)
    key_id: Mapped[str] = mapped_column(String(32))
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    line: Mapped[bytes | None] = mapped_column(LargeBinary)
    meets: Mapped[bytes | None] = mapped_column(LargeBinary)
    joined: Mapped[int] = mapped_column(default=0)
    told: Mapped[str] = mapped_column(String(40), default="")
    alarms: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    stood_down_at: Mapped[datetime | None]
    over_at: Mapped[datetime | None]


class Sector(Base):
    """A part of the ground: an area of the tree, or a place named by its leader; searched when `done_at` is set."""

    __tablename__ = "sectors"
    __table_args__ = (UniqueConstraint("outing_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    outing_id: Mapped[int] = mapped_column(ForeignKey("outings.id"), index=True)
    number: Mapped[int]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    name: Mapped[bytes | None] = mapped_column(LargeBinary)
    note: Mapped[bytes | None] = mapped_column(LargeBinary)
    done_at: Mapped[datetime | None]


class Searcher(Base):
    """Somebody who joined of their own will; out until `back_at`, in a sector or in none yet.

    `confirmed_by` heard by phone that they are back, for the `reason` given.
    """

    __tablename__ = "searchers"
    __table_args__ = (UniqueConstraint("outing_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    outing_id: Mapped[int] = mapped_column(ForeignKey("outings.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    number: Mapped[int]
    sector_id: Mapped[int | None] = mapped_column(ForeignKey("sectors.id"))
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    joined_at: Mapped[datetime]
    back_at: Mapped[datetime | None]


def add(session: Session, search_id: int, leader_id: int, now: datetime) -> Outing:
    """Begin a search's outing."""
    outing = Outing(search_id=search_id, key_id=keys.new(session, now), leader_id=leader_id, created_at=now)
    session.add(outing)
    session.flush()
    return outing


def of_search(session: Session, search_id: int) -> Outing | None:
    """The outing of a search; locked where the database can, so that nobody is counted twice."""
    return session.scalar(select(Outing).where(Outing.search_id == search_id).with_for_update())


def search_of(session: Session, outing: Outing) -> Search:
    """The search somebody is out for."""
    return session.get_one(Search, outing.search_id)


def out_in(session: Session, person_id: int) -> Sequence[Search]:
    """The searches for which somebody is out, newest first."""
    return session.scalars(
        select(Search)
        .join(Outing, Outing.search_id == Search.id)
        .join(Searcher, Searcher.outing_id == Outing.id)
        .where(Searcher.person_id == person_id, Searcher.back_at.is_(None))
        .order_by(Search.id.desc())
    ).all()


def joined(session: Session, person_id: int) -> Sequence[Search]:
    """The searches somebody joined and that is still kept, newest first."""
    return session.scalars(
        select(Search)
        .join(Outing, Outing.search_id == Search.id)
        .join(Searcher, Searcher.outing_id == Outing.id)
        .where(Searcher.person_id == person_id)
        .order_by(Search.id.desc())
    ).all()


def sectors_of(session: Session, outing: Outing) -> Sequence[Sector]:
    """The sectors of an outing, in their order."""
    return session.scalars(select(Sector).where(Sector.outing_id == outing.id).order_by(Sector.number)).all()


def searchers_of(session: Session, outing: Outing) -> Sequence[Searcher]:
    """Everybody who joined, as they joined."""
    return session.scalars(select(Searcher).where(Searcher.outing_id == outing.id).order_by(Searcher.number)).all()


def searcher(session: Session, outing: Outing, person_id: int) -> Searcher | None:
    """Somebody's own row."""
    return session.scalar(select(Searcher).where(Searcher.outing_id == outing.id, Searcher.person_id == person_id))


def add_sector(session: Session, outing: Outing, area_id: int, name: str = "") -> Sector:
    """Add a sector: an area, or the place named in it."""
    last = session.scalar(select(func.max(Sector.number)).where(Sector.outing_id == outing.id)) or 0
    blob = keys.seal(session, outing.key_id, "sectors.name", name) if name else None
    sector = Sector(outing_id=outing.id, number=last + 1, area_id=area_id, name=blob)
    session.add(sector)
    session.flush()
    return sector


def drop_sector(session: Session, sector: Sector) -> None:
    """Take out a sector nobody is in."""
    for one in session.scalars(select(Searcher).where(Searcher.sector_id == sector.id)):
        one.sector_id = None
    session.flush()
    session.delete(sector)
    session.flush()


def name_of(session: Session, outing: Outing, sector: Sector) -> str:
    """The place a leader named; empty where it is a whole area."""
    return keys.open_text(session, outing.key_id, "sectors.name", sector.name)


def note_of(session: Session, outing: Outing, sector: Sector) -> str:
    """What was noted when it had been searched."""
    return keys.open_text(session, outing.key_id, "sectors.note", sector.note)


def set_done(session: Session, outing: Outing, sector: Sector, note: str, now: datetime) -> None:
    """A sector has been searched."""
    sector.done_at = now
    sector.note = keys.seal(session, outing.key_id, "sectors.note", note) if note else None
    session.flush()


def set_undone(session: Session, sector: Sector) -> None:
    """It has not been searched after all."""
    sector.done_at = sector.note = None
    session.flush()


def add_searcher(session: Session, outing: Outing, person_id: int, now: datetime) -> Searcher:
    """Somebody joins for the first time."""
    outing.joined += 1
    one = Searcher(outing_id=outing.id, person_id=person_id, number=outing.joined, joined_at=now)
    session.add(one)
    session.flush()
    return one


def confirm(session: Session, outing: Outing, one: Searcher, by: int, reason: str) -> None:
    """Somebody heard by phone that they are back."""
    one.confirmed_by, one.reason = by, keys.seal(session, outing.key_id, "searchers.reason", reason)
    session.flush()


def set_line(session: Session, outing: Outing, line: str) -> None:
    """Keep the leader's line of the situation."""
    outing.line = keys.seal(session, outing.key_id, "outings.line", line) if line else None
    session.flush()


def line_of(session: Session, outing: Outing) -> str:
    """The leader's line of the situation."""
    return keys.open_text(session, outing.key_id, "outings.line", outing.line)


def set_meets(session: Session, outing: Outing, place: str) -> None:
    """Keep where people meet when they come back."""
    outing.meets = keys.seal(session, outing.key_id, "outings.meets", place)
    session.flush()


def meets_at(session: Session, outing: Outing) -> str:
    """Where people meet when they come back; empty where nothing was said."""
    return keys.open_text(session, outing.key_id, "outings.meets", outing.meets)


def forget(session: Session, outing: Outing) -> None:
    """Erase who was where, and all that was said; which areas were searched, and how many people, stays."""
    session.execute(delete(Searcher).where(Searcher.outing_id == outing.id))
    for sector in sectors_of(session, outing):
        sector.name = sector.note = None
    keys.erase(session, outing.key_id)
    outing.line = outing.meets = outing.leader_id = outing.next_at = None
    session.flush()


due = states.Due(Outing)
"""Outings whose clock strikes."""


def renew(session: Session, outing: Outing, leader_id: int, now: datetime) -> None:
    """People go out once more, though it had been forgotten who was out before."""
    outing.leader_id = outing.leader_id or leader_id
    outing.stood_down_at = outing.over_at = outing.next_at = None
    outing.alarms = 0
    if not session.scalar(select(Searcher.id).where(Searcher.outing_id == outing.id).limit(1)):
        keys.erase(session, outing.key_id)
        for sector in sectors_of(session, outing):
            sector.name = sector.note = None
        outing.line = outing.meets = None
        outing.key_id = keys.new(session, now)
    session.flush()


_PUT_OUT = Prepared(
    select(Search.area_id, func.count(), times(Search.state == SearchState.FOUND), added(Outing.joined))
    .outerjoin(Outing, Outing.search_id == Search.id)
    .where(Search.verified_at >= bindparam("since"), Search.verified_at < bindparam("until"))
    .group_by(Search.area_id)
)


def count_put_out(session: Session, since: datetime, until: datetime) -> Numbers:
    """(searches, those in which the person was found, people who went out) of the searches put out then, by area."""
    return numbers(session, _PUT_OUT, since=since, until=until)
