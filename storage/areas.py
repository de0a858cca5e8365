"""Areas (区域): the tree county, town, community, grid, micro-grid."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import codes
from storage.database import Base
from storage.prepared import Prepared

VERSION = "areas"
"""The counter that tells every process that areas have changed."""


class Level(StrEnum):
    """A level of the tree (县 镇 社区/村 网格 微网格)."""

    COUNTY = "county"
    TOWN = "town"
    COMMUNITY = "community"
    GRID = "grid"
    MICRO = "micro"


class Area(Base):
    """An area (区域); `path` is the ids from the root down, `/1/3/7/`, so that a subtree is a prefix."""

    __tablename__ = "areas"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    level: Mapped[Level]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    path: Mapped[str] = mapped_column(String(128), default="", index=True)
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)

    @property
    def lineage(self) -> list[int]:
        """The ids from the root down to this area itself."""
        return [int(part) for part in self.path.split("/") if part]


class Tree(NamedTuple):
    """All areas as they stand at one version: by id, and roots first. Shared between sessions, never changed."""

    version: int
    by_id: Mapping[int, Area]
    ordered: tuple[Area, ...]
    inside: Mapping[int, Sequence[int]]
    """Area → itself and everything inside it."""


def tree(session: Session) -> Tree:
    """All areas, read again only when somebody, here or in another process, has changed one.

    What the version is, is asked once a transaction.
    """
    known: Tree | None = session.info.get("areas")
    if known is not None:
        return known
    version = codes.last_number(session, VERSION)
    shared = session.info.get("shared", {})
    known = shared.get("areas")
    if known is None or known.version != version or not version:
        rows = session.scalars(select(Area).order_by(Area.path).execution_options(populate_existing=True)).all()
        for area in rows:
            session.expunge(area)
        inside: dict[int, list[int]] = {}
        for area in rows:
            for around in area.lineage:
                inside.setdefault(around, []).append(area.id)
        known = Tree(version, {area.id: area for area in rows}, tuple(rows), inside)
        shared["areas"] = known
    session.info["areas"] = known
    return known


def forget(session: Session) -> None:
    """Ask for the version again: what this transaction changed was undone, or is about to be read anew."""
    session.info.pop("areas", None)


def add(session: Session, name: str, level: Level, parent: Area | None, aliases: Sequence[str] = ()) -> Area:
    """Put an area into the tree, or bring its level, parent and aliases up to date."""
    area = named(session, name)
    if area is None:
        area = Area(name=name)
        session.add(area)
    area.level, area.aliases = level, list(aliases)
    area.parent_id = parent.id if parent else None
    session.flush()
    area.path = f"{parent.path if parent else '/'}{area.id}/"
    session.flush()
    codes.renew_version(session, VERSION)
    forget(session)
    return area


def get(session: Session, area_id: int) -> Area:
    """The area with this id; raises NoResultFound."""
    found = tree(session).by_id.get(area_id)
    if found is None:
        raise NoResultFound("no area of this id")
    return found


def named(session: Session, name: str) -> Area | None:
    """The area of this full name."""
    return session.scalar(select(Area).where(Area.name == name))


def all_of(session: Session) -> Sequence[Area]:
    """Every area, roots first."""
    return tree(session).ordered


Numbers = dict[int, tuple[int, ...]]
"""Area → numbers of it."""


def numbers(session: Session, grouped: Prepared, **values: Any) -> Numbers:  # noqa: ANN401 - what the statement names
    """The numbers beside each area, of a statement grouped by area whose first column it is.

    None of them may be NULL: sums are `prepared.added`.
    """
    return {row[0]: row[1:] for row in grouped.all(session, **values) if row[0]}


def covers(area: Area, other: Area) -> bool:
    """Whether `other` is `area` or lies inside it."""
    return other.path.startswith(area.path)


def lineage(session: Session, area_id: int) -> list[Area]:
    """The area and its parents, nearest first."""
    known = tree(session).by_id
    area = known.get(area_id)
    return [known[one] for one in reversed(area.lineage) if one in known] if area is not None else []


def subtree(session: Session, area_id: int) -> list[int]:
    """Ids of the area and everything inside it."""
    return list(tree(session).inside.get(area_id, ()))


def inside(session: Session, area_id: int) -> list[Area]:
    """The area and everything inside it."""
    known = tree(session)
    return [known.by_id[one] for one in known.inside.get(area_id, ())]
