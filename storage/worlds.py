"""Worlds (世界): real, playground or drill; a world has its own database, accounts and clock."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base
from storage.states import AnyRow


class WorldKind(StrEnum):
    """What kind of world a database holds."""

    REAL = "real"
    PLAYGROUND = "playground"
    DRILL = "drill"


class World(Base):
    """The one row that says what this database is for, and how far its clock is moved."""

    __tablename__ = "worlds"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[WorldKind]
    clock_offset: Mapped[float] = mapped_column(default=0.0)
    sample_loaded: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


def of(session: Session) -> World | None:
    """This database's world, or None where it is still empty."""
    return session.get(World, 1)


_DRILL = AnyRow(World.id, World.id == 1, World.kind == WorldKind.DRILL)


def is_drill(session: Session) -> bool:
    """Whether this database is a drill's."""
    return _DRILL(session)


def found(session: Session, kind: WorldKind, now: datetime) -> World:
    """Name an empty database's kind; for one already named return what it is."""
    world = of(session)
    if world is None:
        world = World(id=1, kind=kind, clock_offset=0.0, sample_loaded=False, created_at=now)
        session.add(world)
        session.flush()
    return world
