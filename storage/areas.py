"""Areas (区域): the tree county, town, community, grid, micro-grid."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base


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
    return area


def get(session: Session, area_id: int) -> Area:
    """The area with this id."""
    return session.get_one(Area, area_id)


def named(session: Session, name: str) -> Area | None:
    """The area of this full name."""
    return session.scalar(select(Area).where(Area.name == name))


def all_of(session: Session) -> Sequence[Area]:
    """Every area, roots first."""
    return session.scalars(select(Area).order_by(Area.path)).all()


def covers(area: Area, other: Area) -> bool:
    """Whether `other` is `area` or lies inside it."""
    return other.path.startswith(area.path)


def lineage(session: Session, area_id: int) -> list[Area]:
    """The area and its parents, nearest first."""
    area = session.get(Area, area_id)
    if area is None:
        return []
    found = {a.id: a for a in session.scalars(select(Area).where(Area.id.in_(area.lineage)))}
    return [found[i] for i in reversed(area.lineage) if i in found]


def subtree(session: Session, area_id: int) -> list[int]:
    """Ids of the area and everything inside it."""
    area = session.get(Area, area_id)
    if area is None:
        return []
    return list(session.scalars(select(Area.id).where(Area.path.startswith(area.path, autoescape=True))))
