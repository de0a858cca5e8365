"""The weekly figures (周报): which weeks were told, and the figures the program cannot know, with their source.

Nothing here is about anybody: whole areas, counts, and the role of whoever told them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, bindparam, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, affected, insert_once
from storage.prepared import Among, Prepared
from storage.states import AnyRow

MOST_SOURCE = 30


class WeeklyIssue(Base):
    """A week that was told to the desk, once; `counted` is what was counted then: figure → area id → [n, of]."""

    __tablename__ = "weekly_issues"
    id: Mapped[int] = mapped_column(primary_key=True)
    week: Mapped[str] = mapped_column(String(10), unique=True)
    counted: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    told_at: Mapped[datetime]


class WeeklyEntry(Base):
    """A figure somebody told (录入): its kind of the station's list, the week's first day, the area, whence it comes.

    The newest that was not taken back counts; `role` is that of whoever told it.
    """

    __tablename__ = "weekly_entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    week: Mapped[str] = mapped_column(String(10), index=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    kind: Mapped[str] = mapped_column(String(12))
    value: Mapped[int]
    source: Mapped[str] = mapped_column(String(MOST_SOURCE))
    role: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    @property
    def first(self) -> date:
        """The first day of its week."""
        return date.fromisoformat(self.week)


class WeeklyOrder(Base):
    """A picture or a sheet somebody asked for, to be made beside the talk; gone as soon as it was.

    Its number names what is said of it for ever, so that none is given twice.
    """

    __tablename__ = "weekly_orders"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    week: Mapped[str] = mapped_column(String(10))
    shape: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime]

    @property
    def first(self) -> date:
        """The first day of its week."""
        return date.fromisoformat(self.week)


def order(session: Session, person_id: int, area_id: int, week: date, shape: str, now: datetime) -> None:
    """Somebody wants a picture or a sheet; one that is being made already is not made twice."""
    wanted = {"person_id": person_id, "area_id": area_id, "week": str(week), "shape": shape}
    if session.scalar(select(WeeklyOrder.id).filter_by(**wanted).limit(1)) is None:
        session.add(WeeklyOrder(**wanted, created_at=now))
        session.flush()


def orders(session: Session, most: int = 5) -> Sequence[WeeklyOrder]:
    """What is to be made, oldest first."""
    return session.scalars(select(WeeklyOrder).order_by(WeeklyOrder.id).limit(most)).all()


def drop_order(session: Session, order_id: int) -> bool:
    """It was made; False where somebody else made it."""
    return bool(affected(session.execute(delete(WeeklyOrder).where(WeeklyOrder.id == order_id))))


def forget(session: Session, person_id: int) -> None:
    """Somebody leaves: nothing is made for them any more."""
    session.execute(delete(WeeklyOrder).where(WeeklyOrder.person_id == person_id))


_ISSUE = Prepared(select(WeeklyIssue).where(WeeklyIssue.week == bindparam("week")))


def issue(session: Session, week: date) -> WeeklyIssue | None:
    """The week as it was told; None where it was not yet."""
    return _ISSUE.entity(session, WeeklyIssue, week=str(week))


def note_issue(session: Session, week: date, counted: Mapping[str, Any] | None, now: datetime) -> bool:
    """Note that a week is told now; False where it was before. `counted` only of a week that is over."""
    return insert_once(session, WeeklyIssue, {"week": str(week), "counted": counted, "told_at": now}) is not None


Figure = tuple[date, int, str, int, str]
"""The week's first day, the area, the kind, the figure, whence it comes."""


def enter(session: Session, told: Sequence[Figure], role: str, now: datetime) -> list[WeeklyEntry]:
    """Keep figures somebody told at once; each replaces what was told of its kind, week and area before."""
    entries = [
        WeeklyEntry(
            week=str(first),
            area_id=area_id,
            kind=kind,
            value=value,
            source=source[:MOST_SOURCE],
            role=role,
            created_at=now,
        )
        for first, area_id, kind, value, source in told
    ]
    session.add_all(entries)
    session.flush()
    return entries


_ENTRIES = Prepared(
    select(WeeklyEntry)
    .where(WeeklyEntry.week == bindparam("week"), Among(WeeklyEntry.area_id, "areas"), WeeklyEntry.undone_at.is_(None))
    .order_by(WeeklyEntry.id)
)


def entries(session: Session, week: date, area_ids: Collection[int]) -> Sequence[WeeklyEntry]:
    """What counts of a week and these areas, oldest first; a later one of the same kind replaces an earlier."""
    return _ENTRIES.entities(session, WeeklyEntry, week=str(week), areas=area_ids)


def standing(session: Session, week: date, area_id: int, kind: str) -> WeeklyEntry | None:
    """What counts of a kind in a week and an area."""
    own = WeeklyEntry.week == str(week), WeeklyEntry.area_id == area_id, WeeklyEntry.kind == kind
    query = select(WeeklyEntry).where(*own, WeeklyEntry.undone_at.is_(None))
    return session.scalar(query.order_by(WeeklyEntry.id.desc()).limit(1))


def together(session: Session, first: int, last: int) -> Sequence[WeeklyEntry]:
    """The entries from the first to the last that were told at the same moment as the first."""
    moment = select(WeeklyEntry.created_at).where(WeeklyEntry.id == first).scalar_subquery()
    own = WeeklyEntry.id >= first, WeeklyEntry.id <= last, WeeklyEntry.created_at == moment
    return session.scalars(select(WeeklyEntry).where(*own).order_by(WeeklyEntry.id)).all()


def undo(session: Session, entry: WeeklyEntry, now: datetime) -> bool:
    """Take an entry back; False where it was before. What it replaced counts again."""
    own = WeeklyEntry.id == entry.id, WeeklyEntry.undone_at.is_(None)
    return bool(affected(session.execute(update(WeeklyEntry).where(*own).values(undone_at=now))))


_CHANGED = AnyRow(
    WeeklyEntry.id,
    WeeklyEntry.week == bindparam("week"),
    Among(WeeklyEntry.area_id, "areas"),
    or_(WeeklyEntry.created_at > bindparam("moment"), WeeklyEntry.undone_at > bindparam("moment")),
)


def changed_since(session: Session, week: date, area_ids: Collection[int], moment: datetime) -> bool:
    """Whether anything was told of a week, or taken back, after this moment."""
    return _CHANGED(session, week=str(week), areas=area_ids, moment=moment)
